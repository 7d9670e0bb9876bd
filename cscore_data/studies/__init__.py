"""A study: what is trained, where it goes, and the loop that fills the cube."""
