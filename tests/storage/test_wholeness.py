"""What is read is whole: files that did not arrive are an error, and never read as zeros."""

import json
import shutil

import numpy as np
import pytest
import xarray as xr
import zarr

from cscore_data.cli import reduce_cscores
from cscore_data.errors import CscoreDataError, StoreError
from cscore_data.schema import cube_template
from cscore_data.scores.files import open_scores, save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.storage.writer import CubeWriter
from cscore_data.testing import make_cube
from stored_cubes import complete_cube, contents, fill_cube

#: A chunk of each variable and coordinate whose loss would be wrong numbers.
CHUNKS = [
    "correct/c/0/0/0",
    "held_out/c/1/1/0",
    "margin/c/0/1/0",
    "prediction/c/1/0/0",
    "label/c/0",
    "filename/c/0",
    "ratio/c/0",
    "example/c/0",
    "class/c/0",
    "class_name/c/0",
    "run/c/0",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "cube.zarr"
    complete_cube(path)
    return path


@pytest.fixture
def path(whole, tmp_path):
    """A copy of a complete cube of 2 x 4 runs in pieces of two."""
    shutil.copytree(whole, tmp_path / "cube.zarr")
    return tmp_path / "cube.zarr"


@pytest.mark.parametrize("lose", ["remove", "empty"])
@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_chunk_file_that_did_not_arrive_is_an_error_of_whatever_reads_it(path, chunk, lose):
    if lose == "remove":
        (path / chunk).unlink()
    else:
        (path / chunk).write_bytes(b"")
    with pytest.raises(StoreError, match=rf"cube\.zarr: .*\b{chunk.partition('/')[0]} "):
        open_cube(path).load()


@pytest.mark.parametrize("chunk", CHUNKS[::2])
def test_a_cube_that_is_not_whole_is_not_extended_and_nothing_is_changed(path, chunk):
    (path / chunk).unlink()
    before = contents(path)
    with pytest.raises(StoreError, match="copy"):
        Cube.open(path).extend(8, history="more")
    assert contents(path) == before


@pytest.mark.parametrize("chunk", ["correct/c/0/0/0", "label/c/0"])
def test_no_scores_are_made_of_a_cube_that_is_not_whole(path, chunk, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (path / chunk).unlink()
    assert reduce_cscores.main([str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert chunk.partition("/")[0] in line
    assert not (tmp_path / "cube-cscores.zarr").exists()


def test_the_piece_and_the_command_that_clears_it_are_named(path):
    (path / "correct/c/1/1/0").unlink()
    message = r"correct of ratio 0\.7 runs 2-3 examples 0-29 is not there.* verify-cube .*--repair"
    with pytest.raises(StoreError, match=message):
        reduce_cube(open_cube(path)).load()


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory):
    """A cube of three runs at each ratio, and the same when it has four."""
    before = tmp_path_factory.mktemp("grown") / "cube.zarr"
    complete_cube(before, runs=3)
    after = tmp_path_factory.mktemp("grown") / "cube.zarr"
    shutil.copytree(before, after)
    Cube.open(after).extend(4, history="more")
    fill_cube(after)
    return before, after


@pytest.mark.parametrize("name", ["correct", "held_out", "margin", "prediction"])
def test_a_chunk_that_is_older_than_the_ledger_is_noticed(before_and_after, tmp_path, name):
    """A copy made while the last piece was written again, with the first of its new runs."""
    before, after = before_and_after
    shutil.copytree(after, tmp_path / "cube.zarr")
    shutil.copy(before / name / "c/0/1/0", tmp_path / "cube.zarr" / name / "c/0/1/0")
    with pytest.raises(StoreError, match=rf"{name} of ratio 0\.3 runs 2-3 .* or in part"):
        open_cube(tmp_path / "cube.zarr")[name].load()


@pytest.mark.parametrize(("correct", "held_out"), [(False, False), (True, False), (False, True)])
def test_runs_in_which_nothing_is_set_are_read_as_they_were_written(tmp_path, correct, held_out):
    path = tmp_path / "cube.zarr"
    create_cube(path, cube_template((0.5,), 4, np.zeros(12, int), runs_per_chunk=2))
    rows = {"correct": np.full(12, correct), "held_out": np.full(12, held_out)}
    CubeWriter(path).write_run(0.5, 1, **rows)
    cube = open_cube(path).load()
    assert (cube["correct"][0, 1] == correct).all()
    assert (cube["held_out"][0, 1] == held_out).all()
    assert not cube["label"].any()
    Cube.open(path).require_whole()


def test_chunks_that_earlier_versions_did_not_write_are_no_loss(tmp_path):
    """They left out chunks in which nothing is set; the checksums tell that they were so."""
    path = tmp_path / "cube.zarr"
    create_cube(path, cube_template((0.5,), 2, np.zeros(12, int), runs_per_chunk=2))
    empty = np.zeros(12, bool)
    for run in range(2):
        CubeWriter(path).write_run(0.5, run, correct=empty, held_out=~empty)
    (path / "correct/c/0/0/0").unlink()
    assert not open_cube(path)["correct"].values.any()
    Cube.open(path).require_whole()
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(path)))


def test_a_cube_that_plain_xarray_wrote_is_read(tmp_path):
    make_cube(runs=4).drop_vars("digest").to_zarr(tmp_path / "cube.zarr", consolidated=False)
    xr.testing.assert_equal(
        open_cube(tmp_path / "cube.zarr").load(), make_cube(runs=4).drop_vars("digest")
    )
    shutil.rmtree(tmp_path / "cube.zarr/label/c")
    Cube.open(tmp_path / "cube.zarr").require_whole()  # nothing says what labels there were


def test_lost_labels_are_not_sealed_by_adding_runs(path):
    """Attributes that a user has changed do not stop more runs, but stay noticed."""
    root = path / "zarr.json"
    document = json.loads(root.read_text())
    document["attributes"]["title"] = "mine"
    root.write_text(json.dumps(document))
    open_cube(path).load()
    Cube.open(path).extend(6, history="more")
    faults = [str(fault) for fault in verify_metadata(Cube.open(path))]
    assert len(faults) == 1
    assert "metadata_digest" in faults[0]


@pytest.mark.parametrize("chunk", ["label/c/0", "ratio/c/0", "held_out_count/c/0/0"])
def test_scores_with_a_lost_chunk_are_an_error(tmp_path, chunk):
    save_scores(reduce_cube(make_cube(runs=20)), tmp_path / "scores.zarr")
    (tmp_path / "scores.zarr" / chunk).unlink()
    with pytest.raises(CscoreDataError, match=chunk.partition("/")[0]):
        open_scores(tmp_path / "scores.zarr").load()


@pytest.mark.parametrize("name", ["cscore", "profile", "cscore_stderr"])
def test_a_lost_chunk_of_numbers_is_told_from_missing_scores(tmp_path, name):
    save_scores(reduce_cube(make_cube(runs=20)), tmp_path / "scores.zarr")
    lost = next(
        file for file in (tmp_path / "scores.zarr" / name / "c").rglob("0") if file.is_file()
    )
    lost.unlink()
    with pytest.raises(CscoreDataError, match=rf"{name} is not there, or in part; copy"):
        open_scores(tmp_path / "scores.zarr").load()


def test_scores_that_are_all_missing_are_read_as_they_were_written(tmp_path):
    scores = reduce_cube(make_cube(runs=20)).load()
    scores["cscore"][:] = np.nan
    save_scores(scores, tmp_path / "scores.zarr")
    xr.testing.assert_equal(open_scores(tmp_path / "scores.zarr").load(), scores)


def test_scores_that_another_program_wrote_are_read(tmp_path):
    scores = reduce_cube(make_cube(runs=20)).load()
    scores["cscore_stderr"][:] = np.nan
    scores.to_zarr(tmp_path / "scores.zarr", consolidated=False)
    xr.testing.assert_equal(open_scores(tmp_path / "scores.zarr").load(), scores)


@pytest.mark.parametrize(
    ("name", "value"),
    [("margin", -128), ("prediction", -1), ("prediction", 3), ("held_out", True)],
)
def test_a_part_of_a_run_that_is_missing_or_impossible_is_noticed(path, name, value):
    zarr.open_group(path)[name][1, 3, :20] = value
    with pytest.raises(
        StoreError, match=rf"{name} of ratio 0\.7 runs 2-3 .* or was changed \(run 3"
    ):
        open_cube(path, mask_and_scale=False)[name].load()


def test_runs_that_are_not_done_may_have_no_margins(path):
    group = zarr.open_group(path)
    group["margin"][0, 2] = -128
    group["done"][0, 2] = False
    assert open_cube(path)["margin"].isel(ratio=0, run=2).isnull().all()


def change_root(path, change):
    """Change what a store's root says; nothing else is changed."""
    document = json.loads((path / "zarr.json").read_text())
    change(document)
    (path / "zarr.json").write_text(json.dumps(document))


def with_other_scale(root):
    arrays = root["consolidated_metadata"]["metadata"]
    arrays["margin"]["attributes"]["scale_factor"] = 0.5


def with_fewer_runs(root):
    for document in root["consolidated_metadata"]["metadata"].values():
        if "run" in document["dimension_names"]:
            document["shape"][document["dimension_names"].index("run")] = 2


def with_other_fill_value(root):
    root["consolidated_metadata"]["metadata"]["correct"]["fill_value"] = True


@pytest.mark.parametrize("change", [with_other_scale, with_fewer_runs, with_other_fill_value])
def test_metadata_that_contradict_each_other_are_refused(path, change, monkeypatch, capsys):
    change_root(path, change)
    with pytest.raises(StoreError, match="do not say the same of"):
        open_cube(path)
    monkeypatch.chdir(path.parent)
    assert reduce_cscores.main(["cube.zarr"]) == 2
    assert "take both from a copy" in capsys.readouterr().err
    assert not (path.parent / "cube-cscores.zarr").exists()


def test_an_interrupted_extension_is_no_contradiction(path):
    """Arrays have room for more runs already, and the root does not say so yet."""
    for name in ("correct", "margin"):
        array = zarr.open_group(path, use_consolidated=False)[name]
        array.resize((2, 8, 30))
    assert open_cube(path).sizes["run"] == 4


def test_attributes_that_a_user_has_changed_are_remarked(path, monkeypatch, capsys):
    change_root(path, lambda root: root["attributes"].update(title="mine"))
    monkeypatch.chdir(path.parent)
    assert reduce_cscores.main(["cube.zarr"]) == 0
    assert "changed after it was made (metadata_digest)" in capsys.readouterr().out
