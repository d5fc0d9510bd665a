"""What a sheet's rows are: titles, header, data, footer; and which sheet holds the table."""
