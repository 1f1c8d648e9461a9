"""SQL that the ORM writes, run for less than the ORM takes. Nothing here knows of people: it stands
in the lowest app, so that every app may use it.

* `statements` is the way in: rows, models or an insert, in SQL that is written once for each shape.
* `prepared` runs it, as statements that PostgreSQL plans once for each connection.
* `loading` makes models of what was read.
* `any_of` is a condition whose SQL is the same for any number of values.
"""
