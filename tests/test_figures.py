"""Whole pages: each is drawn, says of what it is, and stays readable for large sets."""

import time

import numpy as np
import pytest
import xarray as xr

from cscore_data import compare, figures, plot, reduce


def make_scores(examples=40, classes=4, **attrs):
    random = np.random.default_rng(0)
    profile = random.random((3, examples))
    return xr.Dataset(
        {"profile": (("ratio", "example"), profile), "cscore": ("example", profile.mean(0))},
        {
            "ratio": [0.2, 0.5, 0.8],
            "example": np.arange(examples),
            "label": ("example", np.arange(examples) % classes),
        },
        {"title": "C-scores of noise", **attrs},
    )


def image_of(scores):
    return np.zeros((scores.sizes["example"], 3, 3), np.uint8)


PAGES = {
    "overview": lambda s: figures.overview(s, image_of(s), curves=reduce.profile_by_score(s, bins=5)),
    "published": lambda s: figures.overview(s, image_of(s)),
    "examples": lambda s: figures.examples(s, image_of(s)),
    "histograms": lambda s: figures.histograms(s),
    "classes": lambda s: figures.classes(s, compare.class_statistics(s)),
    "profiles": lambda s: figures.profiles(s, reduce.profile_by_score(s, bins=5)),
    "ratios": lambda s: figures.ratios(s, compare.ratio_correlation(s)),
}


@pytest.mark.parametrize("kind", PAGES)
def test_every_page_says_of_what_it_is(kind):
    assert PAGES[kind](make_scores()).get_suptitle() == "C-scores of noise"


@pytest.mark.parametrize(("kind", "shown"), [("overview", 10), ("examples", 20), ("histograms", 100), ("classes", 120)])
def test_where_not_all_classes_are_shown_the_page_says_so(kind, shown):
    title = PAGES[kind](make_scores(examples=240, classes=120)).get_suptitle()
    assert title == "C-scores of noise" + (f" ({shown} of 120 classes)" if shown < 120 else "")


@pytest.mark.parametrize("with_images", [False, True])
def test_a_comparison_shows_what_disagrees_if_it_has_images(with_images, tmp_path):
    a, b = make_scores(), make_scores()
    b["cscore"] = 1 - b["cscore"]
    image = np.zeros((40, 3, 3), np.uint8) if with_images else None
    higher = compare.disagreements(a, b, count=3)
    figure = figures.comparison(a, b, subtitle="words", image=image, higher=higher)
    assert figure.get_suptitle() == "words"
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == (["ranked higher in A", "ranked higher in B"] if with_images else [])
    assert sum(len(axes.images) for axes in figure.axes) == (6 if with_images else 0)
    plot.save(figure, tmp_path / "f.png")


def test_large_sets_make_small_files(tmp_path):
    a, b = (make_scores(examples=50_000, classes=100) for _ in range(2))
    b["cscore"] = b["cscore"] ** 2
    began = time.perf_counter()
    plot.save(figures.histograms(a), tmp_path / "h.pdf")
    plot.save(figures.comparison(a, b, subtitle="words"), tmp_path / "c.svg")
    assert time.perf_counter() - began < 20
    assert all(file.stat().st_size < 500_000 for file in tmp_path.iterdir())
