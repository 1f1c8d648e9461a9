"""Each permission check taken away, one at a time: the state machines have to notice.

`python -m tests.isolation.mutants`, which is `make mutants`, runs them all in copies of the tree.
"""
