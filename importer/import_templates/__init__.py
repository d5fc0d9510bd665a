"""Mappings saved under a name and shared with the team."""
