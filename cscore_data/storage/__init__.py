"""Cubes and scores on disk or behind a URL."""
