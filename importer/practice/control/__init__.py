"""Mishaps on demand, switches and the clock: what exists in the practice CRM only."""
