"""Feldman and Zhang's checkpoints, from folders, archives and servers, good and bad."""

import gzip
import io
import tarfile

import numpy as np
import pytest

from cscore_data.data.order import to_tfds
from cscore_data.errors import CscoreDataError, DownloadError, InvalidInputError
from cscore_data.importers.aux_arrays import read_aux_arrays
from cscore_data.importers.heldout_places import PUBLISHED
from cscore_data.importers.registry import import_runs
from cscore_data.storage.cube import open_cube
from http_server import body, cut, resuming, serve, status
from run_exports import (
    assert_equal_variables,
    aux_arrays,
    complete_study,
    heldout_files,
    tar_gz,
    write_files,
)

CUBE = complete_study(record="correct")
LABELS = {"label": CUBE["label"].values, "test_label": CUBE["test_label"].values}
VARIABLES = ("correct", "held_out", "test_correct")
FILES = heldout_files(CUBE)
ARCHIVE = tar_gz(FILES)


def of_url(server, **options):
    return import_runs(
        "heldout-influence", server.url("x.tar.gz"), ratio=[0.25, 0.5], runs=3, **LABELS, **options
    )


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.mark.parametrize("name", ["folder", "experiment", "runs.tar.gz", "runs.tar"])
def test_what_was_written_comes_back(name, tmp_path):
    source = tmp_path / name
    if name.startswith("runs"):
        content = ARCHIVE
        if name == "runs.tar":
            content = gzip.decompress(ARCHIVE)
        source.write_bytes(content)
    else:
        write_files(source, FILES)
    if name == "experiment":
        source = source / "cifar-small"
    cube = import_runs("heldout-influence", source, **LABELS)
    assert_equal_variables(cube, CUBE, VARIABLES)


def test_a_stream_whose_connection_breaks_twice_loses_nothing():
    third = len(ARCHIVE) // 3
    with serve() as server:
        server.replies = {"x.tar.gz": [resuming(ARCHIVE, cuts=[third, third])]}
        assert_equal_variables(of_url(server), CUBE, VARIABLES)
        assert len(server.asked) == 3


def test_a_server_without_ranges_is_enough_if_nothing_breaks():
    with serve() as server:
        server.replies = {"x.tar.gz": [status(503), body(ARCHIVE)]}
        assert_equal_variables(of_url(server), CUBE, VARIABLES)


def test_without_ranges_a_break_is_one_line_and_what_came_is_kept(tmp_path):
    out = tmp_path / "cube.zarr"
    with serve() as server:
        server.replies = {"x.tar.gz": [cut(ARCHIVE), body(ARCHIVE)]}
        with pytest.raises(DownloadError, match=r"cannot go on in the middle.*at cifar-small/0"):
            of_url(server, out=out)
        before = int(open_cube(out)["done"].sum())
        assert 0 < before < 6
        server.replies = {"x.tar.gz": [body(ARCHIVE)]}
        assert_equal_variables(of_url(server, out=out), CUBE, VARIABLES)


@pytest.mark.parametrize(
    ("replies", "match"),
    [
        ([status(404)], "404"),
        ([status(503)], "nothing more comes after 0 bytes"),
        ([resuming(ARCHIVE, cuts=[4000] + [0] * 9)], "nothing more comes after 4000 bytes"),
        ([cut(ARCHIVE), resuming(ARCHIVE)], "was replaced by another file"),
    ],
)
def test_a_server_that_fails_is_one_line(replies, match):
    with serve() as server:
        server.replies = {"x.tar.gz": replies}
        with pytest.raises(DownloadError, match=match) as caught:
            of_url(server)
    assert "\n" not in str(caught.value)


def test_runs_that_nobody_knew_of_are_told(tmp_path, monkeypatch):
    monkeypatch.setitem(PUBLISHED, "cifar-small", ((0.25, 0.5), 2))
    source, out = tmp_path / "cifar-small.tar.gz", tmp_path / "cube.zarr"
    source.write_bytes(ARCHIVE)
    with pytest.raises(InvalidInputError, match=r"has runs up to 2, .* with --runs 3 imports"):
        import_runs("heldout-influence", source, out=out, **LABELS)
    cube = import_runs("heldout-influence", source, out=out, runs=3, **LABELS)
    assert_equal_variables(cube, CUBE, VARIABLES)


