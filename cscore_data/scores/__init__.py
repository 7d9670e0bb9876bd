"""From cubes to statistics of examples, and comparisons between sets of scores."""
