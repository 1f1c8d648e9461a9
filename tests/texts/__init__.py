"""Whether every text that people see has its Russian translation.

`make texts` lists what is missing; the same findings fail a test.
"""
