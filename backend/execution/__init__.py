"""Operations, compiled: what graphql-core finds out anew for every value is found out once.

An operation that comes again asks for the same fields of the same types, whatever its variables
are. So its document is turned into a tree of functions, once, and a request only calls them. From
the outside to the inside:

* `context` is the way in and out: graphql-core calls it, it runs the operation's plan, and leaves
  to graphql-core whatever has no plan or goes otherwise than planned, errors above all.
* `replay` keeps a mutation's fields from running twice when graphql-core takes over.
* `plans` keeps an operation's plans: one for each way in which its conditions turn out.
* `compiler` turns selections into functions that answer objects: a field's value (`fields`, with
  its `arguments`) becomes a part of the answer (`completion`).
* `connections` knows a better way for pages of lists: their `rows` come from the database as plain
  tuples, of which `columns` says what the answer shows. Resolvers get `partial_models`.

A type, a resolver and a validator are the same with it and without (`COMPILED_EXECUTION=off`), and
`make parity` shows that the answers are, too.
"""
