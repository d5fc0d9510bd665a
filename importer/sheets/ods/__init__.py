"""OpenDocument spreadsheets, XML in a ZIP: .ods."""
