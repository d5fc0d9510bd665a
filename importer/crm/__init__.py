"""The only package that speaks Zoho's language: its addresses, its JSON and its error codes.

`client.CrmClient` talks, `schema` and `jobs` hold what is talked about, `errors` what went wrong.
Nothing is imported here, so that the pure packages can use `schema` without an HTTP library.
"""
