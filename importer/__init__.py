"""Gets every row of a spreadsheet into Zoho CRM, safely, and explains what happened to each."""
