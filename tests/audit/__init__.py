"""The reference audits of GraphQL over HTTP, run against a server: `python -m tests.audit`."""
