"""Damaged stores: one line in every command, exit code 2, and nothing outside is touched."""

import json
import os
import shutil

import fsspec
import numpy as np
import pytest
import xarray as xr
import zarr

from cscore_data.cli import compare_cscores, plot_cscores, reduce_cscores, verify_cube
from cscore_data.data.examples import Examples
from cscore_data.errors import CscoreDataError, StoreError
from cscore_data.scores.files import save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.storage.writer import CubeWriter
from stored_cubes import complete_cube, contents, fill_cube, template


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "cube.zarr"
    complete_cube(path)
    return path


@pytest.fixture
def path(whole, tmp_path, monkeypatch):
    """A copy of a complete cube of 2 x 4 runs in pieces of two, in the working folder."""
    shutil.copytree(whole, tmp_path / "cube.zarr")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cube.zarr"


def truncate(file):
    file.write_bytes(file.read_bytes()[:-7])


def overwrite(file):
    file.write_bytes(b"not what was written")


def become_a_pipe(file):
    file.unlink()
    os.mkfifo(file)


def become_a_folder(file):
    file.unlink()
    file.mkdir()


DAMAGES = [truncate, overwrite, become_a_pipe, become_a_folder]


def one_line(capsys):
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["correct", "done", "margin"])
def test_a_damaged_chunk_is_named_by_whatever_reads_it(path, damage, name):
    damage(path / ("done/c/0/1" if name == "done" else f"{name}/c/0/1/0"))
    if name == "done" and damage is become_a_folder:
        assert len(Cube.open(path).pieces()) == 1  # as if it were not there
        return
    (bad,) = [verdict for verdict in verify_pieces(Cube.open(path)) if verdict.faults]
    assert bad.piece.name == "0-2"
    with pytest.raises(StoreError, match=rf"{name} of ratio 0\.3 runs 2-3"):
        open_cube(path)[name].load()


@pytest.mark.parametrize(
    "damage", [truncate, *(pytest.param(damage, marks=pytest.mark.slow) for damage in DAMAGES[1:3])]
)
def test_a_damaged_chunk_is_one_line_of_every_command(path, capsys, damage):
    scores = reduce_cube(open_cube(path)).load()
    save_scores(scores, "good.zarr")
    save_scores(scores, "bad.zarr")
    damage(path / "correct/c/0/1/0")
    damage(path.parent / "bad.zarr/cscore/c/0")
    assert verify_cube.main([str(path)]) == 2
    assert "1 of 4 pieces" in one_line(capsys)
    assert reduce_cscores.main([str(path)]) == 2
    assert "correct of ratio 0.3 runs 2-3" in one_line(capsys)
    for main, arguments in (
        (compare_cscores.main, ["bad.zarr", "good.zarr"]),
        (plot_cscores.main, ["bad.zarr", "--kind", "profiles", "--out", "bad.png"]),
    ):
        assert main(arguments) == 2
        assert "bad.zarr: cscore of examples 0-29 cannot be read" in one_line(capsys)
    assert not os.path.exists("cube-cscores.zarr")


@pytest.mark.parametrize("name", ["class", "example", "label", "ratio", "run"])
def test_a_damaged_coordinate_is_named_with_what_to_do(path, capsys, name):
    overwrite(path / name / "c/0")
    for main, arguments in (
        (reduce_cscores.main, [str(path)]),
        (plot_cscores.main, [str(path), "--kind", "reliability", "--out", "bad.png"]),
    ):
        assert main(arguments) == 2
        line = one_line(capsys)
        assert f"{name} " in line
        assert "copy" in line.rpartition(";")[2]
    assert not os.path.exists("bad.png")


