"""Scores written and read back, in our own format and in other programs'."""

import numpy as np
import pytest
import xarray as xr

from cscore_data.errors import InvalidInputError, StoreError, StoreExistsError
from cscore_data.scores.exports import check_suffix, export_scores
from cscore_data.scores.files import open_scores, read_scores, save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube

FOREIGN = (".npz", ".npy", ".csv", ".parquet")


@pytest.fixture
def scores():
    """Scores with a file name each, one of them without a score."""
    reduced = reduce_cube(make_cube(examples=12, runs=9))
    reduced["cscore"].values[3] = np.nan
    names = [f"img/é_{row}.png" for row in range(11)]
    filename = np.array([*names, "NA"], np.dtypes.StringDType())
    return reduced.assign_coords(filename=("example", filename))


def test_a_store_comes_back_lazy_and_the_same(scores, tmp_path):
    save_scores(scores, tmp_path / "s.zarr")
    for opened in (open_scores(tmp_path / "s.zarr"), read_scores(tmp_path / "s.zarr")):
        assert opened["cscore"].chunks is not None
        xr.testing.assert_equal(opened.load(), scores)


@pytest.mark.parametrize("suffix", FOREIGN)
def test_what_is_exported_is_read_back(scores, tmp_path, suffix):
    path = tmp_path / f"s{suffix}"
    export_scores(scores, path)
    found = read_scores(path)
    np.testing.assert_array_equal(
        found["cscore"], scores["cscore"]
    )  # every bit, so that ties stay ties
    assert found["example"].values.tolist() == list(range(12))
    assert ("label" in found.coords) == (suffix != ".npy")
    if suffix != ".npy":
        np.testing.assert_array_equal(found["label"], scores["label"])
    if suffix in (".csv", ".parquet"):
        assert found["filename"].values.tolist() == scores["filename"].values.tolist()


def test_foreign_scores_can_be_saved_as_ours(scores, tmp_path):
    export_scores(scores, tmp_path / "s.csv")
    found = read_scores(tmp_path / "s.csv")
    save_scores(found, tmp_path / "s.zarr")
    opened = open_scores(tmp_path / "s.zarr").load()
    assert opened["filename"].values.tolist() == scores["filename"].values.tolist()
    np.testing.assert_array_equal(opened["cscore"], scores["cscore"])


def test_names_of_columns_and_order_of_rows_are_the_files_own(tmp_path):
    (tmp_path / "f.csv").write_text("junk,filenames,score,labels,example\nx,b,0.5,1,7\ny,a,,2,3\n")
    found = read_scores(tmp_path / "f.csv")
    assert found["cscore"].values.tolist() == pytest.approx([0.5, np.nan], nan_ok=True)
    assert found["label"].values.tolist() == [1, 2]
    assert found["filename"].values.tolist() == ["b", "a"]
    assert found["example"].values.tolist() == [7, 3]
    assert found.attrs["title"] == "Scores in f.csv"


def test_byte_file_names_are_text(tmp_path):
    np.savez(
        tmp_path / "i.npz",
        scores=np.array([0.5, 1]),
        labels=[0, 1],
        filenames=np.array([b"n1.JPEG", b"n2.JPEG"]),
    )
    assert read_scores(tmp_path / "i.npz")["filename"].values.tolist() == ["n1.JPEG", "n2.JPEG"]


def test_whole_numbers_are_scores_too(tmp_path):
    np.save(tmp_path / "counts.npy", np.array([3, 0, 12]))
    assert read_scores(tmp_path / "counts.npy")["cscore"].values.tolist() == [3.0, 0.0, 12.0]


SCORE = np.array([0.25, 0.75, 0.5])


@pytest.mark.parametrize(
    ("name", "expected", "what"),
    [
        ("tr_mem", 1 - SCORE, "1 - tr_mem"),
        ("memorization", 1 - SCORE, "1 - memorization"),
        ("EL2N", -SCORE, "-EL2N"),
        ("forgetting", -SCORE, "-forgetting"),
        ("mean", SCORE, None),
        ("arr_0", SCORE, None),
    ],
)
@pytest.mark.parametrize("suffix", [".npz", ".csv"])
def test_scores_of_others_are_known_by_name_and_turned_round(
    name, expected, what, suffix, tmp_path
):
    path = tmp_path / f"other{suffix}"
    if suffix == ".npz":
        np.savez(path, **{name: SCORE, "var": np.zeros(3), "tr_labels": [2, 0, 1]})
    else:
        rows = [f"{score},{label}" for score, label in zip(SCORE, [2, 0, 1], strict=True)]
        path.write_text("\n".join([f"{name},tr_labels", *rows]))
    scores = read_scores(path)
    np.testing.assert_array_equal(scores["cscore"], expected)
    assert scores["label"].values.tolist() == [2, 0, 1]
    assert scores.attrs["title"] == f"Scores in {path.name}" + (f" ({what})" if what else "")
    assert scores.attrs.get("direction") == (f"{what}: higher = more regular" if what else None)
    assert ("memorization" in scores) == (what is not None and "mem" in what)


