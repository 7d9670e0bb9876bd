"""``plot-cscores``: every kind of figure from every kind of source, and what is refused."""

import os
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr

from cscore_data import influential_pairs
from cscore_data.cli import plot_cscores
from cscore_data.cli.jobs.scored_images import load_images
from cscore_data.data.options import LoadOptions
from cscore_data.figures.kinds import KINDS
from cscore_data.scores.files import read_scores, save_scores
from cscore_data.scores.influence_files import save_pairs
from cscore_data.scores.published import load_published
from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube
from encoded_images import encode

#: What kinds of figure of our own studies are drawn from, where it is not the scores.
SOURCES = {"reliability": "cube.zarr", "influence": "pairs.zarr"}


@pytest.fixture(scope="module")
def stock(blobs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stock")
    np.savez(folder / "blobs.npz", image=blobs.image, label=blobs.label)
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
        {"dataset": "blobs.npz", "example_digest": blobs.digest()},
    )
    save_scores(own, folder / "own.zarr")
    save_scores(own.isel(example=slice(None, None, -1)), folder / "backwards.zarr")
    save_scores(own.isel(example=slice(100)), folder / "part.zarr")
    save_scores(own.assign(cscore=own["cscore"] * np.nan), folder / "unknown.zarr")
    hard_labels = own.drop_vars(["soft_cscore", "variability", "memorization"])
    save_scores(hard_labels, folder / "old.zarr")
    save_scores(own.assign(variability=own["cscore"] * np.nan), folder / "unmeasured.zarr")
    write_store(folder / "few.zarr", make_cube(runs=1, examples=120))
    cube = make_cube(runs=20, examples=120)
    write_store(folder / "cube.zarr", cube)
    pairs = influential_pairs(cube.assign_coords(own.coords), 0.5, top=1, on="train")
    save_pairs(pairs.isel(target=slice(20)).assign_attrs(own.attrs), folder / "pairs.zarr")
    save_scores(own.assign_attrs(dataset="nowhere.npz"), folder / "lost.zarr")
    save_scores(own, folder / "damaged.zarr")
    (chunk,) = (folder / "damaged.zarr" / "cscore").rglob("c/*")
    chunk.write_bytes(b"not of zstd")
    save_scores(own, folder / "truncated.zarr")
    (chunk,) = (folder / "truncated.zarr" / "cscore").rglob("c/*")
    chunk.write_bytes(chunk.read_bytes()[:-7])
    np.savez(folder / "part.npz", labels=blobs.label[:100], scores=profile[0, :100])
    rows = [f"{row},{blobs.label[row]},{profile[0, row]}" for row in (*range(120), 5)]
    (folder / "twice.csv").write_text("\n".join(["example,label,score", *rows]))
    rows = [f"{row},{blobs.label[row]},{profile[0, row]}" for row in range(0, 120, 2)]
    (folder / "part.csv").write_text("\n".join(["example,label,score", *rows]))
    (folder / "folder.png").mkdir()
    np.savez(folder / "foreign.npz", labels=blobs.label, scores=profile[0])
    np.savez(folder / "wrong.npz", labels=blobs.label[::-1], scores=profile[0])
    np.save(folder / "bare.npy", profile[0])
    return folder


@pytest.fixture
def workplace(stock, tmp_path, monkeypatch):
    """The working folder: the blobs, and scores of them in stores and in files."""
    # Links take much less time; no test changes a file that is there.
    shutil.copytree(stock, tmp_path, dirs_exist_ok=True, copy_function=os.link)
    monkeypatch.chdir(tmp_path)
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


@pytest.mark.parametrize("arguments", ["part.zarr", "part.csv --dataset blobs.npz"])
def test_a_part_of_a_data_set_is_drawn_with_its_images(workplace, monkeypatch, capsys, arguments):
    drawn = []

    def record(axes, image, left, top, caption):
        drawn.append(image.shape)

    monkeypatch.setattr("cscore_data.figures.images.draw_image", record)
    assert run(capsys, *arguments.split(), "--kind", "examples")[0] == 0
    assert drawn


def write_named(folder, blobs, names):
    """The blobs as images in files of these names, and scores 0, 1/120, 2/120 and so on."""
    encoded = [
        {"bytes": encode(image), "path": name}
        for image, name in zip(blobs.image, names, strict=True)
    ]
    table = pa.table({"image": encoded, "label": blobs.label})
    pq.write_table(table, folder / "named.parquet")
    rows = [f"{name},{row / 120}" for row, name in enumerate(names)]
    return rows


