"""Excel 97-2003 workbooks, and those of Excel 5.0/95: .xls."""
