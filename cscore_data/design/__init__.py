"""Which run trains on which examples: a pure function of (seed, ratio, run)."""
