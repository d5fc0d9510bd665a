"""Work that a caller asks for and the practice CRM does later, on a thread of its own."""
