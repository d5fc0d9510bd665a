"""The practice CRM's own pages, for people."""