@pytest.mark.parametrize("damage", [truncate, overwrite])
def test_a_run_beside_a_damaged_chunk_is_not_written(path, damage):
    damage(path / "correct/c/0/1/0")
    rows = {"correct": np.ones(30, bool), "held_out": np.ones(30, bool)}
    rows |= {"margin": np.zeros(30), "prediction": np.arange(30) % 3}
    with pytest.raises(StoreError, match=r"correct of ratio 0\.3 runs 2-3 cannot be read"):
        CubeWriter(path).write_run(0.3, 2, **rows)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("reset"),
        TimeoutError("no answer"),
        type("ClientError", (Exception,), {"__module__": "botocore.exceptions"})("gone"),
    ],
    ids=repr,
)
def test_a_server_that_goes_away_is_one_line(monkeypatch, tmp_path, capsys, error):
    """The metadata can still be read, chunks cannot."""
    monkeypatch.chdir(tmp_path)
    url = f"memory://{type(error).__name__}/cube.zarr"
    complete_cube(url, runs=2)
    system = type(fsspec.filesystem("memory"))
    cat = system.cat_file

    def fail(self, path, *arguments, **options):
        if any(f"/{name}/c/" in path for name in ("correct", "done", "label")):
            raise error
        return cat(self, path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(system, "cat_file", fail)
        assert reduce_cscores.main([url, "--out", "scores.zarr"]) == 2
        assert "run the same command again" in one_line(capsys)
        with pytest.raises(StoreError, match=url):
            CubeWriter(url).cube.extend(4, history="more")


def drop_consolidated_metadata(path):
    document = json.loads((path / "zarr.json").read_text())
    del document["consolidated_metadata"]
    (path / "zarr.json").write_text(json.dumps(document))


def test_a_cube_without_consolidated_metadata_is_read_written_verified_and_repaired(path, capsys):
    before = (path / "zarr.json").read_bytes()
    drop_consolidated_metadata(path)
    assert open_cube(path).load()["done"].all()
    Cube.open(path).clear([verdict.piece for verdict in verify_pieces(Cube.open(path))][:1])
    fill_cube(path)
    capsys.readouterr()
    assert verify_cube.main([str(path)]) == 2
    assert "does not repeat the metadata of the arrays; --repair" in one_line(capsys)
    assert verify_cube.main([str(path), "--repair"]) == 0
    assert verify_cube.main([str(path)]) == 0
    assert (path / "zarr.json").read_bytes() == before


@pytest.mark.parametrize("chunk", ["ratio/c/0", "run/c/0", "example/c/0"])
def test_verify_cube_names_a_coordinate_that_is_gone(path, capsys, chunk):
    (path / chunk).unlink()
    assert verify_cube.main([str(path)]) == 2
    assert f"{chunk.partition('/')[0]} is not there" in one_line(capsys)


def interrupt_extension(path, monkeypatch, arrays):
    """Stop making room after so many arrays."""
    resize = zarr.Array.resize
    left = iter(range(arrays))

    def crash(array, shape):
        next(left)
        resize(array, shape)

    with monkeypatch.context() as patch:
        patch.setattr(zarr.Array, "resize", crash)
        with pytest.raises(StopIteration):
            Cube.open(path).extend(8, history="crash")


@pytest.mark.parametrize(("arrays", "heal"), [(1, "repair"), (3, "extend"), (6, "repair")])
def test_verify_cube_knows_an_interrupted_extension(path, monkeypatch, capsys, arrays, heal):
    before = open_cube(path).load()
    interrupt_extension(path, monkeypatch, arrays)
    assert verify_cube.main([str(path)]) == 2
    assert "was interrupted; the same train-holdout completes it" in one_line(capsys)
    if heal == "repair":
        assert verify_cube.main([str(path), "--repair"]) == 0
        xr.testing.assert_identical(open_cube(path).load(), before)
    else:
        Cube.open(path).extend(8, history="again")
    assert verify_cube.main([str(path)]) == 0


def test_repair_clears_just_what_is_wrong_where_chunks_span_ratios_and_runs(tmp_path, capsys):
    """Somebody has written the cube again with chunks of another shape."""
    complete_cube(tmp_path / "first.zarr", record="correct")
    cube = open_cube(tmp_path / "first.zarr").load()
    for variable in cube.variables.values():
        variable.encoding = {}
    path = tmp_path / "cube.zarr"
    cube.chunk(ratio=2, run=2, example=30).to_zarr(path, consolidated=False)
    array = Cube.open(path).arrays(mode="r+")["correct"]
    array[0, 2] = ~np.asarray(array[0, 2])
    assert verify_cube.main([str(path), "--repair"]) == 2  # the metadata are xarray's
    assert "Cleared: 1 pieces" in capsys.readouterr().out
    repaired = open_cube(path)
    assert repaired["done"].values.tolist() == [[True, True, False, False], [True] * 4]
    assert not repaired["correct"][0, 2:].any()
    xr.testing.assert_equal(repaired.isel(ratio=[1]).load(), cube.isel(ratio=[1]))
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(path)))


def test_repair_removes_a_chunk_that_several_wrong_pieces_share(tmp_path):
    complete_cube(tmp_path / "first.zarr", record="correct")
    cube = open_cube(tmp_path / "first.zarr").load()
    for variable in cube.variables.values():
        variable.encoding = {}
    path = tmp_path / "cube.zarr"
    cube.chunk(ratio=2, run=4, example=30).to_zarr(path, consolidated=False)
    (path / "held_out/c/0/0/0").write_bytes(b"nothing")
    bad = [verdict.piece for verdict in verify_pieces(Cube.open(path)) if verdict.faults]
    assert len(bad) == 2
    Cube.open(path).clear(bad)
    assert not open_cube(path)["done"].any()
    assert not open_cube(path)["held_out"].any()