@pytest.mark.parametrize("seed", [0, 1])
def test_file_names_say_which_image_belongs_to_a_score(workplace, blobs, monkeypatch, seed):
    names = [f"img{row:03}.png" for row in range(120)]
    rows = write_named(workplace, blobs, names)
    order = np.random.default_rng(seed).permutation(120)
    lines = ["filename,score", *(rows[row] for row in order[:90])]
    (workplace / "names.csv").write_text("\n".join(lines))
    scored = load_images(read_scores("names.csv"), "named.parquet")
    assert scored.matched_by == "filename"
    assert np.array_equal(scored.image, blobs.image[order[:90]])
    assert np.array_equal(scored.label, blobs.label[order[:90]])


def write_study(label, dataset, **arrays):
    """Scores of a data set in a file of this name, which has these arrays."""
    np.savez(dataset, label=label, **arrays)
    scores = xr.Dataset({"cscore": ("example", np.linspace(0, 1, len(label)))})
    coords = {"example": np.arange(len(label)), "label": ("example", label)}
    save_scores(scores.assign_coords(coords).assign_attrs(dataset=dataset), "study.zarr")


@pytest.mark.parametrize(
    ("shape", "words"),
    [((8, 8, 2), "2 channels"), ((4, 4, 4, 1), "the mean over the last 2 axes"), ((5,), "values")],
)
def test_whatever_can_be_trained_on_is_drawn(workplace, capsys, monkeypatch, shape, words):
    notes = []
    monkeypatch.setattr(
        "matplotlib.figure.Figure.supxlabel", lambda _, note, **k: notes.append(note)
    )
    image = np.random.default_rng(0).integers(0, 256, (6, *shape), dtype=np.uint8)
    write_study(np.arange(6) % 2, "odd.npz", image=image)
    assert run(capsys, "study.zarr")[0] == 0
    assert words in notes[0]


def test_dollar_signs_in_the_name_of_a_data_set_are_drawn(workplace, capsys):
    image = np.random.default_rng(0).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    write_study(np.arange(6) % 2, "$x^{$.npz", image=image)
    titled = read_scores("study.zarr").assign_attrs(title="C-scores of $x^{$.npz")
    save_scores(titled, "titled.zarr")
    for kind in ("histograms", "examples"):
        assert run(capsys, "titled.zarr", "--kind", kind)[0] == 0


def test_texts_are_drawn_as_they_are(workplace):
    texts = [f"some {'very ' * row}good text" for row in range(6)]
    rows = [f"{'ab'[row % 2]},{text}" for row, text in enumerate(texts)]
    (workplace / "texts.csv").write_text("\n".join(["label,text", *rows]))
    scores = xr.Dataset({"cscore": ("example", np.arange(6) / 6)}, {"example": np.arange(6)})
    scored = load_images(scores, "texts.csv", LoadOptions(text="text"))
    assert scored.image.tolist() == texts
    assert scored.class_names == ("a", "b")


def test_file_names_need_no_warning_about_positions(workplace, blobs, capsys):
    rows = write_named(workplace, blobs, [f"img{row:03}.png" for row in range(120)])
    (workplace / "names.csv").write_text("\n".join(["filename,score", *reversed(rows)]))
    arguments = ["names.csv", "--dataset", "named.parquet", "--kind", "examples"]
    assert run(capsys, *arguments) == (0, "Figure: cscores.png\n", "")


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
        ("part.npz --dataset blobs.npz", "found 100 examples in the scores, 120 in "),
        ("twice.csv --kind histograms", "1 rows have an example that another row has as well"),
        ("lost.zarr", "nowhere.npz: no such file; the scores name this data set: if it is elsew"),
        ("lost.zarr", "give it to plot-cscores, compare-cscores or browse-cscores with --dataset"),
        ("damaged.zarr --kind histograms", "cscore of examples 0-119 cannot be read"),
        ("truncated.zarr --kind histograms", "cscore of examples 0-119 cannot be read"),
        ("foreign.npz --out folder.png --dataset blobs.npz", "folder.png: cannot be written"),
        ("foreign.npz --out bare.npy/f.png --dataset blobs.npz", "cannot be written"),
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
