"""Colors that the figures share."""

#: Bars, dots and lines.
BLUE = "#3b6fb6"

#: Color map of scores and of densities.
SCALE = "viridis"
