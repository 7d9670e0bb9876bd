"""Whole pages: each is drawn, says what it is about, and stays small for large sets."""

import numpy as np
import pytest
import xarray as xr

from cscore_data import figures
from cscore_data.errors import InvalidInputError
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


def one_ratio(scores):
    one = scores.isel(ratio=[1])
    return one.assign(cscore=one["profile"].isel(ratio=0, drop=True))


def test_of_one_ratio_there_are_no_curves_but_histograms():
    scores = one_ratio(make_scores())
    whole = overview(scores)
    assert len(whole.axes) == 2
    assert not any(axes.get_ylabel() == "held-out accuracy" for axes in whole.axes)
    (axes,) = PAGES["profiles"](scores).axes
    assert axes.get_xlabel() == "held-out accuracy at the only subset ratio, 0.5"
    assert sum(bar.get_height() for bar in axes.patches) == 40
    assert all(axes.get_ylabel() == "subset ratio" for axes in PAGES["ratios"](scores).axes)


@pytest.mark.parametrize(("page", "panels"), [("histograms", 2), ("ratios", 3)])
def test_linear_counts_are_left_out_where_they_would_show_one_bar(page, panels):
    scores = make_scores()
    assert len(PAGES[page](scores).axes) == panels
    mostly_one = scores.copy(deep=True)
    mostly_one["profile"][:, 4:] = 1.0
    mostly_one["cscore"] = mostly_one["profile"].mean("ratio")
    figure = PAGES[page](mostly_one)
    assert len(figure.axes) == panels - 1
    assert figure.axes[0].get_title().startswith("logarithmic")


NAMES = ["$1", "a_{$b$", "", "x" * 300]


def with_odd_names(scores):
    """Scores that carry names of their classes, and a title, as few would choose them."""
    named = scores.assign_coords({"class": np.arange(4), "class_name": ("class", NAMES)})
    return named.assign_attrs(title="C-scores of $x^{$/" + "long/" * 60 + "d\n.npz")


def words_of(figure):
    """All that stands on a page."""
    return [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text"))]


@pytest.mark.parametrize("page", ["overview", "histograms", "classes"])
def test_scores_carry_the_names_of_classes_however_odd(page):
    figure = PAGES[page](with_odd_names(make_scores()))
    figure.draw_without_rendering()
    words = words_of(figure)
    assert {r"\$1", r"a_{\$b\$", "2", "x" * 16 + "…" + "x" * 15} <= set(words)
    title = r"C-scores of \$x^{\$/long/long/lo…ng/long/long/long/long/d .npz"
    assert figure.get_suptitle() == title


def test_given_names_take_the_place_of_those_that_scores_carry():
    scores = with_odd_names(make_scores())
    words = words_of(figures.histograms(scores, class_names=["one", "two", "three", "four"]))
    assert {"one", "two", "three", "four"} <= set(words)
    assert r"\$1" not in words


def test_every_image_has_its_index_below():
    scores = make_scores(examples=8).assign_coords(example=np.arange(100, 108))
    words = words_of(figures.examples(scores, np.zeros((8, 3, 3, 2))))
    indices = [text.split("#")[1] for text in words if "\n#" in text]
    assert sorted(indices) == [str(index) for index in range(100, 108)]
    assert any("Images have 2 channels; their mean is drawn." in text for text in words)


@pytest.mark.parametrize("examples", [np.ones((40, 7)), np.array(["some text"] * 40)])
def test_what_is_no_image_is_drawn_as_lines(examples):
    scores = make_scores()
    compared = figures.comparison(
        scores, scores, subtitle="words", image=examples, higher=([3, 2], [1])
    )
    shown = "some text" if examples.ndim == 1 else "1  1  1  1  1  1  1"
    for figure in (figures.overview(scores, examples), compared):
        assert not any(axes.images for axes in figure.axes)
        assert any(text.startswith(shown) for text in words_of(figure))


@pytest.mark.parametrize("examples", [39, 41])
def test_images_of_other_examples_are_refused(examples):
    image = np.zeros((examples, 3, 3))
    with pytest.raises(InvalidInputError, match=f"found {examples} examples, expected one for"):
        figures.overview(make_scores(), image)
    with pytest.raises(InvalidInputError, match="in their order"):
        figures.comparison(make_scores(), make_scores(), subtitle="words", image=image)
