"""Django's way into the practice CRM."""
