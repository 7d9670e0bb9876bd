"""``browse-cscores``: galleries of cubes and of scores, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cscore_data.cli import browse_cscores
from cscore_data.scores.files import save_scores
from cscore_data.scores.influence_files import save_pairs
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.zarr_store import write_store
from galleries import make_study, read_data, statistic


@pytest.fixture(scope="module")
def stock(blobs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stock")
    np.savez(folder / "blobs.npz", image=blobs.image, label=blobs.label)
    cube = make_study(blobs, source="blobs.npz", swapped=range(6))
    write_store(folder / "cube.zarr", cube)
    scores = reduce_cube(cube).load()
    save_scores(scores, folder / "scores.zarr")
    save_scores(scores.isel(example=slice(None, None, -1)), folder / "backwards.zarr")
    unknown = scores.assign(cscore=scores["cscore"] * np.nan, margin=scores["margin"] * np.nan)
    save_scores(unknown, folder / "unknown.zarr")
    save_scores(scores.assign_attrs(example_digest="0" * 64), folder / "foreign.zarr")
    save_scores(scores.assign_attrs(dataset="nowhere.npz"), folder / "lost.zarr")
    for on, name in {"train": "influence.zarr", "test": "test-influence.zarr"}.items():
        save_pairs(pairs_of(scores, on), folder / name)
    np.savez(folder / "other.npz", labels=blobs.label, scores=np.linspace(0, 1, 120))
    np.savez(folder / "wrong.npz", labels=blobs.label[::-1], scores=np.linspace(0, 1, 120))
    np.save(folder / "bare.npy", np.linspace(0, 1, 120))
    rows = [f"{row},{blobs.label[row]},{row / 120}" for row in range(0, 120, 2)]
    (folder / "part.csv").write_text("\n".join(["example,label,score", *rows]))
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.tex").write_text("mine")
    return folder


def pairs_of(scores, on):
    """Each example is helped by the one before it, and by the one before that as chance would."""
    example = scores["example"].values
    helps = np.stack([np.roll(example, 1), np.roll(example, 2)], axis=1)
    dims = ("target" if on == "train" else "test_example", "rank")
    variables = {"helps": (dims, helps), "helps_chance": (dims, np.tile([0.1, 3.0], (120, 1)))}
    for name in ("helps_influence", "hurts_influence"):
        variables[name] = (dims, np.tile(np.float32([0.5, 0.25]), (120, 1)))
    pairs = xr.Dataset({**variables, "hurts": (dims, helps)}, {"example": example})
    return pairs.assign_coords({dims[0]: example}).assign_attrs(on=on)


@pytest.fixture
def browse(stock, tmp_path, monkeypatch, capsys):
    """Run the command in the stock, with a new folder to write to."""
    monkeypatch.chdir(stock)

    def browse(*arguments):
        words = [str(argument) for argument in arguments]
        code = browse_cscores.main(["--out", str(tmp_path / "gallery"), *words])
        return code, *capsys.readouterr()

    return browse


def test_a_cube_shows_all_that_it_can(browse, tmp_path):
    code, out, err = browse("cube.zarr")
    gallery = tmp_path / "gallery"
    assert (code, err) == (0, "")
    assert "120 examples of blobs" in out
    assert f"Open {gallery}/index.html in a browser" in out
    known = read_data(gallery, "gallery")
    assert known["votes"] == {"classes": 3}
    assert known["suspects"]["count"] >= 6
    assert known["profile"]["ratios"] == [0.3, 0.7]
    assert {path.name for path in tmp_path.iterdir()} == {"gallery"}


def test_scores_in_any_order_give_the_same_page(browse, tmp_path):
    found = []
    for source in ("scores.zarr", "backwards.zarr"):
        assert browse(source)[0] == 0
        found.append(statistic(tmp_path / "gallery", "cscore").tobytes())
    assert found[0] == found[1]
    assert "votes" not in read_data(tmp_path / "gallery", "gallery")


def test_the_default_folder_is_named_after_the_scores(stock, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert (
        browse_cscores.main([str(stock / "scores.zarr"), "--dataset", str(stock / "blobs.npz")])
        == 0
    )
    assert (tmp_path / "scores-gallery" / "index.html").exists()
    assert "Gallery: scores-gallery." in capsys.readouterr().out


@pytest.mark.parametrize("other", ["other.npz", "cube.zarr", "part.csv"])
def test_a_second_set_of_scores(browse, tmp_path, other):
    code, out, _ = browse("scores.zarr", "--compare", other)
    assert code == 0
    assert "two sets of scores" in out
    example = read_data(tmp_path / "gallery", "example")
    found = statistic(tmp_path / "gallery", "cscore", "b")
    if other == "part.csv":
        expected = np.where(example % 2, np.nan, example / 120)
        assert np.allclose(found, expected, equal_nan=True)
    if other == "cube.zarr":
        assert np.array_equal(found, statistic(tmp_path / "gallery", "cscore"))


def test_examples_that_help_more_than_chance_are_shown(browse, tmp_path):
    assert browse("cube.zarr", "--influence", "influence.zarr")[0] == 0
    gallery = tmp_path / "gallery"
    example = read_data(gallery, "example")
    helper = read_data(gallery, "helper-0").reshape(120, 2)
    assert np.array_equal(example[helper[:, 0]], (example.astype(int) - 1) % 120)
    assert (helper[:, 1] == -1).all()
    assert set(read_data(gallery, "influence-0")) == {0.5, 0.25}


def test_scores_that_are_all_unknown_become_a_page_that_says_so(browse, tmp_path):
    code, out, _ = browse("unknown.zarr")
    assert code == 0
    assert "note: no example has a C-score" in out
    assert read_data(tmp_path / "gallery", "gallery")["withScore"] == 0


def test_texts_and_names_of_files_and_classes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    texts = [f"a {'very ' * row}good text" for row in range(30)]
    table = pd.DataFrame({"label": ["good", "bad"] * 15, "text": texts})
    table.to_csv("texts.csv", index=False)
    scores = xr.Dataset({"cscore": ("example", np.arange(30) / 30)}, {"example": np.arange(30)})
    save_scores(scores.assign_attrs(dataset="texts.csv"), "scores.zarr")
    assert browse_cscores.main(["scores.zarr", "--text", "text"]) == 0
    gallery = tmp_path / "scores-gallery"
    assert [entry["name"] for entry in read_data(gallery, "gallery")["classes"]] == ["bad", "good"]
    example = read_data(gallery, "example")
    assert read_data(gallery, "texts-0") == [texts[row] for row in example]
    assert "only their position ties them" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("label", "is_same"),
    [([0], False), ([0, 1, 2], False), ([0, 0, 0], False), ([0, 1, 1], True)],
    ids=["one example", "all labels differ", "one class", "all images are the same"],
)
def test_what_cannot_be_learned_from_can_be_browsed(tmp_path, monkeypatch, label, is_same):
    monkeypatch.chdir(tmp_path)
    count = len(label)
    image = np.zeros((count, 4, 4)) if is_same else np.arange(count * 16).reshape(count, 4, 4)
    np.savez("few.npz", image=image.astype(np.uint8), label=label)
    coords = {"example": np.arange(count), "label": ("example", label)}
    scores = xr.Dataset({"cscore": ("example", np.linspace(0.1, 0.9, count))}, coords)
    save_scores(scores.assign_attrs(dataset="few.npz"), "scores.zarr")
    assert browse_cscores.main(["scores.zarr"]) == 0
    assert read_data(tmp_path / "scores-gallery", "gallery")["examples"] == count


def test_names_do_not_begin_lines(browse, stock, tmp_path):
    (tmp_path / "new\nline.npz").write_bytes((stock / "blobs.npz").read_bytes())
    named = ("--dataset", tmp_path / "new\nline.npz", "--out", tmp_path / "two\nlines")
    code, out, _ = browse("scores.zarr", *named)
    assert code == 0
    first, last = out.splitlines()
    assert "120 examples of" in first
    assert "new\\nline.npz" in first
    assert last.startswith("Gallery: ")
    assert "two\\nlines/index.html" in last


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ("nowhere.zarr", "no such store or file"),
        ("bare.npy", "do not say of which data set they are; give it with --dataset"),
        ("bare.npy --dataset digits", "found 120 examples in the scores, 1797 in digits"),
        ("wrong.npz --dataset blobs.npz", "labels differ between the scores and blobs.npz"),
        ("foreign.zarr", "digest"),
        ("lost.zarr", "nowhere.npz: no such file; the scores name this data set"),
        ("lost.zarr", "or browse-cscores with --dataset"),
        ("scores.zarr --compare wrong.npz", "labels differ"),
        ("scores.zarr --compare nowhere.npz", "no such store or file"),
        ("cube.zarr --influence test-influence.zarr", "expected influences on training examples"),
        ("cube.zarr --influence scores.zarr", "this store does not hold influences"),
        ("scores.zarr --out mine", "holds other things than a gallery (the first: thesis.tex)"),
        ("scores.zarr --out blobs.npz", "is a file, expected a folder"),
        ("scores.zarr --out blobs.npz/gallery", "cannot be written"),
        ("scores.zarr --out scores.zarr/gallery", "is within the cube scores.zarr"),
        ("scores.zarr --out s3://bucket/gallery", "expected a folder on a disk"),
        ("cube.zarr --out cube.zarr", "holds other things than a gallery"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(browse, stock, tmp_path, arguments, match):
    before = sorted(stock.rglob("*"))
    code, _, err = browse(*arguments.split())
    assert code == 2
    assert match in err
    assert err.count("\n") == 1
    assert sorted(stock.rglob("*")) == before
    assert not list(tmp_path.iterdir())


def test_a_set_without_some_of_its_rows_keeps_their_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = np.arange(8 * 9).reshape(8, 3, 3)
    label = np.array(["a", None, "b", "a", "b", None, "b", "a"], object)
    table = pd.DataFrame(image.reshape(8, 9)).assign(kind=label)
    table.to_csv("gaps.csv", index=False)
    (tmp_path / "scores.csv").write_text(
        "example,score\n" + "".join(f"{row},{row / 8}\n" for row in (0, 2, 3, 4, 6, 7))
    )
    flags = ["--dataset", "gaps.csv", "--label", "kind", "--drop-unlabelled", "--out", "gallery"]
    assert browse_cscores.main(["scores.csv", *flags]) == 0
    assert sorted(read_data(tmp_path / "gallery", "example")) == [0, 2, 3, 4, 6, 7]
