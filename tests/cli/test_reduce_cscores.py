import numpy as np
import pytest
import xarray as xr
import zarr

from cscore_data.cli import reduce_cscores
from cscore_data.schema import cube_template
from cscore_data.storage.cube import create_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.testing import make_cube
from processes import PATIENCE, begin, run_without


@pytest.fixture
def cube(tmp_path, monkeypatch):
    """A cube on disk, complete but for the runs that a test clears in the ledger."""
    monkeypatch.chdir(tmp_path)
    made = make_cube(runs=30)
    create_cube(
        "cube.zarr",
        cube_template(made["ratio"].values, 30, made["label"].values, runs_per_chunk=10),
    )
    return made


def fill(made, skip=()):
    writer = CubeWriter("cube.zarr", fsync=False)
    for piece in writer.cube.pieces():
        runs = list(piece.pending)
        rows = [made[name].values[piece.index, runs] for name in ("correct", "held_out")]
        valid = np.array([(piece.index, run) not in skip for run in runs])
        writer.write(piece, *rows, valid)


@pytest.mark.parametrize("resamples", ["0", "1", "-3"])
def test_a_bootstrap_of_too_few_is_refused_before_anything_is_computed(cube, resamples, capsys):
    assert reduce_cscores.main(["cube.zarr", "--bootstrap", resamples]) == 2
    assert f"bootstrap: found {resamples}, expected at least 2" in capsys.readouterr().err


def test_scores_summary_and_where_they_come_from(cube, capsys):
    fill(cube)
    assert reduce_cscores.main(["cube.zarr"]) == 0
    out = capsys.readouterr().out
    scores = xr.open_zarr("cube-cscores.zarr").load()
    hits = (cube["correct"] & cube["held_out"]).sum("run") / cube["held_out"].sum("run")
    np.testing.assert_allclose(scores["profile"], hits)
    np.testing.assert_allclose(scores["cscore"], hits.mean("ratio"))
    assert (
        f"mean {float(hits.mean()):.4f}, {float((hits.mean('ratio') < 0.5).mean()):.2%} below 0.5"
        in out
    )
    lowest = int(hits.mean("ratio").values.argmin())
    assert out.split("standard error\n")[1].split()[0] == str(lowest)
    assert "reduce-cscores cube.zarr" in scores.attrs["history"]


def test_names_do_not_begin_lines(cube, capsys):
    fill(cube)
    zarr.open_group("cube.zarr").attrs["dataset"] = "new\nline.npz"
    assert reduce_cscores.main(["cube.zarr", "--out", "two\nlines.zarr"]) == 0
    # The first line is a note on the changed attribute.
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("new\\nline.npz: ")
    assert lines[-1].startswith("Scores: two\\nlines.zarr. Next: ")


def test_scores_may_be_reduced_again(cube):
    fill(cube)
    assert [reduce_cscores.main(["cube.zarr"]) for _ in range(2)] == [0, 0]


def test_incomplete_cube_on_request(cube, capsys):
    fill(cube, skip={(0, 3), *((2, run) for run in range(30))})
    assert reduce_cscores.main(["cube.zarr"]) == 2
    assert "4 of 9 pieces and 31 of 90 runs" in capsys.readouterr().err
    assert reduce_cscores.main(["cube.zarr", "--allow-incomplete"]) == 0
    assert "left out, no run is done: ratio 0.8" in capsys.readouterr().out
    scores = xr.open_zarr("cube-cscores.zarr")
    assert scores["ratio"].values.tolist() == [0.2, 0.5]
    there = np.arange(30) != 3
    expected = [cube[name].values[0, there] for name in ("correct", "held_out")]
    np.testing.assert_allclose(
        scores["profile"][0], (expected[0] & expected[1]).sum(0) / expected[1].sum(0)
    )


