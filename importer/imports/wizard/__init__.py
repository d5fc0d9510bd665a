"""The wizard: eight steps, their forms and pages, and the stepper around them."""
