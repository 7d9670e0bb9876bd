"""Text from outside: whatever it is, a figure draws it as it is, on one line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cscore_data.figures.text import as_text, readable

FIGURE = Figure(figsize=(1, 1))
RENDERER = FigureCanvasAgg(FIGURE).get_renderer()
TEXT = FIGURE.text(0, 0, "")


def draw(words):
    """Lay text out, which reads formulas and looks for its letters; warnings are errors here."""
    TEXT.set_text(words)
    return TEXT.get_window_extent(RENDERER)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("$1", r"\$1"),
        ("$x^{$", r"\$x^{\$"),
        (r"already \$5", r"already \\$5"),
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred\x00", "?[31mred?"),
        ("\udce9t\u202e", "?t?"),
        ("\N{CJK UNIFIED IDEOGRAPH-732B}", "?"),
        ("Größe 5 µm ≤ x²", "Größe 5 µm ≤ x²"),
        ("", ""),
    ],
)
def test_text_is_drawn_as_it_is(words, shown):
    assert as_text(words, 20) == shown
    draw(shown)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=20) | st.text("$\\{}^_% a\n", max_size=20))
def test_any_text_can_be_drawn(words):
    draw(as_text(words, 20))


def test_long_text_keeps_its_beginning_and_its_end():
    words = "/a/long/path" * 30 + "/train.parquet"
    assert as_text(words, 30) == "/a/long/path/a/…/train.parquet"


@pytest.mark.parametrize("most", [1, 2, 5])
def test_dollar_signs_are_shortened_before_they_get_a_backslash(most):
    shown = as_text("$" * 300, most)
    assert len(shown.replace("\\", "")) == most
    assert shown.count("$") == shown.count(r"\$")
    draw(shown)


def test_long_text_is_drawn_no_wider_than_short_text():
    assert draw(as_text("x" * 300, 32)).width <= draw("x" * 31 + "…").width + 1


def test_readable_text_keeps_its_dollar_signs_and_its_length():
    assert readable("$5\r\n" * 100) == "$5  " * 100
