"""From confirmed to undone: runs are cut into parts, sent, settled, counted and taken back."""
