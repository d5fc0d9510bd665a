"""The only package that speaks Zoho's language: its addresses, its JSON and its error codes.

`client.CrmClient` talks: of the organisation itself, of all else through `records`,
`mass_actions`, `bulk_write` and `bulk_read`. `schema`, `jobs` and `outcomes` hold what is talked
about, `errors` what went wrong, `versions` what differs between the versions of the API.
Nothing is imported here, so that the pure packages can use `schema` without an HTTP library.
"""
