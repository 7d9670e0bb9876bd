"""Runs from plain arrays in files of any kind."""

import numpy as np
import pytest
import zarr

from cscore_data.errors import InvalidInputError
from cscore_data.importers.registry import import_runs
from run_exports import assert_equal_variables, complete_study, logits_of

CUBE = complete_study(ratios=(0.5,), runs=12, test_examples=0)
LABEL = CUBE["label"].values
HELD_OUT = CUBE["held_out"].values[0]
ALL = {
    "label": LABEL,
    "held_out": HELD_OUT,
    "correct": CUBE["correct"].values[0],
    "margin": CUBE["margin"].values[0],
    "prediction": CUBE["prediction"].values[0],
}
VARIABLES = ("correct", "held_out", "margin", "prediction")


def in_npz(folder):
    np.savez(folder / "runs.npz", **ALL)
    return folder / "runs.npz"


def in_store(folder):
    store = zarr.open_group(folder / "runs.zarr", mode="w")
    for name, values in ALL.items():
        store.create_array(name, data=values)
    return folder / "runs.zarr"


def in_folder(folder):
    for name, values in ALL.items():
        np.save(folder / f"{name}.npy", np.asfortranarray(values))
    return folder


@pytest.mark.parametrize("write", [in_npz, in_store, in_folder])
def test_what_was_written_comes_back(write, tmp_path):
    assert_equal_variables(import_runs("arrays", write(tmp_path)), CUBE, VARIABLES)


def test_a_file_for_each_run_in_the_order_of_their_numbers(tmp_path):
    for run in range(12):
        folder = tmp_path / f"seed{run}"
        folder.mkdir()
        np.save(folder / "index.npy", np.flatnonzero(~HELD_OUT[run]))
        np.savez(folder / "out.npz", logits=logits_of(CUBE)[run], other=3)
    cube = import_runs(
        "arrays",
        tmp_path,
        label=LABEL,
        train_index="seed*/index.npy",
        logits="seed*/out.npz:logits",
    )
    assert_equal_variables(cube, CUBE, VARIABLES)


@pytest.mark.parametrize(
    ("names", "variables"),
    [
        (("correct",), ("correct", "held_out")),
        (("margin",), ("correct", "held_out", "margin")),
        (("prediction",), ("correct", "held_out", "prediction")),
        (("prediction", "margin"), VARIABLES),
    ],
)
def test_what_a_run_gets_right_follows_from_what_there_is(names, variables):
    source = {name: ALL[name] for name in ("label", "held_out", *names)}
    assert_equal_variables(import_runs("arrays", source), CUBE, variables)


def test_of_arrays_that_are_named_others_are_not_read(tmp_path):
    np.savez(tmp_path / "runs.npz", mine=ALL["correct"], mask=~HELD_OUT, held_out=3, label=LABEL)
    cube = import_runs("arrays", tmp_path / "runs.npz", correct="mine", train_mask="mask")
    assert_equal_variables(cube, CUBE, ("correct", "held_out"))


def test_sizes_of_subsets_that_were_drawn_may_vary():
    held_out = HELD_OUT.copy()
    held_out[3, np.flatnonzero(held_out[3])[:2]] = False
    source = {**ALL, "held_out": held_out}
    with pytest.raises(InvalidInputError, match=r"trained on 12 to 14 of 24 examples \(run 3: 14"):
        import_runs("arrays", source)
    assert import_runs("arrays", source, is_drawn=True)["ratio"].values.tolist() == [0.51]
    held_out[3] = False
    with pytest.raises(InvalidInputError, match=r"\(run 3: 24\), expected"):
        import_runs("arrays", source, is_drawn=True, ratio=0.2)


def changed(**arrays):
    return {**ALL, **arrays}


def with_value(name, place, value):
    array = ALL[name].copy()
    array[place] = value
    return changed(**{name: array})


@pytest.mark.parametrize(
    ("source", "match"),
    [
        (with_value("margin", (7, 3), np.nan), "correct: run 7: margin has 1 NaN"),
        (with_value("prediction", (7, 3), 99), "run 7: correct and prediction contradict"),
        (with_value("correct", 7, ~ALL["correct"][7]), "run 7: .* contradict each other for 24"),
        (changed(held_out=np.zeros_like(HELD_OUT)), "runs: found the ratio 1, expected one betwe"),
        (changed(logits=logits_of(CUBE)[:, :, :3]), r"logits of 3 classes and labels 0\.\.3"),
        ({"label": LABEL, "margin": ALL["margin"]}, "expected one of the arrays held_out and"),
        ({"label": LABEL, "held_out": HELD_OUT}, "found no array correct, prediction, logits or"),
    ],
)
def test_runs_that_are_not_sound_are_named(source, match):
    with pytest.raises(InvalidInputError, match=match) as caught:
        import_runs("arrays", source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("index", "match"),
    [
        ([[0, 99], [0, 1]], r"train_index: run 0: indices span 0\.\.99, expected 0\.\.23"),
        ([[0, 1], [3, 3]], "train_index: run 1: 1 indices occur more than once"),
    ],
)
def test_indices_of_training_examples_are_checked(index, match):
    source = {"label": LABEL, "correct": ALL["correct"][:2], "train_index": np.array(index)}
    with pytest.raises(InvalidInputError, match=match):
        import_runs("arrays", source)


def test_predictions_without_correct_must_be_labels():
    source = {name: ALL[name] for name in ("label", "held_out")}
    source["prediction"] = np.full_like(ALL["prediction"], 7)
    with pytest.raises(InvalidInputError, match=r"run 0: predicts 7, which is no example's label"):
        import_runs("arrays", source)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"correct": "mine.npy"}, "mine.npy: no such file"),
        ({"correct": "run*.npy"}, r"found no file run\*.npy, expected one for each run"),
        ({"correct": "mine.txt"}, "expected a file ending in .npy or .npz, or a Zarr store"),
        ({"correct": "two.npz"}, "found arrays a, b; say which one with FILE.npz:KEY"),
        ({"correct": "runs.zarr:none"}, "runs.zarr: found no array none"),
        ({"ratio": [0.2, 0.5]}, "found 2 ratios, expected one"),
        ({"runs": 0}, "runs: found 0, expected at least 1"),
        ({"order": "sorted"}, "found 'sorted', expected original or tfds"),
    ],
)
def test_what_is_not_there_is_one_line(options, match, tmp_path):
    np.savez(tmp_path / "two.npz", a=[1], b=[2])
    in_store(tmp_path)
    in_folder(tmp_path)
    if "correct" in options:
        options = {"held_out": "held_out.npy", **options}
    with pytest.raises(InvalidInputError, match=match) as caught:
        import_runs("arrays", tmp_path, **options)
    assert "\n" not in str(caught.value)
