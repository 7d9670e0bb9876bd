"""What the user can fix ends with exit code 2 and one line on standard error; nothing changes."""

import shutil

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import (
    compare_cscores,
    fetch_published,
    plot_cscores,
    reduce_cscores,
    train_holdout,
    verify_cube,
)
from cscore_data.schema import cube_template
from cscore_data.scores.files import save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.cube import create_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.testing import make_cube

FAST = ["--runs", "2", "--ratios", "0.5", "--hidden", "4", "--epochs", "1"]


@pytest.fixture
def workplace(stock, monkeypatch):
    """A folder with good and bad files of every sort; tests see that it stays as it is."""
    monkeypatch.chdir(stock)
    monkeypatch.setenv("CSCORE_DATA_DIR", str(stock / "cache"))
    return stock


@pytest.fixture(scope="module")
def stock(blobs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stock")
    write_files(blobs, folder)
    write_stores(folder)
    return folder


def write_files(blobs, folder):
    image, label = blobs.image.astype(float), blobs.label
    bad_pixel = image.copy()
    bad_pixel[5, 0, 0] = np.nan
    unlabelled = label.astype(float)
    unlabelled[3] = np.nan
    for name, arrays in {
        "blobs": {"image": image, "label": label},
        "flat": {"image": image.reshape(120, 16), "label": label},
        "lengths": {"image": image, "label": label[1:]},
        "nan": {"image": bad_pixel, "label": label},
        "constant": {"image": np.ones_like(image), "label": label},
        "unlabelled": {"image": image, "label": unlabelled},
        "numbered": {"image": image, "label": np.arange(len(label))},
        "one_class": {"image": image, "label": np.zeros_like(label)},
        "pickled": {"image": np.array([{"a": 1}, None], object), "label": label[:2]},
        "pickled_labels": {"image": image, "label": label.astype(object)},
        "no_labels": {"image": image},
        "words": {"image": image, "label": np.array(["cat"] * 120)},
        "empty": {"image": image[:0], "label": label[:0]},
    }.items():
        np.savez(folder / f"{name}.npz", **arrays)
    (folder / "text.npz").write_text("this is no zip file")
    (folder / "cut.npz").write_bytes((folder / "blobs.npz").read_bytes()[:2000])
    (folder / "file").write_text("a file where a folder is needed")
    (folder / "folder").mkdir()
    (folder / "folder" / "precious").write_text("keep me")
    (folder / "half.zarr").mkdir()
    (folder / "half.zarr" / "zarr.json").write_text('{"zarr_format": 3, "node_ty')


def write_stores(folder):
    template = cube_template(
        (0.5,), 2, np.arange(120) % 3, runs_per_chunk=2, attrs={"plan": "{}", "recipe": "{}"}
    )
    create_cube(folder / "foreign.zarr", template)
    create_cube(folder / "future.zarr", template)
    create_cube(folder / "done.zarr", template)
    for run in (0, 1):
        CubeWriter(folder / "done.zarr").write_run(
            0.5, run, correct=np.ones(120, bool), held_out=np.ones(120, bool)
        )
    shutil.copytree(folder / "done.zarr", folder / "damaged.zarr")
    (chunk,) = (folder / "damaged.zarr" / "correct").rglob("c/0/0/0")
    chunk.write_bytes(chunk.read_bytes()[:5])
    (folder / "folder.csv").mkdir()
    for file in (folder / "future.zarr").rglob("zarr.json"):
        file.write_text(file.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    xr.Dataset({"x": ("y", [1.0, 2.0])}).to_zarr(folder / "other.zarr", consolidated=False)
    scores = reduce_cube(make_cube(examples=120, runs=20)).assign_attrs(dataset="blobs.npz")
    save_scores(scores.assign_attrs(dataset="nowhere.npz"), folder / "orphan.zarr")
    save_scores(scores, folder / "mislabelled.zarr")


TRAIN = [
    (["--ratios", "0"], "0 < ratio < 1"),
    (["--ratios", "1"], "0 < ratio < 1"),
    (["--ratios", "1.5"], "0 < ratio < 1"),
    (["--ratios", "-0.5"], "0 < ratio < 1"),
    (["--ratios", "nan"], "0 < ratio < 1"),
    (["--ratios", "0.0001"], "empty training subset"),
    (["--ratios", "0.5", "0.5"], "more than once"),
    (["--ratios", "half"], "invalid float value"),
    (["--ratios"], "expected at least one argument"),
    (["--runs", "0"], "runs: found 0"),
    (["--runs", "-3"], "runs: found -3"),
    (["--runs", "many"], "invalid int value"),
    (["--lanes", "5"], "lanes: found 5, expected at most the number of runs, 2"),
    (["--lanes", "0"], "lanes: found 0"),
    (["--runs-per-chunk", "0"], "runs_per_chunk: found 0"),
    (["--seed", "-1"], "seed: found -1"),
    (["--subsets", "some"], "invalid choice"),
    (["--model", "transformer"], "expected one of mlp"),
    (["--model", "no_such_module:net"], "No module named"),
    (["--model", "os:sep"], "'str' object is not callable"),
    (["--model", "fast-cnn"], "at least 9 x 9 pixels"),
    (["--model", "fast-cnn", "--lanes", "2", "--runs-per-chunk", "2"], "at least 9 x 9 pixels"),
    (["--dataset", "flat.npz", "--crop", "2"], "images: found 1 axes"),
    (
        ["--dataset", "flat.npz", "--flip", "yes", "--lanes", "1", "--runs-per-chunk", "2"],
        "images: found 1 axes",
    ),
    (["--recipe", "imagenet"], "invalid choice"),
    (["--steps", "0"], "steps: found 0"),
    (["--schedule", "zigzag"], "invalid choice"),
    (["--warmup", "1"], "warmup: found 1.0"),
    (["--nesterov", "maybe"], "expected yes or no"),
    (["--flip", "1"], "expected yes or no"),
    (["--crop", "-1"], "crop: found -1"),
    (["--weight-decay", "-1"], "weight_decay: found -1.0"),
    (["--label-smoothing", "1"], "label_smoothing: found 1.0"),
    (["--precision", "float16"], "invalid choice"),
    (["--hidden", "0"], "hidden: found"),
    (["--learning-rate", "0"], "learning_rate: found"),
    (["--momentum", "1"], "momentum: found"),
    (["--batch-size", "0"], "batch_size: found"),
    (["--epochs", "0"], "epochs: found"),
    (["--run", "2"], "unrecognized arguments"),
    (["stray"], "unrecognized arguments"),
    (["--dataset", "nothing"], "expected one of digits"),
    (["--dataset", "missing.npz"], "missing.npz"),
    (["--dataset", "text.npz"], "text.npz"),
    (["--dataset", "cut.npz"], "cut.npz"),
    (["--dataset", "pickled.npz"], "pickled.npz"),
    (["--dataset", "pickled_labels.npz"], "pickled_labels.npz"),
    (["--dataset", "no_labels.npz"], "label or y"),
    (["--dataset", "words.npz"], "words.npz"),
    (["--dataset", "lengths.npz"], "120 images and 119 labels"),
    (["--dataset", "nan.npz"], "NaN"),
    (["--dataset", "constant.npz"], "the same"),
    (["--dataset", "unlabelled.npz"], "have no label (the first: example 3)"),
    (["--dataset", "numbered.npz"], "labels are different, like those of an id"),
    (["--dataset", "one_class.npz"], "1 class"),
    (["--dataset", "empty.npz"], "empty.npz"),
    (["--shard", "3/2"], "shard: found '3/2', expected K/M"),
    (["--shard", "half"], "shard: found 'half', expected K/M"),
    (["--engine", "slurm"], "invalid choice"),
    (
        ["--engine", "dask", "--scheduler", "nowhere"],
        "scheduler: found 'nowhere', expected an address",
    ),
    (["--engine", "dask", "--scheduler", "tcp://host:port"], "scheduler: found 'tcp://host:port'"),
    (["--storage-option", "key=1"], "is a path, expected a URL"),
    (["--out", ""], "out: found '', expected a path or URL"),
    (["--out", " ", "--overwrite"], "out: found ' ', expected a path or URL"),
    (["--out", "file://", "--dry-run"], "perhaps a shell variable is not set"),
    (["--dataset", ""], "dataset: found ''"),
    (["--out", "nowhere://cube.zarr"], "no such kind of place"),
    (["--out", "file/cube.zarr"], "cannot be written"),
    (["--out", "file"], "not a readable Zarr store"),
    (["--out", "folder"], "not a readable Zarr store"),
    (["--out", "folder", "--overwrite"], "not a readable Zarr store"),
    (["--out", "half.zarr"], "not a readable Zarr store"),
    (["--out", "other.zarr"], "not a cube"),
    (["--out", "other.zarr", "--overwrite"], "not a cube"),
    (["--out", "mislabelled.zarr"], "these are scores, not a cube of runs"),
    (["--out", "future.zarr"], "schema_version: found 99, expected 1"),
    (["--out", "foreign.zarr"], "holds another study"),
    (["--out", "foreign.zarr", "--dry-run"], "holds another study"),
]

STORAGE_OPTION = [
    (["done.zarr", "--storage-option", "key=1"], "is a path, expected a URL"),
    (["memory://cube.zarr", "--storage-option", "key"], "found 'key', expected KEY=VALUE"),
    (["memory://cube.zarr", "--storage-option", "=1"], "found '=1', expected KEY=VALUE"),
]

REDUCE = [
    ([], "required"),
    (["missing.zarr"], "no such store"),
    (["file"], "not a readable Zarr store"),
    (["half.zarr"], "not a readable Zarr store"),
    (["other.zarr"], "not a cube"),
    (["future.zarr"], "schema_version"),
    (["mislabelled.zarr"], "mislabelled.zarr: these are scores, not a cube of runs; give the cube"),
    (["foreign.zarr"], "not complete: 1 of 1 pieces"),
    (["foreign.zarr", "--allow-incomplete"], "no run that is done"),
    (["foreign.zarr", "--export", "scores.pkl"], "expected a file name ending in"),
    (["foreign.zarr", "--figure", "scores.gif"], "expected a file name ending in"),
    (["."], "not a readable Zarr store"),
    ([""], "cube: found ''"),
    (["damaged.zarr"], "correct of ratio 0.5 runs 0-1 examples 0-119 cannot be read"),
    (["done.zarr", "--export", "folder.csv"], "it is a folder"),
    (["done.zarr", "--export", "done.zarr/scores.csv"], "is within the cube done.zarr"),
    (["done.zarr", "--export", "x.csv", "--figure", "./x.csv"], "expected a file name ending in"),
    (["done.zarr", "--figure", "file/f.png"], "cannot be written"),
    (["done.zarr", "--export-pred-probs", "file/p.npy"], "cannot be written"),
    (["done.zarr", "--export-pred-probs", "p.npy"], "the cube has no predictions"),
    (["done.zarr", "--out", "folder"], "folder"),
    (["done.zarr", "--out", "done.zarr"], "not scores; choose another place"),
    (["done.zarr", "--out", "file/scores.zarr"], "cannot be written"),
    (["done.zarr", "--export", "file/scores.csv"], "cannot be written"),
    (["done.zarr", "--export", "memory://scores.csv"], "only stores can be at a URL"),
    (["done.zarr", "--figure", "memory://scores.png"], "only stores can be at a URL"),
    (["done.zarr", "--out", "nowhere://scores.zarr"], "no such kind of place"),
    (["nowhere://done.zarr"], "no such kind of place"),
    (["memory://missing.zarr"], "no such store"),
    *STORAGE_OPTION,
]

COMPARE = [
    (["mislabelled.zarr"], "required"),
    (["mislabelled.zarr", "missing.zarr"], "no such store or file"),
    (["mislabelled.zarr", ""], "b: found ''"),
    (["mislabelled.zarr", "memory://scores.csv"], "found a file behind a URL"),
    (["mislabelled.zarr", "orphan.zarr", "--figure", "file/f.png"], "cannot be written"),
    (["mislabelled.zarr", "memory://missing.zarr"], "no such store"),
    (["mislabelled.zarr", "nowhere://scores.zarr"], "no such kind of place"),
    (["mislabelled.zarr", "done.zarr"], "this is a cube of runs, not scores"),
    (
        ["mislabelled.zarr", "orphan.zarr", "--figure", "memory://figure.png"],
        "only stores can be at a URL",
    ),
    *((["mislabelled.zarr", *arguments], message) for arguments, message in STORAGE_OPTION),
]

FETCH = [
    (["svhn"], "invalid choice"),
    (["cifar10", "--from-file", "missing.npz"], "missing.npz"),
    (["cifar10", "--storage-option", "key=1"], "is a path, expected a URL"),
    (["cifar10", "--out", "memory://scores.zarr", "--storage-option", "key"], "expected KEY=VALUE"),
]

PLOT = [
    (["missing.zarr"], "missing.zarr"),
    (["foreign.zarr"], "foreign.zarr"),
    (["orphan.zarr"], "nowhere.npz"),
    (["mislabelled.zarr"], "labels differ"),
    (["mislabelled.zarr", "--out", ""], "out: found ''"),
    (["mislabelled.zarr", "--out", "file/f.png"], "cannot be written"),
    (["mislabelled.zarr", "--dataset", "digits"], "1797"),
    (["mislabelled.zarr", "--out", "figure.doc"], "expected a file name ending in"),
    (["mislabelled.zarr", "--out", "memory://figure.png"], "only stores can be at a URL"),
    *STORAGE_OPTION,
]

VERIFY = [
    ([], "required"),
    (["missing.zarr"], "no such store"),
    (["file"], "not a readable Zarr store"),
    (["half.zarr"], "not a readable Zarr store"),
    (["other.zarr", "--repair"], "not a cube"),
    (["future.zarr"], "schema_version"),
    (["done.zarr", "--dataset", "missing.npz"], "missing.npz"),
    (["mislabelled.zarr"], "these are scores, not a cube of runs"),
    (["done.zarr"], "plan and plan_digest do not belong together"),
    *STORAGE_OPTION,
]

CASES = [
    *(
        pytest.param(verify_cube.main, arguments, m, id=" ".join(["verify", *arguments]))
        for arguments, m in VERIFY
    ),
    *(
        pytest.param(
            train_holdout.main, [*FAST, "--dataset", "blobs.npz", *a], m, id=" ".join(["train", *a])
        )
        for a, m in TRAIN
    ),
    *(
        pytest.param(reduce_cscores.main, arguments, m, id=" ".join(["reduce", *arguments]))
        for arguments, m in REDUCE
    ),
    *(
        pytest.param(compare_cscores.main, arguments, m, id=" ".join(["compare", *arguments]))
        for arguments, m in COMPARE
    ),
    *(
        pytest.param(fetch_published.main, arguments, m, id=" ".join(["fetch", *arguments]))
        for arguments, m in FETCH
    ),
    *(
        pytest.param(plot_cscores.main, arguments, m, id=" ".join(["plot", *arguments]))
        for arguments, m in PLOT
    ),
]


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(("main", "arguments", "message"), CASES)
def test_one_clear_line_and_nothing_changed(main, arguments, message, workplace, capsys):
    before = contents(workplace)
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2, captured
    assert message in captured.err
    assert len(captured.err.splitlines()) == 1
    assert contents(workplace) == before


def test_a_whole_process_says_the_same(program, workplace):
    _, error = program("train-holdout", "--dataset", "nan.npz", code=2)
    assert error.startswith("train-holdout: error: nan.npz")
    assert "Traceback" not in error


def test_a_defect_keeps_its_traceback(monkeypatch, workplace):
    def defect(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("cscore_data.cli.jobs.train_holdout.load_examples", defect)
    with pytest.raises(ZeroDivisionError):
        train_holdout.main([])
