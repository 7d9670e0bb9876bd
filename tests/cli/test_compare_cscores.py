"""``compare-cscores``: tables, JSON and the figure, and what is refused."""

import json
import os
import shutil

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import compare_cscores
from cscore_data.scores.exports import export_scores
from cscore_data.scores.files import save_scores


@pytest.fixture(scope="module")
def stock(blobs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stock")
    blobs_npz = folder / "blobs.npz"
    np.savez(blobs_npz, image=blobs.image, label=blobs.label)
    random = np.random.default_rng(0)
    score, label = random.random(120), blobs.label
    attrs = {"title": "C-scores of blobs", "dataset": str(blobs_npz), "example_order": "original"}
    coords = {"example": np.arange(120), "label": ("example", label)}
    own = xr.Dataset({"cscore": ("example", score)}, coords, attrs)
    save_scores(own, folder / "own.zarr")
    swapped = label.copy()
    zero = np.flatnonzero(label == 0)[0]
    one = np.flatnonzero(label == 1)[0]
    swapped[zero], swapped[one] = 1, 0
    noisy = np.clip(score + random.normal(0, 0.1, 120), 0, 1)
    np.savez(folder / "noisy.npz", labels=label, scores=noisy)
    np.savez(folder / "swapped.npz", labels=swapped, scores=noisy)
    np.savez(folder / "reversed.npz", labels=label[::-1], scores=noisy[::-1])
    np.savez(folder / "other.npz", labels=[0, 1, 2], scores=[0.1, 0.2, 0.3])
    np.savez(folder / "minus.npz", labels=label, scores=1 - score)
    np.savez(folder / "constant.npz", labels=label, scores=np.ones(120))
    np.save(folder / "bare.npy", noisy * 7)
    for name, variable in {"damaged": "cscore", "unlabelled": "label"}.items():
        save_scores(own, folder / f"{name}.zarr")
        (chunk,) = (folder / f"{name}.zarr" / variable).rglob("c/*")
        chunk.write_bytes(b"damaged")
    export_scores(own.isel(example=slice(0, 120, 2)), folder / "part.csv")
    np.savez(folder / "part.npz", labels=label[::2], scores=noisy[::2])
    np.savez(folder / "latin.npz", scores=noisy, filenames=np.full(120, b"\xe9"))
    (folder / "elsewhere.csv").write_text("cscore\n0.5\nhigh\n")
    return folder


@pytest.fixture
def workplace(stock, tmp_path, monkeypatch):
    """Scores of the blobs in a store, and others in files."""
    # Links take much less time; no test changes a file that is there.
    shutil.copytree(stock, tmp_path, dirs_exist_ok=True, copy_function=os.link)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cscore_data.scores.agreement.default_resamples", lambda examples: 10)
    return tmp_path


def run(capsys, *arguments):
    """Exit code, standard output, standard error."""
    code = compare_cscores.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def test_tables_and_the_next_command(workplace, capsys):
    code, out, err = run(capsys, "own.zarr", "noisy.npz")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:3] == [
        "A: C-scores of blobs, 120 examples",
        "B: Scores in noisy.npz, 120 examples",
        "common examples: 120, matched by example; 120 with a score on both sides",
    ]
    first_words = {line.split()[0] for line in lines}
    assert {"Spearman", "Kendall", "Pearson", "mean", "lowest", "highest", "tied"} <= first_words
    assert {"class", "0", "1", "2"} <= first_words
    assert (
        lines[-1]
        == "120 examples compared. Next: compare-cscores own.zarr noisy.npz --figure comparison.png"
    )


def test_two_studies_of_one_data_set_are_told_apart(workplace, capsys):
    save_scores(xr.open_zarr("own.zarr").load(), "again.zarr")
    _, out, _ = run(capsys, "own.zarr", "again.zarr")
    assert out.splitlines()[:2] == [
        "A: C-scores of blobs (own.zarr), 120 examples",
        "B: C-scores of blobs (again.zarr), 120 examples",
    ]


def test_json_is_one_document_and_nothing_else(workplace, capsys):
    code, out, err = run(capsys, "own.zarr", "bare.npy", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out, parse_constant=pytest.fail)
    assert document["common_examples"] == document["examples"] == 120
    assert document["mean_absolute_difference"] is None  # one of them is on another scale
    assert (
        document["spearman"]["low"] < document["spearman"]["value"] < document["spearman"]["high"]
    )
    assert [tail["fraction"] for tail in document["tails"]] == [0.01, 0.05, 0.1] * 2
    assert list(document["classes"]) == ["0", "1", "2"]
    assert document["a"]["title"] == "C-scores of blobs"
    assert document["b"]["source"] == "bare.npy"
    assert "no labels in B" in document["warnings"][0]
    assert document["hint"] is None


@pytest.mark.parametrize(
    ("b", "match"),
    [
        ("swapped.npz", "2 of 120 labels differ between A (own.zarr) and B (swapped.npz) (example"),
        ("reversed.npz", "labels differ"),
        ("other.npz", "found 120 examples in A (own.zarr), 3 in B (other.npz)"),
        ("constant.npz", "all scores of B are 1"),
        ("nowhere.npz", "no such store or file"),
        ("damaged.zarr", "cscore of examples 0-119 cannot be read"),
        ("unlabelled.zarr", "label of examples 0-119 cannot be read"),
        ("part.npz", "found 120 examples in A (own.zarr), 60 in B (part.npz); no file names on"),
        ("latin.npz", "filename of row 0 is b"),
        ("elsewhere.csv", "cscore of row 1: could not convert string to float: 'high'"),
    ],
)
def test_scores_that_do_not_match_are_one_line_and_exit_2(workplace, capsys, b, match):
    code, out, err = run(capsys, "own.zarr", b, "--figure", "f.png")
    assert (code, out) == (2, "")
    assert match in err
    assert err.count("\n") == 1
    assert not (workplace / "f.png").exists()


