"""Bulk read: up to 200,000 records of a module as one CSV file."""