@pytest.mark.parametrize("linked", ["correct", "correct/c/0"])
def test_repair_removes_nothing_outside_of_the_store(path, tmp_path, capsys, linked):
    outside = tmp_path / "outside"
    shutil.move(path / linked, outside)
    (path / linked).symlink_to(outside)
    assert verify_cube.main([str(path)]) == 0
    file = next(file for file in outside.rglob("*") if file.is_file() and file.name == "0")
    file.write_bytes(b"nothing")
    before = contents(outside)
    capsys.readouterr()
    assert verify_cube.main([str(path), "--repair"]) == 2
    assert "by a symbolic link; nothing outside of the store is removed" in one_line(capsys)
    assert contents(outside) == before


def test_repair_is_refused_for_a_cube_that_was_replaced_meanwhile(path):
    cube = Cube.open(path)
    pieces = [verdict.piece for verdict in verify_pieces(cube)]
    create_cube(path, template(), overwrite=True)
    with pytest.raises(StoreError, match="was replaced by another cube"):
        cube.clear(pieces)


def test_verify_cube_says_how_many_runs_are_done(tmp_path, capsys):
    create_cube(tmp_path / "new.zarr", template())
    assert verify_cube.main([str(tmp_path / "new.zarr")]) == 0
    assert capsys.readouterr().out.endswith("wrong in 6 pieces; 0 of 10 runs are done.\n")


def test_file_names_are_compared_with_those_of_the_data_set(path):
    label = np.arange(30) % 3
    image = np.random.default_rng(0).integers(0, 255, (30, 2, 2), dtype=np.uint8)
    names = np.array([f"{example:03}.png" for example in range(30)])
    assert (
        verify_metadata(Cube.open(path), examples=Examples("a", image, label, filename=names)) == []
    )
    names[4] = "xxx.png"
    examples = Examples("a", image, label, filename=names)
    (fault,) = verify_metadata(Cube.open(path), examples=examples)
    assert str(fault) == (
        "1 of 30 file names differ between the cube and a (example 4: 004.png and xxx.png)"
    )


def own_variable(path, name="test_accuracy", dims=("ratio", "run")):
    """Add a variable of a user's own to a cube, as xarray does it."""
    cube = open_cube(path)
    shape = [cube.sizes[dim] for dim in dims]
    mine = xr.Dataset({name: (dims, np.ones(shape))}, attrs=cube.attrs)
    mine.to_zarr(path, mode="a", consolidated=False)
    with pytest.warns(match="Consolidated metadata"):
        zarr.consolidate_metadata(path)


@pytest.mark.parametrize("dims", [("ratio", "run"), ("run",), ("example",)])
def test_variables_of_users_are_carried_along(path, dims):
    own_variable(path, dims=dims)
    assert verify_metadata(Cube.open(path)) == []
    Cube.open(path).extend(6, history="more")
    fill_cube(path)
    cube = open_cube(path).load()
    assert cube["done"].all()
    assert cube["test_accuracy"].sizes.get("run", 6) == 6
    assert (cube["test_accuracy"].isel(run=slice(4), missing_dims="ignore") == 1).all()
    assert verify_metadata(Cube.open(path)) == []


@pytest.fixture
def second_format(path, tmp_path):
    """A copy of the cube in Zarr format 2."""
    cube = open_cube(path).load()
    for variable in cube.variables.values():
        variable.encoding = {}
    cube = cube.drop_vars(["filename", "class_name"])
    cube.to_zarr(tmp_path / "two.zarr", zarr_format=2)
    return tmp_path / "two.zarr"


def test_a_copy_in_zarr_format_2_is_read(second_format, path):
    copy = open_cube(second_format).load()
    xr.testing.assert_equal(copy, open_cube(path).load().drop_vars(["filename", "class_name"]))
    assert verify_cube.main([str(second_format)]) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda path: Cube.open(path).extend(8, history="more"),
        lambda path: Cube.open(path).clear(
            [verdict.piece for verdict in verify_pieces(Cube.open(path))]
        ),
        CubeWriter,
    ],
    ids=["extend", "clear", "write"],
)
def test_a_copy_in_zarr_format_2_is_not_changed(second_format, change):
    before = contents(second_format)
    with pytest.raises(StoreError, match="a copy in Zarr format 2, which can be read but not"):
        change(second_format)
    assert contents(second_format) == before


def changed_values(document, place=()):
    """Places of all numbers and texts in a JSON document."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from changed_values(value, (*place, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from changed_values(value, (*place, index))
    else:
        yield place


@pytest.mark.parametrize("value", [10**15, -1, "x", None, [], {}])
def test_metadata_that_were_tampered_with_are_an_error_or_are_found(path, value):
    """No traceback, and no waiting for an array larger than any disk."""
    root = path / "zarr.json"
    original = json.loads(root.read_text())
    places = [place for place in changed_values(original) if place[:1] != ("attributes",)]
    random = np.random.default_rng(0)
    for place in random.choice(np.array(places, object), 12, replace=False):
        document = json.loads(json.dumps(original))
        inner = document
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        root.write_text(json.dumps(document))
        try:
            found = verify_metadata(Cube.open(path))
        except CscoreDataError:
            continue
        assert found, place
