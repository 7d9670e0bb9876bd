import numpy as np
import pytest

from cscore_data.data.pixel_scale import to_usual_scale
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError

INK = np.random.default_rng(4).integers(0, 17, (10, 4, 4))
INK[0, 0, :2] = 0, 16
UNIT = INK / 16


@pytest.mark.parametrize(
    ("image", "expected", "note"),
    [
        (INK > 8, None, None),
        (INK // 9, (INK // 9) * 255, "pixels are whole numbers 0..1, scaled to 0..255"),
        ((INK // 9).astype(np.uint8), (INK // 9) * 255, "whole numbers 0..1, scaled"),
        (INK, np.rint(UNIT * 255), "pixels are whole numbers 0..16, scaled to 0..255"),
        (INK * 15, None, None),
        (UNIT, None, None),
        (INK * 1.0, UNIT, "pixels are floats 0..16, scaled to 0..1"),
        (UNIT * 255, UNIT, "pixels are floats 0..255, scaled to 0..1"),
        (UNIT * 90, UNIT * 90 / 255, "pixels are floats 0..255, scaled to 0..1"),
        (UNIT * 2 - 1, UNIT, "pixels are floats -1..1, scaled to 0..1"),
        (UNIT * 5 - 2.5, None, None),
        (UNIT * 3, None, None),
        (INK * 4095.0 / 16, UNIT, "pixels are floats 0..4095, scaled to 0..1"),
        (INK * 200 - 1000, UNIT, "pixels are whole numbers -1000..2200, scaled to 0..1"),
        (INK.astype(np.uint16) * 4095, UNIT, "pixels are whole numbers 0..65520, scaled to 0..1"),
        ((INK - 8).astype(np.int8), None, None),
        (np.where(INK == 3, np.nan, INK), None, None),
        (np.zeros((10, 4, 4)), None, None),
    ],
)
def test_pixels_are_brought_to_a_scale_that_trains(image, expected, note):
    found, found_note = to_usual_scale("mine", image)
    if note is None:
        assert found is image
        assert found_note is None
    else:
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert found.dtype in (np.uint8, np.float32)
        assert note in found_note


def test_features_are_left_alone():
    for features in (INK.reshape(10, -1) * 1000.0, INK[:, 0] // 9):
        assert to_usual_scale("mine", features) == (features, None)


def test_a_pixel_far_from_all_others_is_refused():
    image = np.random.default_rng(5).normal(size=(500, 8, 8))
    image[3, 2, 2] = 1e30
    with pytest.raises(InvalidInputError, match=r"mine: pixels span -.*\.\.1e\+30, and almost all"):
        to_usual_scale("mine", image)


def test_a_data_set_says_what_was_understood(tmp_path):
    for name, image in {"binary": INK // 9, "float": INK * 15.9, "bool": INK > 8}.items():
        np.savez(tmp_path / f"{name}.npz", x=image, y=np.arange(10) % 2)
    binary = load_examples(f"{tmp_path}/binary.npz")
    assert binary.notes == ("pixels are whole numbers 0..1, scaled to 0..255",)
    assert binary.digest() == load_examples(f"{tmp_path}/bool.npz").digest()
    assert load_examples(f"{tmp_path}/float.npz").image.max() < 1
