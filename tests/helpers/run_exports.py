"""Cubes written in the layouts of other projects, to be imported again."""

import io
import json
import tarfile

import numpy as np

from cscore_data.design.plan import Plan
from cscore_data.testing import make_cube


def complete_study(*, ratios=(0.25, 0.5), runs=3, examples=24, test_examples=8, record="margin"):
    """A cube in memory whose subsets have exactly the size of their ratio.

    Margins have the sign of `correct` and are not 0, as those of a model with two classes.
    """
    cube = make_cube(
        ratios=ratios, runs=runs, examples=examples, record=record, test_examples=test_examples
    )
    plan = Plan(examples, ratios)
    for index, ratio in enumerate(ratios):
        cube["held_out"].values[index] = plan.held_out(ratio, range(runs))
    for test in ("", "test_") if record == "margin" else ():
        if f"{test}margin" in cube:
            margin, correct = cube[f"{test}margin"].values, cube[f"{test}correct"].values
            margin[:] = np.where(correct, np.maximum(margin, 0.25), np.minimum(margin, -0.25))
    return cube


def assert_equal_variables(found, expected, names):
    """`found` is complete and has just these variables, with the values of `expected`."""
    assert bool(found["done"].all())
    assert set(found.data_vars) == {*names, "digest", "done"}
    for name in (*names, "ratio", "run", "example", "label"):
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def aux_arrays(run, **changes):
    """The content of one run's ``aux_arrays.npz``, in another order of examples; `changes` last."""
    random = np.random.default_rng(int(run["run"]))
    held_out = run["held_out"].values
    arrays = {"subsample_idx": random.permutation(np.flatnonzero(~held_out))}
    for part, index in (("train", ~held_out), ("removed", held_out)):
        index = random.permutation(np.flatnonzero(index))
        arrays[f"index_{part}"] = index
        arrays[f"correctness_{part}"] = run["correct"].values[index].astype(np.int64)
    if "test_correct" in run:
        arrays["index_test"] = random.permutation(run.sizes["test_example"])
        arrays["correctness_test"] = run["test_correct"].values[arrays["index_test"]]
    file = io.BytesIO()
    np.savez(file, **{**arrays, **changes})
    return file.getvalue()


def heldout_files(cube, changes=None, experiment="cifar-small"):
    """The files of Feldman and Zhang's layout by name; `changes` of a run by (ratio, run)."""
    files = {}
    for ratio in cube["ratio"].values:
        for run in cube["run"].values:
            one = cube.sel(ratio=ratio, run=run)
            folder = f"{experiment}/{ratio:g}/{run}"
            more = (changes or {}).get((ratio, run), {})
            # Importers pass over these; they cannot be packed, as real weights.
            weights = np.random.default_rng(len(files)).bytes(20_000)
            files[f"{folder}/checkpoints/ckpt-160"] = weights
            files[f"{folder}/aux_arrays.npz"] = aux_arrays(one, **more)
    return files


def write_files(folder, files):
    """Write files by name into a folder, which is returned."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def tar_gz(files, **headers):
    """A tar.gz archive of files by name; `headers` are fields of the TarInfo of the last file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for place, (name, content) in enumerate(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            if place == len(files) - 1:
                for field, value in headers.items():
                    setattr(member, field, value)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def write_datamodels(cube, folder, **changes):
    """Masks and margins of each ratio as npy files; `changes` replace arrays of the last ratio."""
    folder.mkdir(exist_ok=True)
    for index, ratio in enumerate(cube["ratio"].values):
        arrays = {
            "train_masks": ~cube["held_out"].values[index],
            "train_margins": cube["margin"].values[index].astype(np.float16),
            "test_margins": cube["test_margin"].values[index].astype(np.float16),
        }
        if index == cube.sizes["ratio"] - 1:
            arrays |= changes
        for name, values in arrays.items():
            np.save(folder / f"{name}_{100 * ratio:g}pct.npy", values)
    return folder


def logits_of(cube, classes=4):
    """Logits (run, example, class) with the margins and predictions of a cube at one ratio."""
    margin = cube["margin"].values[0].astype(np.float64)
    prediction = cube["prediction"].values[0]
    label = np.broadcast_to(cube["label"].values, margin.shape)[..., None]
    logits = np.zeros((*margin.shape, classes))
    # Where a model is wrong, the class that it gives is far above all others but the label.
    np.put_along_axis(logits, prediction[..., None].astype(int), 9.0, axis=2)
    np.put_along_axis(logits, label, -np.inf, axis=2)
    others = np.log(np.exp(logits).sum(axis=2))
    np.put_along_axis(logits, label, (margin + others)[..., None], axis=2)
    return logits


def write_lira(cube, folder, *, kind="logits", pkeep=None):
    """A folder of shadow models with logits, or scores, of two epochs and two augmentations."""
    runs = cube.sizes["run"]
    logits = logits_of(cube)
    for run in range(runs):
        path = folder / f"experiment-{run}_{runs}"
        (path / kind).mkdir(parents=True)
        np.save(path / "keep.npy", ~cube["held_out"].values[0, run])
        if pkeep is not None:
            (path / "hparams.json").write_text(json.dumps({"arch": "wrn28-2", "pkeep": pkeep}))
        values = logits[run][:, None, None, :]
        if kind == "scores":
            values = cube["margin"].values[0, run][:, None]
        axis = 2 if kind == "logits" else 1
        augmented = np.concatenate([values, -values], axis=axis)
        np.save(path / kind / "0000000100.npy", augmented)
        np.save(path / kind / "0000000020.npy", -augmented)
    np.save(folder / "y_train.npy", cube["label"].values)
    return folder