def test_file_names_of_feldman_and_zhang(tmp_path):
    names = np.array([b"n1.JPEG", b"n2.JPEG", b"n3.JPEG"])
    np.savez(tmp_path / "i.npz", tr_mem=SCORE, tr_filenames=names, tt_labels=[1])
    found = read_scores(tmp_path / "i.npz")
    assert found["filename"].values.tolist() == ["n1.JPEG", "n2.JPEG", "n3.JPEG"]


def test_a_lone_array_is_memorization_if_its_file_says_so(tmp_path):
    np.save(tmp_path / "cifar10_memorization.npy", SCORE)
    found = read_scores(tmp_path / "cifar10_memorization.npy")
    np.testing.assert_array_equal(found["cscore"], 1 - SCORE)


def test_pickles_are_refused_with_the_way_out(tmp_path):
    (tmp_path / "forgetting.pkl").write_bytes(b"cos\nsystem\n(S'touch trapped'\ntR.")
    with pytest.raises(InvalidInputError, match=r"never opened here; .*numpy'\).save\(") as caught:
        read_scores(tmp_path / "forgetting.pkl")
    assert "\n" not in str(caught.value)
    (tmp_path / "noisy.pt").write_bytes(b"")
    with pytest.raises(InvalidInputError, match="hold labels, such as those of CIFAR-N"):
        read_scores(tmp_path / "noisy.pt")


class Trap:
    """Its unpickling would leave a trace."""

    def __reduce__(self):
        return (open, ("trapped", "w"))


