"""Commands of `manage.py` that concern the practice CRM."""
