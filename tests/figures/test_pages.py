"""Whole pages: each is drawn, says what it is about, and stays small for large sets."""

import numpy as np
import pytest
import xarray as xr

from cscore_data import figures
from cscore_data.scores.agreement import disagreements
from cscore_data.scores.summary import class_statistics, profile_by_score, ratio_correlation


def make_scores(examples=40, classes=4):
    random = np.random.default_rng(0)
    profile = random.random((3, examples))
    return xr.Dataset(
        {"profile": (("ratio", "example"), profile), "cscore": ("example", profile.mean(0))},
        {
            "ratio": [0.2, 0.5, 0.8],
            "example": np.arange(examples),
            "label": ("example", np.arange(examples) % classes),
        },
        {"title": "C-scores of noise"},
    )


def image_of(scores):
    return np.zeros((scores.sizes["example"], 3, 3), np.uint8)


def overview(scores):
    return figures.overview(scores, image_of(scores), curves=profile_by_score(scores, bins=5))


PAGES = {
    "overview": overview,
    "published": lambda scores: figures.overview(scores, image_of(scores)),
    "examples": lambda scores: figures.examples(scores, image_of(scores)),
    "histograms": figures.histograms,
    "classes": lambda scores: figures.classes(scores, class_statistics(scores)),
    "profiles": lambda scores: figures.profiles(scores, profile_by_score(scores, bins=5)),
    "ratios": lambda scores: figures.ratios(scores, ratio_correlation(scores)),
}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_what_it_is_about(page):
    assert PAGES[page](make_scores()).get_suptitle() == "C-scores of noise"


@pytest.mark.parametrize(
    ("page", "shown"), [("overview", 10), ("examples", 20), ("histograms", 100)]
)
def test_if_not_all_classes_are_shown_the_page_says_so(page, shown):
    title = PAGES[page](make_scores(examples=240, classes=120)).get_suptitle()
    assert title == f"C-scores of noise ({shown} of 120 classes)"


def test_the_page_of_classes_shows_all():
    title = PAGES["classes"](make_scores(examples=240, classes=120)).get_suptitle()
    assert title == "C-scores of noise"


def comparison_titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_a_comparison_shows_the_disagreements_if_it_has_images(tmp_path):
    a = make_scores()
    b = a.assign(cscore=1 - a["cscore"])
    image = np.zeros((40, 3, 3), np.uint8)
    higher = disagreements(a, b, count=3)
    figure = figures.comparison(a, b, subtitle="words", image=image, higher=higher)
    assert figure.get_suptitle() == "words"
    assert comparison_titles(figure) == ["ranked higher in A", "ranked higher in B"]
    assert sum(len(axes.images) for axes in figure.axes) == 6
    figures.save(figure, tmp_path / "f.png")


def test_a_comparison_without_images_shows_the_density_alone(tmp_path):
    figure = figures.comparison(make_scores(), make_scores(), subtitle="words")
    assert figure.get_suptitle() == "words"
    assert comparison_titles(figure) == []
    assert sum(len(axes.images) for axes in figure.axes) == 0
    figures.save(figure, tmp_path / "f.png")


def test_large_sets_make_small_files(tmp_path):
    a = make_scores(examples=50_000, classes=100)
    b = a.assign(cscore=a["cscore"] ** 2)
    figures.save(figures.histograms(a), tmp_path / "histograms.pdf")
    figures.save(figures.comparison(a, b, subtitle="words"), tmp_path / "comparison.svg")
    assert all(file.stat().st_size < 500_000 for file in tmp_path.iterdir())


def test_unknown_pages_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'pie'"):
        _ = figures.pie


def test_every_name_of_the_package_is_there():
    for name in figures.__all__:
        assert callable(getattr(figures, name))
        assert name in dir(figures)
