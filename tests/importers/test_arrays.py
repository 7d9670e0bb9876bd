"""Runs from plain arrays in files of any kind."""

import numpy as np
import pytest
import zarr

from cscore_data.data.order import to_tfds
from cscore_data.errors import InvalidInputError, MismatchError
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


def write_runs(folder, correct=range(12), held_out=range(12)):
    """Files of some runs."""
    folder.mkdir()
    for run in correct:
        np.save(folder / f"correct-{run}.npy", ALL["correct"][run])
    for run in held_out:
        np.save(folder / f"mask_{run:02}.npy", HELD_OUT[run])
    np.save(folder / "label.npy", LABEL)
    return folder


GLOBS = {"correct": "correct-*.npy", "held_out": "mask_*.npy"}


def test_files_are_paired_by_what_is_in_their_names(tmp_path):
    folder = write_runs(tmp_path / "runs [1]")
    assert_equal_variables(import_runs("arrays", folder, **GLOBS), CUBE, ("correct", "held_out"))
    lacking = write_runs(tmp_path / "lacking", range(1, 12), [*range(5), *range(6, 12)])
    with pytest.raises(InvalidInputError, match=r"mask_00.npy and .*correct-1.npy are not of the"):
        import_runs("arrays", lacking, **GLOBS)


def test_wildcards_that_are_the_same_in_all_names_say_nothing(tmp_path):
    for run in range(12):
        (tmp_path / f"run{run}").mkdir()
        np.save(tmp_path / f"run{run}" / "ep_100.npy", ALL["correct"][run])
        np.save(tmp_path / f"run{run}" / "mask.npy", HELD_OUT[run])
    globs = {"correct": "run*/ep_*.npy", "held_out": "run[0-9]*/mask.npy"}
    cube = import_runs("arrays", tmp_path, label=LABEL.tolist(), **globs)
    assert_equal_variables(cube, CUBE, ("correct", "held_out"))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("correct-3.npy", ALL["correct"][3].astype(float)),
        ("correct-3.npy", ALL["correct"][3].reshape(2, -1)),
        ("mask_03.npy", HELD_OUT[3].astype(np.uint8)),
        ("mask_03.npy", HELD_OUT[3].astype(float)),
    ],
)
def test_a_file_unlike_the_others_is_named(tmp_path, name, array):
    folder = write_runs(tmp_path / "runs")
    np.save(folder / name, array)
    with pytest.raises(InvalidInputError, match=f"{name}: found dtype .* expected bool and 1 dims"):
        import_runs("arrays", folder, **GLOBS)


@pytest.mark.parametrize("label", [np.zeros(0, int), np.array(3), np.zeros((2, 12), int)])
def test_labels_of_another_shape_are_refused(tmp_path, label):
    folder = write_runs(tmp_path / "runs")
    np.save(folder / "label.npy", label)
    with pytest.raises(InvalidInputError, match=r"label.npy: (found shape|not a readable)"):
        import_runs("arrays", folder, **GLOBS)


def test_a_run_that_comes_in_between_is_not_taken_for_another(tmp_path):
    runs = [run for run in range(12) if run != 4]
    folder = write_runs(tmp_path / "runs", runs, runs)
    out = tmp_path / "cube.zarr"
    import_runs("arrays", folder, out=out, **GLOBS)
    np.save(folder / "correct-4.npy", ALL["correct"][4])
    np.save(folder / "mask_04.npy", HELD_OUT[4])
    with pytest.raises(MismatchError, match="run 4 trained on other examples than in the source"):
        import_runs("arrays", folder, out=out, **GLOBS)


@pytest.mark.parametrize("sign", [1, -1])
def test_margins_of_the_wrong_sign_are_refused(sign):
    source = {name: ALL[name] for name in ("label", "held_out", "correct")}
    source["margin"] = sign * np.where(ALL["correct"], 2.0, -2.0)
    if sign > 0:
        assert import_runs("arrays", source)["done"].all()
        return
    with pytest.raises(InvalidInputError, match=r"run 0: margin is above 0, .* is its sign turned"):
        import_runs("arrays", source)


def test_lists_of_different_lengths_are_no_array():
    source = {"label": [0, 1], "correct": [[True, False]] * 2, "train_index": [[0], [0, 1]]}
    with pytest.raises(InvalidInputError, match="runs: train_index is no array"):
        import_runs("arrays", source)


def in_tfds_order(names):
    """Arrays with the examples in the order of TensorFlow Datasets."""
    arrays = {**ALL, "logits": logits_of(CUBE)}
    shuffled = {}
    for name in names:
        shuffled[name] = np.stack([to_tfds(row) for row in arrays[name]])
    return shuffled


@pytest.mark.parametrize("outcome", ["correct", "prediction", "logits", "margin"])
@pytest.mark.parametrize("labels", ["given", "own", "both"])
def test_examples_in_another_order_meet_their_labels(outcome, labels):
    source = in_tfds_order(["held_out", outcome])
    if labels != "given":
        source["label"] = to_tfds(LABEL)
    given = None if labels == "own" else LABEL
    cube = import_runs("arrays", source, order="tfds", label=given)
    assert_equal_variables(cube, CUBE, [name for name in VARIABLES if name in cube])


@pytest.mark.parametrize("order", ["original", "tfds"])
def test_labels_that_contradict_the_sources_own_are_refused(order):
    other = to_tfds(LABEL) if order == "original" else LABEL
    source = {**ALL, "label": other}
    with pytest.raises(MismatchError, match=f"runs: array label has other .* order {order}"):
        import_runs("arrays", source, order=order, label=LABEL)


@pytest.mark.parametrize("name", ["correct", "held_out", "label"])
def test_damaged_chunks_of_a_store_are_one_line(tmp_path, name):
    store = in_store(tmp_path)
    (chunk,) = [path for path in (store / name / "c").rglob("*") if path.is_file()]
    chunk.write_bytes(chunk.read_bytes()[:-9])
    with pytest.raises(InvalidInputError, match=rf"runs.zarr: {name}: row \d+.* cannot be read"):
        import_runs("arrays", store)
