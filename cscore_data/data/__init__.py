"""Labelled data sets as arrays in their original order."""
