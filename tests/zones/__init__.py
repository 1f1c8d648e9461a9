"""A second, slow implementation of `habits.recurrence`, and the checks that hold one to the other.

It shares nothing with the first: the offsets come from the files of tzdata by a reader of its own
(`rules`), and what is due is found by walking the minutes (`walk`). `python -m tests.zones` checks
every minute of the day, `tests/habits/test_every_zone.py` some of them.
"""
