"""``plot-cscores``: every kind of figure from every kind of source, and what is refused."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import plot_cscores
from cscore_data.cli.jobs.scored_images import load_images
from cscore_data.figures.kinds import KINDS
from cscore_data.scores.files import save_scores
from cscore_data.scores.published import load_published
from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube

#: What kinds of figure of our own studies are drawn from, where it is not the scores.
SOURCES = {"reliability": "cube.zarr"}


@pytest.fixture
def workplace(blobs, blobs_npz, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    profile = np.random.default_rng(0).random((3, 120))
    own = xr.Dataset(
        {
            "profile": (("ratio", "example"), profile),
            "cscore": ("example", profile.mean(0)),
            "soft_cscore": ("example", profile.mean(0)),
            "variability": ("example", profile.std(0)),
            "memorization": ("example", 1 - profile.mean(0)),
        },
        {"ratio": [0.2, 0.5, 0.8], "example": np.arange(120), "label": ("example", blobs.label)},
        {"dataset": str(blobs_npz), "example_digest": blobs.digest()},
    )
    save_scores(own, tmp_path / "own.zarr")
    save_scores(own.isel(example=slice(None, None, -1)), tmp_path / "backwards.zarr")
    save_scores(own.isel(example=slice(100)), tmp_path / "part.zarr")
    save_scores(own.assign(cscore=own["cscore"] * np.nan), tmp_path / "unknown.zarr")
    hard_labels = own.drop_vars(["soft_cscore", "variability", "memorization"])
    save_scores(hard_labels, tmp_path / "old.zarr")
    save_scores(own.assign(variability=own["cscore"] * np.nan), tmp_path / "unmeasured.zarr")
    write_store(tmp_path / "few.zarr", make_cube(runs=1, examples=120))
    write_store(tmp_path / "cube.zarr", make_cube(runs=20, examples=120))
    np.savez(tmp_path / "foreign.npz", labels=blobs.label, scores=profile[0])
    np.savez(tmp_path / "wrong.npz", labels=blobs.label[::-1], scores=profile[0])
    np.save(tmp_path / "bare.npy", profile[0])
    return tmp_path


def run(capsys, *arguments):
    code = plot_cscores.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_own_scores(workplace, capsys, kind):
    source = SOURCES.get(kind, "own.zarr")
    assert run(capsys, source, "--kind", kind, "--out", "f.png") == (0, "Figure: f.png\n", "")
    assert (workplace / "f.png").stat().st_size > 1000


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - SOURCES.keys()))
def test_scores_that_are_all_unknown_are_refused(workplace, capsys, kind):
    code, _, err = run(capsys, "unknown.zarr", "--kind", kind)
    assert code == 2
    assert "no example has a C-score: none was held out at every ratio; train more runs" in err


@pytest.mark.parametrize("kind", ["overview", "histograms"])
def test_foreign_scores_with_a_data_set(workplace, capsys, kind):
    assert run(capsys, "foreign.npz", "--kind", kind, "--dataset", "blobs.npz")[0] == 0
    assert (workplace / "cscores.png").exists()


def test_without_labels_it_says_that_only_position_ties_them(workplace, capsys):
    code, out, _ = run(capsys, "bare.npy", "--dataset", "blobs.npz")
    assert code == 0
    assert "warning: the scores have no labels; only their position ties them" in out
    assert "to the images of blobs.npz" in out


def test_images_are_drawn_with_their_scores_in_any_order_of_rows(workplace, monkeypatch, capsys):
    drawn = []

    def record(axes, image, left, top, caption):
        drawn.append((image.tobytes(), caption))

    monkeypatch.setattr("cscore_data.figures.images.draw_image", record)
    assert run(capsys, "own.zarr", "--kind", "examples")[0] == 0
    forwards = set(drawn)
    drawn.clear()
    assert run(capsys, "backwards.zarr", "--kind", "examples")[0] == 0
    assert len(forwards) == 72
    assert set(drawn) == forwards


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ("foreign.npz --kind profiles", "--kind profiles needs held-out accuracies at each ratio"),
        ("foreign.npz --kind ratios", "--kind ratios needs held-out accuracies at each ratio"),
        ("foreign.npz --kind data-map", "--kind data-map needs margins, which only a cube has"),
        ("old.zarr --kind data-map", "trained with train-holdout --record margin; reduce such a"),
        ("old.zarr --kind data-map", "or draw overview, examples, histograms, classes, profiles"),
        (
            "unmeasured.zarr --kind data-map",
            "no example has all of soft_cscore, variability, cscore",
        ),
        ("old.zarr --kind memorization", "--kind memorization needs memorization, which only"),
        ("own.zarr --kind reliability", "give the cube in place of its scores, or draw overview"),
        ("foreign.npz --kind reliability", "--kind reliability needs the runs, which scores do"),
        ("few.zarr --kind reliability", "found 1 runs at a ratio, expected at least 2"),
        ("cube.zarr --kind memorization", "this is a cube of runs, not scores"),
        ("nowhere --kind reliability", "no such store or file"),
        ("bare.npy --kind classes", "these scores have no labels; give --dataset"),
        ("foreign.npz", "do not say of which data set they are; give it with --dataset"),
        ("foreign.npz --dataset digits", "found 120 examples in the scores, 1797 in digits"),
        ("bare.npy --dataset digits", "found 120 examples in the scores, 1797 in digits"),
        ("part.zarr", "found 100 examples in the scores, 120 in "),
        ("wrong.npz --dataset blobs.npz", "labels differ between the scores and blobs.npz"),
        ("own.zarr --out f.gif", "figure: found 'f.gif'"),
        ("nowhere", "no such store or file"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_exit_2(workplace, capsys, arguments, match):
    code, out, err = run(capsys, *arguments.split())
    assert (code, out) == (2, "")
    assert match in err
    assert err.count("\n") == 1


def test_the_help_names_every_kind_and_its_meaning(capsys):
    with pytest.raises(SystemExit, match="0"):
        plot_cscores.main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    for name, kind in KINDS.items():
        assert f"{name}: {kind.meaning}" in words


def test_unknown_kinds_are_refused(workplace, capsys):
    with pytest.raises(SystemExit, match="2"):
        plot_cscores.main(["own.zarr", "--kind", "pie"])
    assert "invalid choice: 'pie'" in capsys.readouterr().err


@pytest.mark.slow
def test_blue_sky_stands_on_the_left_of_the_airplanes(real_data):
    """The authors' own picture: published scores, images and order fit together."""
    images, published = real_data / "cifar10-jpeg" / "train.parquet", real_data / "published"
    if not images.exists() or not published.exists():
        pytest.skip("no CIFAR-10 images and scores")
    scores = load_published("cifar10")
    examples = load_images(scores, str(images))
    airplanes = np.flatnonzero(examples.label == 0)
    ranked = airplanes[np.argsort(scores["cscore"].values[airplanes])]
    red, _, blue = examples.image[ranked].mean((1, 2)).T
    assert (blue - red)[-8:].min() > 20
    assert np.median((blue - red)[:8]) < 5
