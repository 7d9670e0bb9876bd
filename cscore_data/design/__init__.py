"""Which run trains on which examples."""