def broken_files(folder):
    good = np.array([0.1, 0.2])
    np.savez(folder / "no_scores.npz", labels=[0, 1])
    np.savez(folder / "lengths.npz", scores=good, labels=[0])
    np.savez(folder / "words.npz", scores=good, labels=["cat", "dog"])
    np.savez(folder / "halves.npz", scores=good, labels=[0.5, 1])
    np.savez(folder / "numbers.npz", scores=good, filenames=np.array([1, 2], object))
    np.savez(folder / "trap.npz", scores=np.array([Trap()], object))
    np.save(folder / "trap.npy", np.array([Trap()], object))
    np.save(folder / "table.npy", np.ones((2, 2)))
    np.save(folder / "infinite.npy", np.array([0.1, np.inf]))
    np.save(folder / "none.npy", np.array([np.nan, np.nan]))
    np.save(folder / "empty.npy", good[:0])
    (folder / "cut.npy").write_bytes((folder / "none.npy").read_bytes()[:-3])
    (folder / "words.csv").write_text("cscore,label\n0.1,cat\n0.2,dog\n")
    (folder / "double.csv").write_text("score,score\n0.1,0.2\n")
    (folder / "below.csv").write_text("score,example\n0.1,-1\n")
    (folder / "word.csv").write_text("cscore,label\n0.1,0\n0.2,dog\n")
    (folder / "unlabelled.csv").write_text("cscore,label\n0.1,1\n0.2,\n")
    (folder / "text.csv").write_text("cscore\nhigh\nlow\n")
    (folder / "late.csv").write_text("label,cscore\n0,0.5\n1,\n1,high\n")
    (folder / "twice.csv").write_text("example,cscore\n4,0.5\n2,0.1\n4,0.7\n")
    (folder / "latin.csv").write_bytes("filename,cscore\né.png,0.5\n".encode("latin-1"))
    wide = ",".join(f"pixel{column}" for column in range(2000))
    (folder / "wide.csv").write_text(f"{wide}\n")
    np.savez(folder / "latin.npz", scores=good, filenames=np.array([b"a", b"\xe9"]))
    np.savez(folder / "twice.npz", scores=good, example=[3, 3])
    np.savez(folder / "huge.npz", scores=good, label=np.array([0, 2**63], np.uint64))
    np.savez(folder / "merged.npz", scores=good, example=[2.0**53, 2.0**53 + 2])
    (folder / "text.npy").write_text("hello")
    (folder / "header.csv").write_text("0.1\n0.2\n")
    (folder / "ragged.csv").write_text("cscore,label\n0.1,1\n0.2,1,5,6\n")
    for suffix in (".npz", ".csv", ".parquet"):
        (folder / f"nothing{suffix}").write_bytes(b"")
        (folder / f"noise{suffix}").write_bytes(bytes(range(256)))
    (folder / "scores.txt").write_text("0.1")


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("no_scores.npz", "found arrays labels, expected one named cscore or score or scores"),
        ("lengths.npz", r"found 2 scores and label of shape \(1,\)"),
        ("words.npz", "found scores with labels by name .the first: 'cat'., expected scores with"),
        ("halves.npz", "label is of dtype float64, expected whole numbers"),
        ("numbers.npz", "Python objects"),
        ("trap.npz", "Python objects"),
        ("trap.npy", "Python objects"),
        ("table.npy", r"scores have shape \(2, 2\)"),
        ("infinite.npy", "infinite scores"),
        ("late.csv", "cscore of row 2: could not convert string to float: 'high'"),
        ("ragged.csv", "row 1 has 4, more or fewer than 2 values"),
        ("unlabelled.csv", "the first that is not: row 1, nan"),
        ("infinite.npy", "the first: row 1"),
        ("twice.csv", r"1 rows have an example that another .* \(row 2: example 4\); keep one"),
        ("twice.npz", "1 rows have an example that another row has"),
        ("latin.csv", "save it as UTF-8"),
        ("latin.npz", r"filename of row 1 is b'\\xe9', expected UTF-8"),
        ("wide.csv", "found columns pixel0, pixel1, .{,150}expected one named cscore"),
        ("huge.npz", "label spans 0..9223372036854775808, expected whole numbers within"),
        ("merged.npz", "as those of float64 beyond it cannot be told apart"),
        ("text.npy", r"not a readable npy file of plain arrays \(EOF"),
        ("none.npy", "none at all"),
        ("empty.npy", "none at all"),
        ("cut.npy", "not a readable npy file"),
        ("words.csv", "found scores with labels by name .the first: 'cat'., expected scores with"),
        ("double.csv", "double.csv: found 2 columns named score; give each its own name"),
        ("below.csv", "below.csv: found example -1, expected numbers of examples from 0 on"),
        ("word.csv", "label of row 1: could not convert string to float: 'dog'"),
        ("unlabelled.csv", "label is of dtype float64, expected whole numbers"),
        ("text.csv", "could not convert string to float"),
        ("header.csv", "found columns 0.1, expected one named cscore"),
        ("ragged.csv", "more or fewer than 2 values"),
        ("nothing.npz", "nothing.npz: not a readable npz file"),
        ("noise.npz", "noise.npz: not a readable npz file"),
        ("nothing.csv", "nothing.csv: found columns none"),
        ("noise.csv", "noise.csv: not a readable csv file"),
        ("nothing.parquet", "not a readable parquet file"),
        ("noise.parquet", "not a readable parquet file"),
        ("scores.txt", "expected a scores store or a file ending in .npz"),
    ],
)
def test_files_that_hold_no_scores_are_refused(tmp_path, monkeypatch, name, match):
    monkeypatch.chdir(tmp_path)
    broken_files(tmp_path)
    with pytest.raises(InvalidInputError, match=match) as caught:
        read_scores(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "trapped").exists()


def test_a_missing_source_is_refused(tmp_path):
    with pytest.raises(
        StoreError, match=r"no such store or file, and not a published name \(cifar10"
    ):
        read_scores(tmp_path / "cifar11")


def test_published_names_are_scores(monkeypatch):
    asked = []

    def load(name):
        asked.append(name)
        return "scores"

    monkeypatch.setattr("cscore_data.scores.files.load_published", load)
    assert read_scores("mnist") == "scores"
    assert asked == ["mnist"]


