"""An empty page, which every figure begins with."""

from io import BytesIO

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine


class Page(Figure):
    """A figure that a notebook shows if it is the last expression of a cell.

    Notebooks show other figures only if they were made with pyplot, which would keep them all.
    """

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def new_page(
    width: float, height: float, title: str, *, fontsize: int = 15, note: str = ""
) -> Page:
    """An empty figure with a title and a note at the bottom; sizes in inches."""
    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    figure = Page(figsize=(width, height), layout=layout)
    figure.suptitle(title, fontsize=fontsize)
    if note:
        figure.supxlabel(note, fontsize=9, color="0.3")
    return figure