def test_no_example_held_out_at_every_ratio(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    create_cube("cube.zarr", cube_template((0.1, 0.9), 1, np.arange(4) % 2, runs_per_chunk=1))
    for ratio, held_out in ((0.1, [True, True, False, False]), (0.9, [False, False, True, True])):
        CubeWriter("cube.zarr").write_run(
            ratio, 0, correct=np.ones(4, bool), held_out=np.array(held_out)
        )
    assert reduce_cscores.main(["cube.zarr"]) == 0
    out = capsys.readouterr().out
    assert "no C-score: 4 examples, never held out at some ratio" in out
    assert "nan" not in out
    assert np.isnan(xr.open_zarr("cube-cscores.zarr")["cscore"]).all()


def filled(name, **attrs):
    """A small whole cube of this name, which says of which data set it is."""
    made = make_cube(runs=2, examples=60).sel(ratio=[0.5])
    label = made["label"].values
    attrs = {"dataset": "nowhere.npz", **attrs}
    create_cube(name, cube_template([0.5], 2, label, runs_per_chunk=2, attrs=attrs))
    writer = CubeWriter(name)
    for run in range(2):
        rows = {name: made[name].values[0, run] for name in ("correct", "held_out")}
        writer.write_run(0.5, run, **rows)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def one_line(capsys, *arguments):
    """The one line with which the command refuses something."""
    assert reduce_cscores.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


# ---- figures: results come first


@pytest.mark.parametrize("fault", ["the data set is elsewhere", "it is another one", "a defect"])
def test_a_figure_that_fails_leaves_scores_and_exports(here, monkeypatch, capsys, fault):
    filled("c.zarr")
    label = make_cube(runs=2, examples=60)["label"].values
    if fault == "it is another one":
        np.savez("nowhere.npz", x=np.random.default_rng(0).random((60, 2, 2)), y=label[::-1])
    arguments = ["c.zarr", "--out", "s.zarr", "--export", "s.csv", "--figure", "f.png"]
    if fault == "a defect":
        np.savez("nowhere.npz", x=np.random.default_rng(0).random((60, 2, 2)), y=label)
        monkeypatch.setattr("cscore_data.figures.save", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reduce_cscores.main(arguments)
    else:
        assert reduce_cscores.main(arguments) == 2
    out, err = capsys.readouterr()
    scores = xr.open_zarr("s.zarr").load()
    assert len((here / "s.csv").read_text().splitlines()) == 61
    assert scores.sizes["example"] == 60
    assert "C-score: mean" in out
    expected = "Scores: s.zarr, s.csv. Next: plot-cscores s.zarr --out s.png"
    assert out.splitlines()[-1] == expected
    if fault == "the data set is elsewhere":
        assert "give it to plot-cscores, compare-cscores or browse-cscores with --dataset" in err


# ---- names of outputs


def test_names_that_differ_behind_a_dot_are_not_the_same(here, capsys):
    for name in ("lr0.1", "lr0.2.zarr"):
        filled(name)
        assert reduce_cscores.main([name]) == 0
    assert {path.name for path in here.iterdir()} == {
        *("lr0.1", "lr0.1-cscores.zarr", "lr0.2.zarr", "lr0.2-cscores.zarr")
    }
    assert capsys.readouterr().out.endswith(
        "plot-cscores lr0.2-cscores.zarr --out lr0.2-cscores.png\n"
    )


@pytest.mark.parametrize("flag", ["--out", "--export", "--figure", "--export-pred-probs"])
def test_an_unset_variable_is_not_the_default_name(here, capsys, flag):
    with pytest.raises(SystemExit, match="2"):
        reduce_cscores.main(["c.zarr", flag, ""])
    assert f"{flag}: found '', expected a path" in capsys.readouterr().err


def test_the_file_of_classes_is_checked_like_the_others(here, capsys):
    filled("c.zarr")
    (here / "q.classes.txt").mkdir()
    before = sorted(here.rglob("*"))
    assert "it is a folder" in one_line(capsys, "c.zarr", "--export-pred-probs", "q.npy")
    both = ["--export-pred-probs", "p.npy", "--out", "p.classes.txt"]
    assert "p.classes.txt twice" in one_line(capsys, "c.zarr", *both)
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize("name", ["\udce9", "$m_^{; \x1b[31m"])
def test_a_cube_may_have_any_name(here, name, capsys):
    """Also one in Latin-1, mathtext, or what steers a terminal."""
    filled(f"{name}.zarr", dataset=f"{name}.npz")
    outputs = ["--out", f"{name}-s.zarr", "--export", f"{name}.csv", "--figure", f"{name}.png"]
    code = reduce_cscores.main([f"{name}.zarr", *outputs, "--overwrite"])
    output = capsys.readouterr()
    assert code == 2  # the data set is nowhere, and that is all
    assert "no such file" in output.err
    assert "\x1b" not in output.out + output.err
    assert {f"{name}-s.zarr", f"{name}.csv"} <= {file.name for file in here.iterdir()}


@pytest.mark.parametrize("cube", [".", "./", "../c.zarr"])
def test_scores_of_the_working_folder_do_not_go_into_it(here, monkeypatch, capsys, cube):
    filled("c.zarr")
    monkeypatch.chdir("c.zarr")
    before = sorted(here.rglob("*"))
    assert "c-cscores.zarr: is within the cube" in one_line(capsys, cube)
    assert sorted(here.rglob("*")) == before
    assert reduce_cscores.main([cube, "--out", "../s.zarr"]) == 0


@pytest.mark.parametrize("place", ["file://{}/", "~/", "{}/"])
def test_urls_and_home_are_paths_for_every_output(here, monkeypatch, place):
    (here / "home").mkdir()
    monkeypatch.setenv("HOME", str(here / "home"))
    filled("c.zarr")
    folder = place.format(here / "home")
    assert reduce_cscores.main(["c.zarr", f"--out={folder}s.zarr", f"--export={folder}s.csv"]) == 0
    assert {path.name for path in here.iterdir()} == {"c.zarr", "home"}
    assert {path.name for path in (here / "home").iterdir()} == {"s.zarr", "s.csv"}


def test_the_next_command_can_be_pasted(here, capsys):
    filled("my study.zarr")
    assert reduce_cscores.main(["my study.zarr"]) == 0
    assert capsys.readouterr().out.endswith(
        "Next: plot-cscores 'my study-cscores.zarr' --out 'my study-cscores.png'\n"
    )


# ---- what is replaced


@pytest.mark.parametrize("other", [{"dataset": "mnist"}, {"plan": "{}"}, {"recipe": "{}"}])
def test_scores_of_another_study_are_not_replaced_without_a_word(here, capsys, other):
    filled("a.zarr", plan='{"seed": 1}', recipe='{"epochs": 1}')
    filled("b.zarr", **{"plan": '{"seed": 1}', "recipe": '{"epochs": 1}', **other})
    assert reduce_cscores.main(["a.zarr", "--out", "s.zarr"]) == 0
    before = (here / "s.zarr" / "zarr.json").read_bytes()
    line = one_line(capsys, "b.zarr", "--out", "s.zarr", "--export", "s.csv")
    assert "s.zarr: exists already, with scores of another study" in line
    assert "--overwrite" in line
    assert (here / "s.zarr" / "zarr.json").read_bytes() == before
    assert not (here / "s.csv").exists()
    assert reduce_cscores.main(["b.zarr", "--out", "s.zarr", "--overwrite"]) == 0


def test_exports_are_replaced_as_other_programs_do(here):
    filled("c.zarr")
    (here / "s.csv").write_text("something else")
    assert reduce_cscores.main(["c.zarr", "--export", "s.csv"]) == 0
    assert (here / "s.csv").read_text().startswith("example,label,cscore,cscore_stderr")


# ---- names of classes


def test_tables_have_names_of_classes_where_the_cube_has_them(here):
    label = make_cube(runs=2, examples=60)["label"].values
    names = [f"class {number}" for number in range(label.max() + 1)]
    create_cube(
        "c.zarr",
        cube_template([0.5], 1, label, runs_per_chunk=1, record="margin", class_names=names),
    )
    CubeWriter("c.zarr").write_run(
        0.5,
        0,
        correct=np.ones(60, bool),
        held_out=np.ones(60, bool),
        margin=np.ones(60, np.float32),
        prediction=label,
    )
    arguments = ["c.zarr", "--export", "s.csv", "--export-pred-probs", "p.npy"]
    assert reduce_cscores.main(arguments) == 0
    header, first, *_ = (here / "s.csv").read_text().splitlines()
    assert header.startswith("example,label,label_name,cscore,")
    assert first.startswith(f"0,{label[0]},class {label[0]},1.0,")
    assert (here / "p.classes.txt").read_text().splitlines() == names
    assert np.load("p.npy").shape == (60, len(names))


def test_jax_is_not_needed(cube, here):
    """With jax not importable at all, a cube is opened, reduced and exported."""
    fill(cube)
    arguments = [str(here / "cube.zarr"), "--export", str(here / "x.csv")]
    process = begin(run_without, ["jax", "tensorflow"], "reduce-cscores", arguments)
    process.join(PATIENCE)
    assert process.exitcode == 0
    assert (here / "x.csv").exists()
