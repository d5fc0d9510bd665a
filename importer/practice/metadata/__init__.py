"""What the API tells about the organisation, its modules, fields and layouts."""
