"""Requests drawn at random: a few in the suite, as many as wanted by `python -m tests.fuzz`."""

EXAMPLES = "FUZZ_EXAMPLES"
"""The variable that tells how many of each test to draw, by pytest's seed; the suite has none."""
