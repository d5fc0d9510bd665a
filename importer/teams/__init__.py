"""People, their teams, and the teams' connections to a CRM."""
