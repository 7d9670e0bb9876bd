import numpy as np
import xarray as xr

from cscore_data.figures.suspect_sheet import suspect_sheet, suspect_texts


def make_suspects(examples):
    return xr.Dataset(
        {
            "score": ("example", np.linspace(-9, 3, examples)),
            "suggested": ("example", np.arange(examples) % 3),
        },
        {"example": np.arange(examples), "label": ("example", (np.arange(examples) + 1) % 3)},
    )


def test_images_have_given_and_suggested_label():
    image = np.zeros((90, 4, 4), np.uint8)
    figure = suspect_sheet(make_suspects(90), image, class_names=("a", "$b$", "c" * 40))
    (axes,) = figure.axes
    captions = [text.get_text() for text in axes.texts]
    assert len(captions) == len(axes.images) == 80
    assert captions[0].startswith("\\$b\\$ → a\n")
    assert "ccccc…ccccc" in captions[1]
    figure.canvas.draw()


def test_texts_stand_in_one_line_each():
    text = ["a line\nand $another$"] + ["word " * 100] * 3
    figure = suspect_texts(make_suspects(4), text)
    shown = [item.get_text() for item in figure.axes[0].texts]
    assert shown[:2] == ["1 → 0", "a line and \\$another\\$"]
    assert len(shown[3]) <= 150
    figure.canvas.draw()


def test_nothing_suspicious_is_an_empty_sheet():
    figure = suspect_sheet(make_suspects(0), np.zeros((0, 4, 4), np.uint8))
    assert not figure.axes[0].images
    suspect_texts(make_suspects(0), []).canvas.draw()
