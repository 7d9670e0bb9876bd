"""What people call the labels of their data."""

#: Names that a column or array with the labels usually has, the most telling first.
LABEL_NAMES = ("label", "labels", "target", "targets", "class", "category", "y")
