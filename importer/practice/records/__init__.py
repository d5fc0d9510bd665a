"""Records one by one and by query: reading, writing, searching."""
