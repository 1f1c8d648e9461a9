"""Operations, compiled: what graphql-core finds out anew for every value is found out once.

An operation that comes again asks for the same fields of the same types, whatever its variables
are. So its document is turned into a tree of functions, once, and a request only calls them:

* `context` is the way in and the way out: graphql-core calls it, it runs the plan of the operation,
  and leaves to graphql-core whatever has no plan or goes otherwise than planned, errors above all.
* `plans` keeps an operation's plans, and says which operations have none.
* `compiler` turns selections into functions that answer objects.
* `fields` says how a field gets its value, `completion` how a value becomes a part of the answer.
* `connections` reads pages of lists, whose rows `rows` takes from the database as plain tuples.
* `replay` keeps mutations from running twice when graphql-core takes over.

A type, a resolver and a validator are the same with it and without: `COMPILED_EXECUTION=off`.
"""
