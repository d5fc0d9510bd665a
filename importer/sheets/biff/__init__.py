"""What Excel's two binary formats have in common: .xls and .xlsb are chains of small records."""
