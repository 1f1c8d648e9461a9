"""The same requests through both ways of execution: what is compiled, and graphql-core alone.

A case is a document drawn at random from the schema with some requests for it (`cases`). Each one
is sent from the same state of the database in either way (`ways`), and has to leave the same: HTTP
status, headers, the bytes of the body, the rows of all tables. Some hundred cases in the suite, as
many as wanted by `python -m tests.parity`.
"""
