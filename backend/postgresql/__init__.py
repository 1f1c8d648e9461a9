"""Django's own backend of PostgreSQL, but for how it finds out that a connection is gone."""