def test_an_archive_that_is_cut_off_gives_what_it_has(tmp_path):
    source, out = tmp_path / "runs.tar.gz", tmp_path / "cube.zarr"
    source.write_bytes(ARCHIVE[: len(ARCHIVE) // 2])
    options = {"out": out, "ratio": [0.25, 0.5], "runs": 3, **LABELS}
    with pytest.raises(InvalidInputError, match=r"ends in the middle, at cifar-small/0\.\d+/\d"):
        import_runs("heldout-influence", source, **options)
    assert 0 < int(open_cube(out)["done"].sum()) < 6
    source.write_bytes(ARCHIVE)
    assert_equal_variables(import_runs("heldout-influence", source, **options), CUBE, VARIABLES)


def test_of_a_damaged_archive_nobody_knows_what_it_lacks(tmp_path):
    source, out = tmp_path / "runs.tar.gz", tmp_path / "cube.zarr"
    # All of its runs are listed before the damage, or half of them.
    for length in (len(ARCHIVE) - 500, len(ARCHIVE) // 2):
        source.write_bytes(ARCHIVE[:length])
        for options in ({}, {"ratio": [0.25, 0.5]}, {"runs": 3}):
            with pytest.raises(InvalidInputError, match=r"ends in the middle.* --ratio 0\.5 0\.7"):
                import_runs("heldout-influence", source, out=out, **options, **LABELS)
    assert not out.exists()


def test_what_is_wrong_behind_the_last_run_is_told(tmp_path):
    source = tmp_path / "runs.tar.gz"
    source.write_bytes(tar_gz({**FILES, LAST.replace("0.5", "half"): RUN}))
    with pytest.raises(InvalidInputError, match=r"where the ratio should be.* the 6 runs"):
        import_runs("heldout-influence", source, out=tmp_path / "cube.zarr", **LABELS)


def test_ratios_and_runs_can_be_chosen(tmp_path):
    write_files(tmp_path, FILES)
    cube = import_runs("heldout-influence", tmp_path, ratio=0.5, runs=2, **LABELS)
    expected = CUBE.sel(ratio=[0.5]).isel(run=[0, 1])
    assert_equal_variables(cube, expected, VARIABLES)


def test_runs_that_come_later_are_added(tmp_path):
    write_files(tmp_path / "runs", FILES)
    options = {"out": tmp_path / "cube.zarr", **LABELS}
    first = import_runs("heldout-influence", tmp_path / "runs", runs=1, **options)
    assert first.sizes["run"] == 1
    cube = import_runs("heldout-influence", tmp_path / "runs", **options)
    assert_equal_variables(cube, CUBE, VARIABLES)
    assert len(cube.attrs["history"].splitlines()) == 2


def test_without_labels_of_test_examples_they_are_left_out(tmp_path):
    write_files(tmp_path, FILES)
    cube = import_runs("heldout-influence", tmp_path, label=LABELS["label"])
    assert_equal_variables(cube, CUBE, ("correct", "held_out"))


def test_examples_in_the_order_of_tensorflow_datasets_come_back_in_original_order(tmp_path):
    shuffled = CUBE.copy(deep=True)
    for name in VARIABLES:
        split = "test" if name.startswith("test_") else "train"
        for index, run in np.ndindex(2, 3):
            values = CUBE[name].values[index, run]
            shuffled[name].values[index, run] = to_tfds(values, split=split)
    write_files(tmp_path, heldout_files(shuffled))
    for options in ({"order": "tfds"}, {"dataset": "cifar10"}):
        cube = import_runs("heldout-influence", tmp_path, **LABELS, **options)
        assert_equal_variables(cube, CUBE, VARIABLES)


def part(name):
    """An array of the run that is changed below, ratio 0.5 and run 1."""
    arrays = np.load(io.BytesIO(aux_arrays(CUBE.sel(ratio=0.5, run=1))))
    return arrays[name]


OTHER = part("index_train")[:1]
BAD_RUNS = {
    "out of range": ({"index_train": part("index_train") + 20}, r"index_train spans .* 0\.\.23"),
    "negative": ({"index_removed": part("index_removed") - 99}, "index_removed spans -"),
    "twice": ({"index_train": np.full(12, 3)}, "index_train has 11 examples twice"),
    "overlap": ({"index_removed": part("index_train")}, "12 of 24 examples are in both"),
    "not all": (
        {"index_train": OTHER, "correctness_train": [1], "subsample_idx": OTHER},
        "11 of 24 examples are in neither",
    ),
    "lengths": ({"correctness_removed": [0, 1]}, "found 2 values in correctness_removed, 12 in"),
    "shape": ({"correctness_train": np.ones((3, 4))}, r"correctness_train has shape \(3, 4\)"),
    "too long": ({"index_train": np.arange(99)}, r"index_train has shape \(99,\)"),
    "no outcomes": ({"correctness_train": np.full(12, 7)}, "correctness_train is not all 0 or 1"),
    "other subset": ({"subsample_idx": OTHER}, "subsample_idx and index_train differ in 11"),
    "text": ({"index_test": np.full(8, "x")}, "index_test has dtype <U1"),
    "objects": ({"index_test": np.full(8, None)}, "Python objects"),
    "test": ({"index_test": [1], "correctness_test": [1]}, "found 1 test examples, expected 8"),
}


@pytest.mark.parametrize("fault", BAD_RUNS)
def test_a_run_that_is_not_sound_is_refused_in_one_line(fault):
    changes, match = BAD_RUNS[fault]
    content = aux_arrays(CUBE.sel(ratio=0.5, run=1), **changes)
    with pytest.raises(InvalidInputError, match=match) as caught:
        read_aux_arrays(content, "0.5/1", examples=24, test_examples=8)
    assert str(caught.value).startswith("0.5/1: ")
    assert "\n" not in str(caught.value)


#: Both parts together are the training set, but the ratio is another.
OTHER_SIZE = {
    "index_train": part("index_train")[:5],
    "correctness_train": part("correctness_train")[:5],
    "subsample_idx": part("index_train")[:5],
    "index_removed": np.setdiff1d(np.arange(24), part("index_train")[:5]),
    "correctness_removed": np.ones(19),
}


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_runs_that_are_not_sound_are_named_and_the_others_stay(form, tmp_path):
    changes = {(0.25, 0): OTHER_SIZE, (0.5, 1): BAD_RUNS["twice"][0]}
    files = heldout_files(CUBE, changes)
    source, out = tmp_path / "runs.tar.gz", tmp_path / "cube.zarr"
    if form == "folder":
        source = write_files(tmp_path / "runs", files)
    else:
        source.write_bytes(tar_gz(files))
    expected = (
        r"/0.25/0/aux_arrays.npz: trained on 5 of 24 examples, expected 6 \(ratio 0.25\).*and 1"
    )
    with pytest.raises(InvalidInputError, match=expected) as caught:
        import_runs("heldout-influence", source, out=out, **LABELS)
    assert "has the 4 runs that are sound" in str(caught.value)
    done = open_cube(out)["done"].values
    assert done.tolist() == [[False, True, True], [True, False, True]]


def import_archive(tmp_path, content, **options):
    source = tmp_path / "runs.tar.gz"
    source.write_bytes(content)
    return import_runs(
        "heldout-influence", source, **{"ratio": [0.25, 0.5], "runs": 3, **LABELS, **options}
    )


LAST = "cifar-small/0.5/2/aux_arrays.npz"
RUN = FILES[LAST]
OTHERS = {name: content for name, content in FILES.items() if name != LAST}


@pytest.mark.parametrize(
    ("archive", "match"),
    [
        (tar_gz({**OTHERS, f"../{LAST}": RUN}), "no plain file below the archive's own folder"),
        (tar_gz({**OTHERS, f"/{LAST}": RUN}), "no plain file below the archive's own folder"),
        (
            tar_gz({**OTHERS, LAST: b""}, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
            "no plain file below",
        ),
        (tar_gz({**OTHERS, LAST: RUN, f"./{LAST}": RUN, LAST + "x": b""}), None),
        (tar_gz({LAST: RUN, f"again/0.5/2/{LAST[-14:]}": RUN, **OTHERS}), "found twice"),
        (tar_gz({**OTHERS, LAST.replace("0.5", "half"): RUN}), "where the ratio should be"),
        (tar_gz({**OTHERS, LAST.replace("0.5", "1.5"): RUN}), "expected one between 0 and 1"),
        (tar_gz({**OTHERS, LAST.replace("/2/", "/two/"): RUN}), "found run 'two'"),
        (tar_gz({**OTHERS, LAST: bytes(3_000_000)}), "has 3,000,000 bytes, expected at most"),
        (tar_gz({**OTHERS, LAST: RUN[:-40]}), "not a readable npz file"),
        (b"\x1f\x8b" + bytes(100), "damaged"),
        (b"no archive at all" * 100, "damaged"),
    ],
)
def test_hostile_and_damaged_archives(archive, match, tmp_path):
    before = set(tmp_path.parent.iterdir())
    if match is None:
        assert_equal_variables(import_archive(tmp_path, archive), CUBE, VARIABLES)
        return
    with pytest.raises(InvalidInputError, match=match) as caught:
        import_archive(tmp_path, archive)
    assert "\n" not in str(caught.value)
    assert set(tmp_path.parent.iterdir()) == before
    assert {path.name for path in tmp_path.iterdir()} == {"runs.tar.gz"}


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_names_of_any_length_are_read(format, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=format) as archive:
        for name, content in FILES.items():
            member = tarfile.TarInfo(f"{'long' * 60}/ü/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert_equal_variables(import_archive(tmp_path, packed.getvalue()), CUBE, VARIABLES)


def test_a_header_that_says_it_is_huge_is_not_read(tmp_path):
    header = tarfile.TarInfo("x")
    header.size, header.type = 8**10, tarfile.XHDTYPE
    with pytest.raises(InvalidInputError, match="a header of 1073741824 bytes, expected at most"):
        import_archive(tmp_path, header.tobuf())


@pytest.mark.parametrize(
    ("source", "options", "match"),
    [
        ("nowhere", LABELS, "nowhere: cannot be read"),
        (".", LABELS, "found no RATIO/RUN/aux_arrays.npz"),
        (".", {}, "found no labels of the examples"),
        ("http://127.0.0.1:9/x.tar.gz", LABELS, "say first what is in it"),
        (".", {**LABELS, "ratio": 1.5}, "found the ratio 1.5"),
    ],
)
def test_what_cannot_be_opened(source, options, match, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CscoreDataError, match=match):
        import_runs("heldout-influence", source, **options)


def test_two_experiments_in_one_folder_are_refused(tmp_path):
    for experiment in ("one", "two"):
        write_files(tmp_path, heldout_files(CUBE, experiment=experiment))
    with pytest.raises(InvalidInputError, match=r"found two runs 0 at ratio 0\.25"):
        import_runs("heldout-influence", tmp_path, **LABELS)


def test_another_import_does_not_mix_its_runs_in(tmp_path):
    write_files(tmp_path / "one", FILES)
    write_files(tmp_path / "two", FILES)
    out = tmp_path / "cube.zarr"
    import_runs("heldout-influence", tmp_path / "one", out=out, **LABELS)
    with pytest.raises(CscoreDataError, match=r"with other runs \(other source; made from"):
        import_runs("heldout-influence", tmp_path / "two", out=out, **LABELS)
    with pytest.raises(CscoreDataError, match=r"other test_label, test_correct"):
        import_runs("heldout-influence", tmp_path / "one", out=out, label=LABELS["label"])
