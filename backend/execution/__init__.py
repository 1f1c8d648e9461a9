"""Operations, compiled: what graphql-core finds out anew for every value is found out once.

An operation that comes again asks for the same fields of the same types, whatever its variables
are. So its document is turned into a tree of functions, once, and a request only calls them. Of

    query { habits(first: 20) { edges { node { id at: time } cursor } } }

comes, in the order in which it happens:

    the plan       one root, `habits`: call its resolver, then answer the connection that it gives
    the columns    `id` and `time`, as `node` needs no more, and the sort key of the cursor, `id`
    the page       what the resolver gives: whose habits, in which order, how many; nothing is read
    the SQL        SELECT id, time, id FROM habits_habit WHERE owner_id = $1
                   AND EXISTS(the account that the token claims, if it is live)
                   ORDER BY id DESC LIMIT 21 (one more tells whether there is a next page)
    a row          (7, time(9, 5), 7)
    its part       {"node": {"id": "SGFiaXQ6Nw==", "at": "09:05"}, "cursor": "WyJoYWJpdHMi..."}

Plan and columns are kept with the document, the SQL for all documents that need the same one. From
the outside to the inside:

* `context` is the way in and out: graphql-core calls it, it runs the operation's plan, and leaves
  to graphql-core whatever has no plan or goes otherwise than planned, errors above all.
* `replay` keeps a mutation's fields from running twice when graphql-core takes over, and what the
  database did not answer in time from being asked for again.
* `plans` keeps an operation's plans: one for each way in which its conditions turn out.
* `compiler` turns selections into functions that answer objects: a field's value (`fields`, with
  its `arguments`) becomes a part of the answer (`completion`).
* `connections` knows a shortcut for pages of lists: their `rows` come from the database as plain
  tuples, of which `columns` says what the answer shows. Resolvers get `partial_models`.

The SQL is not made here. `connections` tells the page its columns (`habits.paging.Page.as_tuples`);
the page asks `habits.page_queries` for its rows, which has the ORM write the SQL of each shape once
(`accounts.sql.statements.rows`) and run it prepared (`accounts.sql.prepared.rows`).

What must never break: an answer is given to a live account alone. graphql-core's way asks for the
account first. A plan that reads lets the request rely on what its token claims
(`accounts.permissions.rely_on_claims`), which the page's statement proves by the way, as above;
`settle` asks for whatever no row has proven before anything is answered, and graphql-core, if it
takes over, relies on nothing (`rely_on_nothing`). A plan that changes things asks as always.

A type, a resolver and a validator are the same with it and without (`COMPILED_EXECUTION=off`), and
`make parity` shows that the answers are, too.
"""
