"""Excel binary workbooks, records in a ZIP: .xlsb."""
