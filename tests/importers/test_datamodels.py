"""The masks and margins of datamodels."""

import numpy as np
import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.importers.registry import import_runs
from cscore_data.storage.cube import open_cube
from run_exports import assert_equal_variables, complete_study, write_datamodels

CUBE = complete_study(runs=5)
LABELS = {"label": CUBE["label"].values, "test_label": CUBE["test_label"].values}
VARIABLES = ("correct", "held_out", "margin", "test_correct", "test_margin")
MASKS = ~CUBE["held_out"].values[1]
MARGINS = CUBE["margin"].values[1].astype(np.float16)


def test_what_was_written_comes_back(tmp_path):
    write_datamodels(CUBE, tmp_path / "runs")
    stored = import_runs("datamodels", tmp_path / "runs", out=tmp_path / "cube.zarr", **LABELS)
    assert_equal_variables(stored, CUBE, VARIABLES)
    assert "largest other logit" in stored["margin"].attrs["long_name"]
    in_memory = import_runs("datamodels", tmp_path / "runs", **LABELS)
    assert_equal_variables(in_memory, CUBE, VARIABLES)
    np.testing.assert_array_equal(in_memory["digest"], stored["digest"])


def test_without_labels_of_test_examples_they_are_left_out(tmp_path):
    write_datamodels(CUBE, tmp_path)
    cube = import_runs("datamodels", tmp_path, label=LABELS["label"], ratio=0.25)
    assert_equal_variables(cube, CUBE.sel(ratio=[0.25]), VARIABLES[:3])


def test_fractions_of_percents_are_ratios(tmp_path):
    cube = complete_study(ratios=(0.125,))
    write_datamodels(cube, tmp_path)
    assert import_runs("datamodels", tmp_path, **LABELS)["ratio"].values.tolist() == [0.125]


def with_value(array, place, value):
    array = array.copy()
    array[place] = value
    return array


def without_three_examples():
    masks = MASKS.copy()
    masks[2, np.flatnonzero(masks[2])[:3]] = False
    return masks


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"train_masks": without_three_examples()}, r"run 2: trained on 9 of 24 .* expected 12"),
        (
            {"train_margins": with_value(MARGINS, (2, slice(7)), np.nan)},
            "train_masks_50pct.npy: run 2: margin has 7 NaN",
        ),
    ],
)
def test_a_model_that_is_not_sound_is_named_and_the_others_stay(changes, match, tmp_path):
    write_datamodels(CUBE, tmp_path / "runs", **changes)
    with pytest.raises(InvalidInputError, match=match):
        import_runs("datamodels", tmp_path / "runs", out=tmp_path / "cube.zarr", **LABELS)
    done = open_cube(tmp_path / "cube.zarr")["done"].values
    assert done[0].all()
    assert done[1].tolist() == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"train_masks": MASKS[:, :9]}, r"train_masks_50pct.npy: found bool \(5, 9\), expected"),
        ({"train_masks": MASKS.astype(np.uint8)}, "found uint8"),
        ({"train_margins": MARGINS[:4]}, "found 4 models, expected 5 as in train_masks_50pct"),
        ({"train_margins": MARGINS.astype(int)}, "found int64"),
        ({"test_margins": MARGINS}, r"test_margins_50pct.npy: found float16 \(5, 24\), .* 8\)"),
    ],
)
def test_files_that_do_not_go_together_are_refused(changes, match, tmp_path):
    write_datamodels(CUBE, tmp_path, **changes)
    with pytest.raises(InvalidInputError, match=match):
        import_runs("datamodels", tmp_path, **LABELS)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no such folder"):
        import_runs("datamodels", tmp_path / "nowhere", **LABELS)
    with pytest.raises(InvalidInputError, match=r"found no train_masks_PCTpct\.npy"):
        import_runs("datamodels", tmp_path, **LABELS)
    np.save(tmp_path / "train_masks_100pct.npy", MASKS)
    with pytest.raises(InvalidInputError, match="found the ratio 1, expected one between 0 and 1"):
        import_runs("datamodels", tmp_path, **LABELS)
    (tmp_path / "train_masks_100pct.npy").rename(tmp_path / "train_masks_50pct.npy")
    with pytest.raises(InvalidInputError, match=r"train_margins_50pct.npy: no such file"):
        import_runs("datamodels", tmp_path, **LABELS)
    with pytest.raises(InvalidInputError, match=r"found masks of the ratios 0.5, expected 0.2"):
        import_runs("datamodels", tmp_path, ratio=[0.2], **LABELS)
    (tmp_path / "train_masks_50pct.npy").write_bytes(b"\x93NUMPY nonsense")
    with pytest.raises(InvalidInputError, match="not a readable npy file"):
        import_runs("datamodels", tmp_path, **LABELS)