def test_export_refuses_other_suffixes_and_leaves_nothing_half(scores, tmp_path):
    with pytest.raises(InvalidInputError, match="export"):
        export_scores(scores, tmp_path / "s.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        export_scores(scores, tmp_path / "file" / "s.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_only_scores_are_replaced(scores, tmp_path):
    save_scores(scores, tmp_path / "s.zarr")
    save_scores(scores.isel(example=slice(5)), tmp_path / "s.zarr")
    assert open_scores(tmp_path / "s.zarr").sizes["example"] == 5
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.tex").write_text("")
    with pytest.raises(StoreError):
        save_scores(scores, tmp_path / "folder")
    assert (tmp_path / "folder" / "thesis.tex").exists()


@pytest.mark.parametrize(
    "other",
    [{"dataset": "mnist"}, {"plan": "another seed"}, {"recipe": "longer"}, {"title": "theirs"}],
)
def test_scores_of_another_study_are_replaced_on_demand_only(scores, tmp_path, other):
    scores.attrs = {"dataset": "digits", "plan": "this", "recipe": "this", "title": "ours"}
    save_scores(scores, tmp_path / "s.zarr")
    later = scores.assign_attrs(other)
    with pytest.raises(StoreExistsError, match=f"another study .other {next(iter(other))}"):
        save_scores(later, tmp_path / "s.zarr")
    assert open_scores(tmp_path / "s.zarr").attrs == scores.attrs
    save_scores(later, tmp_path / "s.zarr", overwrite=True)
    assert open_scores(tmp_path / "s.zarr").attrs == later.attrs


def test_scores_with_other_labels_are_of_another_study(scores, tmp_path):
    save_scores(scores, tmp_path / "s.zarr")
    other = scores.assign_coords(label=scores["label"][::-1].variable)
    with pytest.raises(StoreExistsError, match="other labels"):
        save_scores(other, tmp_path / "s.zarr")


def test_a_store_with_two_scores_of_one_example_is_refused(scores, tmp_path):
    save_scores(scores.isel(example=[0, 1, 1]), tmp_path / "s.zarr")
    with pytest.raises(InvalidInputError, match=r"1 rows have an example .*row 2: example 1"):
        read_scores(tmp_path / "s.zarr")


def test_a_url_of_a_local_file_is_its_path(scores, tmp_path):
    save_scores(scores, f"file://{tmp_path}/s.zarr")
    export_scores(scores, f"file://{tmp_path}/s.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"s.zarr", "s.csv"}
    for name in ("s.zarr", "s.csv"):
        assert read_scores(f"file://{tmp_path}/{name}").sizes["example"] == 12


@pytest.mark.parametrize("name", ["s.csv", "s.npz"])
def test_a_file_behind_a_url_is_refused_in_words(name):
    with pytest.raises(InvalidInputError, match="a file behind a URL, expected a scores store"):
        read_scores(f"memory://{name}")


@pytest.mark.parametrize("save", [save_scores, export_scores])
def test_an_array_is_not_a_set_of_scores(scores, tmp_path, save):
    with pytest.raises(InvalidInputError, match="found DataArray"):
        save(scores["cscore"], tmp_path / "s.csv")
    assert list(tmp_path.iterdir()) == []


# ---- exports


def columns(path):
    return path.read_text().splitlines()[0].split(",")


def test_a_table_has_every_statistic_of_an_example_in_a_fixed_order(scores, tmp_path):
    names = scores["label"].values.astype(object).astype(str)
    named = scores.assign_coords(label_name=("example", names))
    for number, found in enumerate((named, named[sorted(named)])):
        export_scores(found, tmp_path / f"{number}.csv")
        assert columns(tmp_path / f"{number}.csv") == [
            *("example", "label", "label_name", "filename"),
            *("cscore", "cscore_stderr", "memorization", "memorization_stderr"),
        ]


def test_a_part_says_which_examples_it_has(scores, tmp_path):
    part = scores.isel(example=[7, 2])
    for suffix in (".csv", ".parquet", ".npz"):
        export_scores(part, tmp_path / f"part{suffix}")
        assert read_scores(tmp_path / f"part{suffix}")["example"].values.tolist() == [7, 2]


@pytest.mark.parametrize("suffix", [".csv", ".npz", ".parquet"])
def test_scores_without_labels_are_refused_in_words(scores, tmp_path, suffix):
    with pytest.raises(InvalidInputError, match="have no label"):
        export_scores(scores.drop_vars("label"), tmp_path / f"s{suffix}")
    export_scores(scores.drop_vars("label"), tmp_path / "s.npy")


def test_an_export_replaces_a_file_and_goes_through_links(scores, tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "s.csv").write_text("before")
    (tmp_path / "s.csv").symlink_to("scratch/s.csv")
    export_scores(scores, tmp_path / "s.csv")
    assert (tmp_path / "s.csv").is_symlink()
    assert columns(tmp_path / "scratch" / "s.csv")[0] == "example"
    assert len(list(tmp_path.rglob("*"))) == 3


# ---- stores of other kinds


def test_a_cube_is_not_taken_for_scores(scores, tmp_path):
    write_store(tmp_path / "cube.zarr", make_cube())
    with pytest.raises(StoreError, match="this is a cube of runs, not scores"):
        open_scores(tmp_path / "cube.zarr")
    with pytest.raises(StoreError, match="this is a cube of runs, not scores"):
        save_scores(scores, tmp_path / "cube.zarr")


def test_another_store_is_not_taken_for_scores(tmp_path):
    write_store(tmp_path / "other.zarr", xr.Dataset({"weight": ("x", [1.0])}))
    with pytest.raises(StoreError, match=r"does not hold scores \(missing cscore"):
        open_scores(tmp_path / "other.zarr")


def test_names_of_exported_files_are_checked_before_there_are_scores():
    check_suffix("scores.csv")
    with pytest.raises(InvalidInputError, match="only stores can be at a URL"):
        check_suffix("s3://bucket/scores.csv")
