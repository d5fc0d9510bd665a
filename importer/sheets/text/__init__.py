"""Delimited text: its encoding, its delimiter, and its records as blocks."""
