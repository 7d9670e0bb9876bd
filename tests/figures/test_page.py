"""Pages in a notebook."""

import numpy as np
import xarray as xr
from PIL import Image

from cscore_data import figures
from cscore_data.figures.page import new_page


def test_a_notebook_shows_a_page_as_a_picture(tmp_path):
    png = new_page(2, 1, "title")._repr_png_()
    (tmp_path / "page.png").write_bytes(png)
    with Image.open(tmp_path / "page.png") as picture:
        assert picture.size == (200, 100)


def test_every_figure_of_the_package_is_such_a_page():
    scores = xr.Dataset({"cscore": ("example", np.array([0.1, 0.9]))})
    scores = scores.assign_coords(label=("example", [0, 1]))
    found = [figures.histograms(scores), figures.comparison(scores, scores, subtitle="words")]
    assert all(hasattr(figure, "_repr_png_") for figure in found)


def test_pages_are_not_kept_by_pyplot():
    import matplotlib.pyplot as plt

    new_page(2, 1, "title")
    assert plt.get_fignums() == []


def test_a_note_stands_at_the_bottom_if_there_is_one():
    assert new_page(2, 1, "title", note="note").get_supxlabel() == "note"
    assert new_page(2, 1, "title").get_supxlabel() == ""
