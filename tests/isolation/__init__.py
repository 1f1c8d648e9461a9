"""Nobody gets in: random operations of strangers, and a program that takes each check away.

`tests/isolation/test_any_mixture.py` and `tests/accounts/test_any_token_life.py` are the machines;
`python -m tests.isolation.mutants` shows that they notice when a permission check is gone.
"""
