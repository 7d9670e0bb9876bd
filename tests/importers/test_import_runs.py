"""Every importer gives a valid cube, or refuses its source in one line."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError
from cscore_data.importers.formats import FORMATS
from cscore_data.importers.registry import IMPORTERS, import_runs
from cscore_data.schema import validate_cube
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.cube import create_cube
from cscore_data.testing import make_cube
from run_exports import (
    complete_study,
    heldout_files,
    write_datamodels,
    write_files,
    write_lira,
)

ARRAYS = {
    "correct": np.array([[True, False, True], [True, True, True]]),
    "held_out": np.array([[True, False, False], [False, True, False]]),
    "label": np.array([4, 5, 4]),
}
STUDY = complete_study()
AT_ONE_RATIO = complete_study(ratios=(0.5,))

#: For each format a function that writes a source into a folder, and options.
SOURCES = {
    "heldout-influence": lambda folder: write_files(folder, heldout_files(STUDY)),
    "datamodels": lambda folder: write_datamodels(STUDY, folder),
    "lira": lambda folder: write_lira(AT_ONE_RATIO, folder),
    "arrays": lambda folder: ARRAYS,
}


def test_every_format_is_described():
    assert list(FORMATS) == list(IMPORTERS)


@pytest.mark.parametrize("format", IMPORTERS)
def test_every_format_gives_a_complete_cube_that_reduces(format, tmp_path):
    label = {"label": STUDY["label"].values} if format != "arrays" else {}
    source = SOURCES[format](tmp_path / "source")
    cube = validate_cube(import_runs(format, source, **label))
    assert cube["done"].all()
    assert "import_runs" in cube.attrs["history"]
    assert reduce_cube(cube)["cscore"].sizes == {"example": cube.sizes["example"]}
    create_cube(tmp_path / "cube.zarr", cube.chunk())


def test_unknown_formats_are_refused():
    with pytest.raises(InvalidInputError, match="format of runs: found 'pickle', expected one of"):
        import_runs("pickle", "runs.pkl")


def test_unknown_options_are_refused():
    with pytest.raises(InvalidInputError, match=r"options of arrays: .*'colour'"):
        import_runs("arrays", ARRAYS, colour="red")


def source_of(cube):
    return {
        "correct": cube["correct"].values[0],
        "held_out": cube["held_out"].values[0],
        "label": cube["label"].values,
    }


def runs_of_one_size(examples=20, trained_on=8, runs=6):
    """A cube at one ratio, in which each run trained on as many examples."""
    cube = make_cube(ratios=(trained_on / examples,), runs=runs, examples=examples)
    random = np.random.default_rng(0)
    for run in range(runs):
        cube["held_out"][0, run] = random.permutation(examples) >= trained_on
    return cube


def test_the_imported_cube_has_the_same_scores(tmp_path):
    cube = runs_of_one_size()
    np.savez(tmp_path / "runs.npz", **source_of(cube))
    imported = import_runs("arrays", str(tmp_path / "runs.npz"), dataset="mine")
    assert imported["ratio"].values.tolist() == [0.4]
    assert imported.attrs["dataset"] == "mine"
    xr.testing.assert_equal(reduce_cube(imported), reduce_cube(cube))


def test_digests_are_those_of_a_trained_cube():
    cube = runs_of_one_size()
    again = import_runs("arrays", source_of(cube))
    changed = source_of(cube)
    changed["correct"][3, 5] ^= True
    differs = import_runs("arrays", changed)["digest"] != again["digest"]
    assert np.flatnonzero(differs[0]).tolist() == [3]


def test_masks_of_training_examples_are_the_opposite():
    source = source_of(runs_of_one_size())
    expected = import_runs("arrays", source)
    opposite = {
        "correct": source["correct"],
        "label": source["label"],
        "train_mask": ~source["held_out"],
    }
    found = import_runs("arrays", opposite)
    xr.testing.assert_equal(found, expected)


def test_a_ratio_that_is_given_may_be_rounded():
    source = source_of(runs_of_one_size(examples=20, trained_on=7))
    assert import_runs("arrays", source, ratio=0.36)["ratio"].values.tolist() == [0.36]
    with pytest.raises(InvalidInputError, match=r"trained on 7 to 7 of 20 .* expected 10 \(ratio"):
        import_runs("arrays", source, ratio=0.5)


def test_subsets_of_different_sizes_are_refused():
    source = source_of(runs_of_one_size(trained_on=8))
    source["held_out"][0, np.flatnonzero(source["held_out"][0])[:4]] = False
    with pytest.raises(InvalidInputError, match="trained on 8 to 12 of 20 examples"):
        import_runs("arrays", source)


def changed(**arrays):
    return {**source_of(runs_of_one_size()), **arrays}


def without(name):
    return {key: values for key, values in changed().items() if key != name}


@pytest.mark.parametrize(
    ("source", "match"),
    [
        (without("correct"), "found no array correct"),
        (without("label"), "found no array label"),
        (without("held_out"), "expected one of the arrays held_out and train_mask"),
        (changed(train_mask=np.ones((6, 20), bool)), "expected one of the arrays held_out and"),
        (changed(correct=np.ones((6, 20))), "correct has shape .* dtype float64"),
        (changed(correct=np.ones((1, 6, 20), bool)), r"correct has shape \(1, 6, 20\)"),
        (changed(label=np.full(20, "cat")), "label has shape .* dtype <U3"),
        (changed(label=np.zeros(19, int)), r"label of shape \(19,\)"),
        (changed(held_out=np.ones((5, 20), bool)), r"masks of shape \(5, 20\)"),
        (changed(correct=np.ones((0, 20), bool)), r"correct of shape \(0, 20\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(source, match):
    with pytest.raises(InvalidInputError, match=match) as caught:
        import_runs("arrays", source)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no such file"):
        import_runs("arrays", tmp_path / "missing.npz")
    (tmp_path / "noise.npz").write_bytes(bytes(range(256)))
    with pytest.raises(InvalidInputError, match="not a readable npz file"):
        import_runs("arrays", tmp_path / "noise.npz")
