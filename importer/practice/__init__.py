"""The practice CRM: a server of its own that answers like Zoho CRM's API, to try things out on.

It shares no code with the rest of the product, so that one misreading of the API cannot hide
in both; they meet over HTTP only.
"""
