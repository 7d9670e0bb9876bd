"""``plot-cscores``: every kind of figure from every kind of source, and what it refuses."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import plot_cscores
from cscore_data.published import load_published
from cscore_data.scorefile import save_scores


@pytest.fixture
def workplace(blobs, blobs_npz, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    profile = np.random.default_rng(0).random((3, 120))
    own = xr.Dataset(
        {"profile": (("ratio", "example"), profile), "cscore": ("example", profile.mean(0))},
        {"ratio": [0.2, 0.5, 0.8], "example": np.arange(120), "label": ("example", blobs.label)},
        {"dataset": str(blobs_npz), "example_digest": blobs.digest()},
    )
    save_scores(own, tmp_path / "own.zarr")
    save_scores(own.isel(example=slice(None, None, -1)), tmp_path / "backwards.zarr")
    save_scores(own.isel(example=slice(100)), tmp_path / "part.zarr")
    save_scores(own.assign(cscore=own["cscore"] * np.nan), tmp_path / "unknown.zarr")
    np.savez(tmp_path / "foreign.npz", labels=blobs.label, scores=profile[0])
    np.savez(tmp_path / "wrong.npz", labels=blobs.label[::-1], scores=profile[0])
    np.save(tmp_path / "bare.npy", profile[0])
    return tmp_path


def run(capsys, *arguments):
    code = plot_cscores.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


@pytest.mark.parametrize("kind", ["overview", "examples", "histograms", "classes", "profiles", "ratios"])
def test_every_kind_of_own_scores(workplace, capsys, kind):
    assert run(capsys, "own.zarr", "--kind", kind, "--out", "f.png") == (0, "Figure: f.png\n", "")
    assert (workplace / "f.png").stat().st_size > 1000


@pytest.mark.parametrize("kind", ["overview", "examples", "histograms", "classes", "profiles", "ratios"])
def test_scores_of_which_none_is_known(workplace, capsys, kind):
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
    assert "warning: the scores have no labels; only their position ties them to the images of blobs.npz" in out


def test_images_stand_with_their_scores_whatever_the_order_of_rows(workplace, monkeypatch, capsys):
    captions = {}

    def record(axes, image, left, top, caption):
        captions.setdefault(source, set()).add((image.tobytes(), caption))

    monkeypatch.setattr("cscore_data.plot._draw_image", record)
    for source in ("own.zarr", "backwards.zarr"):
        assert run(capsys, source, "--kind", "examples")[0] == 0
    assert len(captions["own.zarr"]) == 72
    assert captions["own.zarr"] == captions["backwards.zarr"]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("foreign.npz", "--kind", "profiles"), "--kind profiles needs held-out accuracies at each ratio"),
        (("foreign.npz", "--kind", "ratios"), "--kind ratios needs held-out accuracies at each ratio"),
        (("bare.npy", "--kind", "classes"), "these scores have no labels; give --dataset"),
        (("foreign.npz",), "do not say of which data set they are; give it with --dataset"),
        (("foreign.npz", "--dataset", "digits"), "the scores are of 120 examples, digits has 1797"),
        (("bare.npy", "--dataset", "digits"), "the scores are of 120 examples, digits has 1797"),
        (("part.zarr",), "the scores are of 100 examples"),
        (("wrong.npz", "--dataset", "blobs.npz"), "labels differ between the scores and blobs.npz"),
        (("own.zarr", "--out", "f.gif"), "figure: found 'f.gif'"),
        (("nowhere",), "no such store or file, and no published name"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_exit_2(workplace, capsys, arguments, match):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert match in err
    assert err.count("\n") == 1


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
    examples = plot_cscores.load_images(scores, str(images))
    airplanes = np.flatnonzero(examples.label == 0)
    ranked = airplanes[np.argsort(scores["cscore"].values[airplanes])]
    red, _, blue = examples.image[ranked].mean((1, 2)).T
    assert (blue - red)[-8:].min() > 20
    assert np.median((blue - red)[:8]) < 5
