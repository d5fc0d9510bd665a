"""The life of an import: its models, steps, tasks and pages."""
