"""What the practice CRM remembers: its database, the records in it, and those it starts with."""
