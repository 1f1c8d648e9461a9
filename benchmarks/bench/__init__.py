"""`make bench`: the product against its twins, in interleaved rounds of one run."""
