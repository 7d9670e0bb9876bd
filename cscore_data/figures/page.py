"""An empty page, which every figure begins with."""

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine


def new_page(width: float, height: float, title: str, *, fontsize: int = 15) -> Figure:
    """An empty figure with a title; sizes in inches."""
    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    figure = Figure(figsize=(width, height), layout=layout)
    figure.suptitle(title, fontsize=fontsize)
    return figure