@pytest.mark.parametrize(
    ("a", "b"), [("part.csv", "own.zarr"), ("own.zarr", "part.csv"), ("part.csv", "noisy.npz")]
)
def test_a_part_as_csv_is_compared_with_the_whole(workplace, capsys, a, b):
    code, out, err = run(capsys, a, b)
    assert (code, err) == (0, "")
    assert "common examples: 60, matched by example; 60 with a score on both sides" in out


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_figure_that_fails_leaves_the_report(workplace, capsys, flags):
    arguments = ["own.zarr", "noisy.npz", "--figure", "f.png", "--dataset", "nowhere.npz"]
    code, out, err = run(capsys, *arguments, *flags)
    assert code == 2
    assert "nowhere.npz" in err
    if flags:
        assert json.loads(out)["examples"] == 120
    else:
        assert "Spearman" in out
        assert "Next:" not in out


def test_a_class_without_agreement_has_no_numbers(workplace, capsys):
    label = np.zeros(120, int)
    label[7] = 1  # an only one
    label[8:20] = 2  # all the same
    score = np.linspace(0, 1, 120)
    score[8:20] = 0.5
    np.savez("gaps.npz", labels=label, scores=score)
    code, out, _ = run(capsys, "gaps.npz", "gaps.npz")
    assert code == 0
    assert "nan" not in out


@pytest.mark.parametrize(
    ("name", "shown"), [("my scores.npz", "'my scores.npz'"), ("$x.npz", "'$x.npz'")]
)
def test_the_next_command_can_be_pasted(workplace, capsys, name, shown):
    (workplace / "noisy.npz").rename(workplace / name)
    _, out, _ = run(capsys, name, "own.zarr")
    assert out.splitlines()[-1].endswith(
        f"Next: compare-cscores {shown} own.zarr --figure comparison.png"
    )


def test_names_of_others_do_not_steer_the_terminal(workplace, capsys):
    title = "C-scores \x1b]0;mine\x07"
    save_scores(xr.open_zarr("own.zarr").load().assign_attrs(title=title), "theirs.zarr")
    _, out, _ = run(capsys, "theirs.zarr", "noisy.npz")
    assert out.splitlines()[0] == "A: C-scores \\x1b]0;mine\\x07, 120 examples"


def test_the_other_direction_is_hinted_at(workplace, capsys):
    _, out, _ = run(capsys, "own.zarr", "minus.npz")
    (hint,) = (line for line in out.splitlines() if line.startswith("hint: "))
    assert "strong negative agreement (Spearman -1.000)" in hint
    assert hint.endswith("if that is B, compare with --ascending")


def test_ascending_flips_b(workplace, capsys):
    _, out, _ = run(capsys, "own.zarr", "minus.npz", "--ascending", "--json")
    document = json.loads(out)
    assert document["spearman"]["value"] == pytest.approx(1)
    assert document["mean_absolute_difference"] == pytest.approx(0, abs=1e-12)
    assert document["b"]["title"] == "Scores in minus.npz, turned round (1 - score)"
    _, out, _ = run(capsys, "own.zarr", "noisy.npz", "--ascending")
    assert "leave out --ascending" in out


def test_the_figure_has_images_if_they_are_available(workplace, capsys, monkeypatch):
    drawn = []

    def record(axes, image, captions, **options):
        drawn.append(image.shape)

    monkeypatch.setattr("cscore_data.figures.images.image_strip", record)
    code, out, _ = run(capsys, "noisy.npz", "own.zarr", "--figure", "with.png")
    assert code == 0
    assert drawn == [(12, 4, 4), (12, 4, 4)]
    assert (
        out.splitlines()[-1] == "Figure: with.png. Next: plot-cscores noisy.npz --kind histograms"
    )
    assert (workplace / "with.png").stat().st_size > 1000


def test_without_images_the_figure_is_drawn_and_says_so(workplace, capsys):
    code, out, _ = run(capsys, "noisy.npz", "minus.npz", "--figure", "without.pdf")
    assert code == 0
    assert (
        "warning: the figure is without images: the scores do not say of which data set they are"
        in out
    )
    assert (workplace / "without.pdf").exists()


def test_a_data_set_that_was_asked_for_must_match(workplace, capsys):
    code, _, err = run(capsys, "noisy.npz", "minus.npz", "--figure", "f.png", "--dataset", "digits")
    assert code == 2
    assert "found 120 examples in the scores, 1797 in digits" in err


def test_a_figure_of_another_format_is_refused_first(workplace, capsys):
    code, _, err = run(capsys, "own.zarr", "nowhere.npz", "--figure", "f.gif")
    assert code == 2
    assert "figure: found 'f.gif'" in err


@pytest.mark.slow
def test_as_a_program(workplace, program):
    out, error = program("compare-cscores", "own.zarr", "noisy.npz", "--json")
    assert json.loads(out)["matched_by"] == "example"
    assert error == ""


def test_published_scores_of_another_data_set_are_refused(workplace, capsys, real_data):
    if not (real_data / "published" / "cifar10-cscores-orig-order.npz").exists():
        pytest.skip("no published file")
    code, _, err = run(capsys, "cifar10", "noisy.npz")
    assert code == 2
    assert "found 50000 examples in A (cifar10), 120 in B (noisy.npz)" in err
