"""Bulk write: uploads, jobs, the work on them, and their results."""
