"""What the organisation behind the practice CRM is made of: company, users, modules, fields."""
