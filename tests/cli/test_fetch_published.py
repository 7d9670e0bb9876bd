import dataclasses
import hashlib
import io
import json

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import compare_cscores, fetch_published
from cscore_data.scores.files import save_scores
from cscore_data.scores.published import REGISTRY
from http_server import body, cut, endless_header, serve, status, trickle

FILE = "cifar10-cscores-orig-order.npz"


def npz():
    file = io.BytesIO()
    labels = np.resize(REGISTRY["cifar10"].first_labels, 100)
    np.savez(file, labels=labels, scores=np.linspace(0.1, 0.9, 100))
    return file.getvalue()


CONTENT = npz()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Two mirrors and no others, an empty cache, and a small CIFAR-10."""
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with serve() as server:
        changes = {
            "urls": (server.url(f"one/{FILE}"), server.url(f"two/{FILE}")),
            "digest": f"sha256:{hashlib.sha256(CONTENT).hexdigest()}",
            "examples": 100,
        }
        monkeypatch.setitem(
            REGISTRY, "cifar10", dataclasses.replace(REGISTRY["cifar10"], **changes)
        )
        yield server


@pytest.fixture
def run(capfd):
    """Run the command here: exit code, standard output, standard error."""

    def run(*arguments):
        code = fetch_published.main(["cifar10", *map(str, arguments)])
        return code, *capfd.readouterr()

    return run


def one_line(result, *words):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("fetch-published: error: ")
    assert err.count("\n") == 1
    assert all(word in err for word in words)


FAULTS = {
    "truncated": lambda: [body(CONTENT[:-9], declared=len(CONTENT))],
    "truncated without length": lambda: [endless_header(CONTENT[:-9])],
    "wrong bytes": lambda: [body(CONTENT[::-1])],
    "404": lambda: [status(404)],
    "503": lambda: [status(503)],
    "cut": lambda: [cut(CONTENT)],
}
CURES = {
    "503 twice": lambda: [status(503), status(503), body(CONTENT)],
    "slow": lambda: [trickle(CONTENT, 10, 0.02)],
    "redirect": lambda: [status(301, Location=f"/two/{FILE}")],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_server(fault, server, run, tmp_path):
    server.replies = {f"one/{FILE}": FAULTS[fault](), f"two/{FILE}": FAULTS[fault]()}
    one_line(run(), FILE, "/one/", "/two/", "--mirror", "--from-file")
    assert list(tmp_path.iterdir()) == []
    server.replies[f"two/{FILE}"] = [body(CONTENT)]
    assert run()[0] == 0
    assert (tmp_path / "cache" / "published" / FILE).read_bytes() == CONTENT


@pytest.mark.parametrize("cure", CURES)
def test_a_server_that_is_slow_or_fails_at_first(cure, server, run):
    server.replies = {f"one/{FILE}": CURES[cure](), f"two/{FILE}": [body(CONTENT)]}
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("Scores: cifar10-published.zarr. Next: compare-cscores")


def test_what_it_writes_and_says(server, run, tmp_path):
    server.replies = {f"mine/{FILE}": [body(CONTENT)]}
    code, out, err = run("--mirror", server.url("mine/"), "--out", tmp_path / "mine.zarr")
    assert (code, err) == (0, "")
    assert server.asked == [f"/mine/{FILE}"]
    assert "100 examples in original order (higher = more regular)" in out
    assert "C-score: mean 0.50000, min 0.10000, max 0.90000" in out
    assert "labels begin: 6 9 9 4 1 1 2 7 8 3" in out
    assert "cite: Ziheng Jiang" in out
    scores = xr.open_zarr(tmp_path / "mine.zarr")
    assert np.array_equal(scores["cscore"], np.linspace(0.1, 0.9, 100))
    assert "fetch-published cifar10 --mirror" in scores.attrs["history"]


def test_with_the_file_in_the_cache_no_connection_is_made(server, run):
    server.replies = {f"one/{FILE}": [body(CONTENT)]}
    assert run()[0] == 0
    assert server.asked == [f"/one/{FILE}"]
    assert run("--mirror", server.url())[0] == 0
    assert server.asked == [f"/one/{FILE}"]


def test_a_file_that_is_there_already(server, run, tmp_path):
    mine = tmp_path / "mine"
    mine.write_bytes(CONTENT)
    assert run("--from-file", mine)[0] == 0
    mine.write_bytes(CONTENT[:-1])
    one_line(run("--from-file", mine), "mine", "not those of the expected file")
    one_line(run("--from-file", tmp_path / "none"), "none: cannot be read")
    one_line(run("--from-file", tmp_path), "cannot be read")
    assert server.asked == []


@pytest.mark.parametrize("mirror", ["nonsense", "file:///tmp", "http://127.0.0.1:1"])
def test_a_mirror_that_does_not_exist(mirror, server, run):
    one_line(run("--mirror", mirror), f"{mirror}/{FILE}")
    server.replies = {f"one/{FILE}": [body(CONTENT)]}
    assert run("--mirror", mirror)[0] == 0


def test_only_scores_are_replaced(server, run, tmp_path):
    server.replies = {f"one/{FILE}": [body(CONTENT)]}
    assert [run()[0] for _ in range(2)] == [0, 0]
    (tmp_path / "letter").write_text("keep me")
    one_line(run("--out", tmp_path / "letter"))
    assert (tmp_path / "letter").read_text() == "keep me"


def test_scores_of_another_study_are_replaced_on_demand_only(server, run, tmp_path):
    server.replies = {f"one/{FILE}": [body(CONTENT)]}
    assert run()[0] == 0
    mine = xr.open_zarr("cifar10-published.zarr").load().assign_attrs(title="C-scores of mine")
    save_scores(mine, "mine.zarr")
    one_line(run("--out", "mine.zarr"), "scores of another study (other title)", "--overwrite")
    assert xr.open_zarr("mine.zarr").attrs["title"] == "C-scores of mine"
    assert run("--out", "mine.zarr", "--overwrite")[0] == 0


def test_the_next_command_can_be_pasted(server, run):
    server.replies = {f"one/{FILE}": [body(CONTENT)]}
    _, out, _ = run("--out", "my scores.zarr")
    assert out.endswith("Next: compare-cscores 'my scores.zarr' YOUR-SCORES\n")


@pytest.mark.parametrize("arguments", [[], ["svhn"], ["cifar10", "--nonsense"]])
def test_mistyped(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        fetch_published.main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_the_real_file_in_a_process_of_its_own(command, real_data, tmp_path):
    content = real_data / "published" / FILE
    if not content.exists():
        pytest.skip("the published file of CIFAR-10 is not there")
    with serve() as server:
        server.replies = {FILE: [body(content.read_bytes())]}
        cache = {"CSCORE_DATA_DIR": str(tmp_path / "cache")}
        out, error = command("fetch-published", "cifar10", "--mirror", server.url(), **cache)
    assert error == ""
    assert "mean 0.76401, min 0.00417, max 0.91499" in out
    assert "labels begin: 6 9 9 4 1 1 2 7 8 3\n" in out
    assert xr.open_zarr(tmp_path / "cifar10-published.zarr").sizes == {"example": 50_000}


@pytest.fixture
def small_cifar100(tmp_path, monkeypatch, capfd):
    """Files of C-scores and of memorization of a small CIFAR-100, whose images cannot be had."""
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.chdir(tmp_path)
    labels, scores = np.arange(100) % 100, np.linspace(0.1, 0.9, 100)
    np.savez("scores.npz", labels=labels, scores=scores)
    np.savez("mem.npz", tr_labels=labels, tr_mem=0.9 - scores, tt_labels=[1])
    digest = f"sha256:{hashlib.sha256((tmp_path / 'scores.npz').read_bytes()).hexdigest()}"
    for name, change in (("cifar100", {"digest": digest}), ("cifar100-memorization", {})):
        entry = dataclasses.replace(REGISTRY[name], examples=100, **change)
        monkeypatch.setitem(REGISTRY, name, entry)
    for name, file in (("cifar100", "scores.npz"), ("cifar100-memorization", "mem.npz")):
        assert fetch_published.main([name, "--from-file", file]) == 0
    return ["cifar100-published.zarr", "cifar100-memorization-published.zarr"]


def test_memorization_is_compared_with_c_scores(small_cifar100, capfd):
    out = capfd.readouterr().out
    assert "1 - published memorization of cifar100: 100 examples in original order" in out
    assert "note: 4,000 models at subset ratio 0.7" in out
    assert "no sha256 of the file is known here" in out
    assert compare_cscores.main([*small_cifar100, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["spearman"]["value"] == pytest.approx(1)


@pytest.mark.slow
def test_the_figure_of_memorization_and_c_scores(small_cifar100, tmp_path):
    assert compare_cscores.main([*small_cifar100, "--figure", "both.png"]) == 0
    assert (tmp_path / "both.png").stat().st_size > 10_000
