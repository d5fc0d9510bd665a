"""Cells become values, rows become records or refusals: the rules that all ways in share."""
