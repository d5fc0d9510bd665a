"""Excel workbooks of the kind that is XML in a ZIP: .xlsx and .xlsm."""
