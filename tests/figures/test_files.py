"""Figures as files."""

import pytest
from matplotlib.figure import Figure

from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.figures.files import SUFFIXES, check_suffix, save


@pytest.fixture
def figure():
    figure = Figure(figsize=(6, 6))
    figure.add_subplot()
    return figure


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_figures_are_written_in_every_format(figure, tmp_path, suffix):
    path = tmp_path / "new" / f"figure{suffix}"
    save(figure, path)
    assert path.stat().st_size > 1000


def test_other_suffixes_are_refused(figure, tmp_path):
    with pytest.raises(InvalidInputError, match=r"ending in \.pdf, \.png, \.svg"):
        save(figure, tmp_path / "figure.gif")


def test_urls_are_refused():
    with pytest.raises(InvalidInputError, match="only stores can be at a URL"):
        check_suffix("memory://figure.png")


def test_a_file_that_cannot_be_written_is_a_store_error(figure, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        save(figure, tmp_path / "file" / "figure.png")
