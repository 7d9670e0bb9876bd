"""Other projects' runs as cubes."""
