"""Studies behind a URL: on an S3 server on the loopback interface that can be made to fail."""

import json
import os
import random
import threading
import time

import fsspec
import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import (
    compare_cscores,
    plot_cscores,
    reduce_cscores,
    train_holdout,
    verify_cube,
)
from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.scores.files import read_scores, save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage import workers
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.pieces import objects_per_piece, requests_per_piece
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import open_study
from cscore_data.testing import make_cube
from processes import FAST, wait_for
from small_studies import make_study, run_study
from stored_cubes import template

moto_server = pytest.importorskip("moto.moto_server.werkzeug_app")
pytest.importorskip("s3fs")


#: Options of a client that waits seconds for an answer, and of one that waits minutes.
IMPATIENT = 'config_kwargs={"read_timeout": 4, "retries": {"max_attempts": 9}}'
PATIENT = 'config_kwargs={"read_timeout": 300, "retries": {"max_attempts": 9}}'


class Flaky:
    """A web application that fails on demand.

    Attributes
    ----------
    every : int
        One request in this many gets an error 500, and one in ten of these too late for an
        impatient client. With 0 none does.
    pieces_left : int or None
        After this many writes of a chunk of the ledger, every write gets an error.
    requests, failed : int
        How many requests there were, and how many got an error by `every`.
    """

    def __init__(self, application):
        self.application = application
        self.random = random.Random(0)
        self.requests = 0
        self.failed = 0
        self.be_good()

    def be_good(self):
        """Stop failing."""
        self.every = 0
        self.pieces_left = None

    def __call__(self, environ, start_response):
        self.requests += 1
        if self.fails() or self.is_full(environ):
            start_response("500 Internal Server Error", [("Content-Type", "application/xml")])
            return [b"<Error><Code>InternalError</Code><Message>try again</Message></Error>"]
        response = self.application(environ, start_response)
        if self.pieces_left and is_write(environ) and "/done/c/" in environ["PATH_INFO"]:
            self.pieces_left -= 1
        return response

    def fails(self):
        if not self.every or self.random.random() >= 1 / self.every:
            return False
        self.failed += 1
        if self.random.random() < 0.1:
            time.sleep(5)
        return True

    def is_full(self, environ):
        return self.pieces_left == 0 and is_write(environ)


def is_write(environ):
    return environ["REQUEST_METHOD"] == "PUT"


@pytest.fixture(scope="module")
def server():
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, *_):
            pass

    application = Flaky(DomainDispatcherApplication(create_backend_app))
    httpd = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    application.url = f"http://127.0.0.1:{httpd.server_port}"
    yield application
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def s3(server, monkeypatch, tmp_path):
    """Storage options that reach an empty bucket named lab."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    options = [f"endpoint_url={server.url}", PATIENT]
    with monkeypatch.context() as patch:
        patch.setitem(fsspec.config.conf, "s3", {})
        set_storage_options(options, ["s3://lab"])
        system = fsspec.filesystem("s3")
        if system.exists("lab"):
            system.rm("lab", recursive=True)
        system.mkdir("lab")
        yield options
    server.be_good()


@pytest.mark.slow
def test_from_training_to_scores_on_s3(s3, start, blobs_npz, tmp_path, monkeypatch, capsys, server):
    monkeypatch.chdir(tmp_path)
    arguments = ["--dataset", str(blobs_npz), *FAST, "--runs", "3"]
    assert train_holdout.main([*arguments, "--out", "blobs.zarr"]) == 0
    server.every = 50
    impatient = [IMPATIENT if option == PATIENT else option for option in s3]
    url = ["s3://lab/deep/cube.zarr", "--storage-option", *impatient]
    assert train_holdout.main([*arguments, "--runs", "2", "--out", *url]) == 0
    assert train_holdout.main([*arguments, "--out", *url]) == 0
    assert verify_cube.main(url) == 0
    assert server.failed > 2
    assert reduce_cscores.main(url) == 0
    assert reduce_cscores.main(["blobs.zarr"]) == 0
    cube = open_cube("s3://lab/deep/cube.zarr").load()
    xr.testing.assert_equal(cube, open_cube("blobs.zarr").load())
    scores = xr.open_zarr("cube-cscores.zarr").load()
    xr.testing.assert_equal(scores, xr.open_zarr("blobs-cscores.zarr").load())
    # No records of writers are left.
    assert fsspec.filesystem("s3").ls("lab/deep", detail=False) == ["lab/deep/cube.zarr"]


@pytest.mark.slow
def test_every_command_takes_the_options_of_a_url(s3, blobs_npz, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cube, scores = "s3://lab/cube.zarr", "s3://lab/scores.zarr"
    study = ["--dataset", str(blobs_npz), *FAST]
    assert train_holdout.main([*study, "--out", "cube.zarr"]) == 0
    assert reduce_cscores.main(["cube.zarr"]) == 0
    # Without the options of the command, nothing is there.
    useless = {"anon": True, "endpoint_url": "http://127.0.0.1:9"}
    for main, arguments in (
        (train_holdout.main, [*study, "--out", cube]),
        (verify_cube.main, [cube, "--dataset", str(blobs_npz)]),
        (reduce_cscores.main, [cube, "--out", scores]),
        (reduce_cscores.main, [cube, "--out", scores, "--export", "scores.csv"]),
        (compare_cscores.main, ["cube-cscores.zarr", scores, "--json"]),
        (plot_cscores.main, [scores, "--out", "scores.png"]),
    ):
        capsys.readouterr()
        fsspec.config.conf["s3"] = dict(useless)
        assert main([*arguments, "--storage-option", "anon=false", *s3]) == 0
        if main is compare_cscores.main:
            assert json.loads(capsys.readouterr().out)["mean_absolute_difference"] == 0
    xr.testing.assert_equal(read_scores(scores).load(), read_scores("cube-cscores.zarr").load())
    written = {file.name for file in tmp_path.iterdir()}
    assert written == {"blobs.npz", "cube.zarr", "cube-cscores.zarr", "scores.csv", "scores.png"}


@pytest.mark.slow
def test_scores_at_a_url_replace_other_scores_even_incomplete_ones(s3):
    made = reduce_cube(make_cube())
    save_scores(made, "s3://lab/scores.zarr")
    fsspec.filesystem("s3").rm("lab/scores.zarr/zarr.json")  # as if writing had been interrupted
    with pytest.raises(StoreError, match="not a readable Zarr store"):
        read_scores("s3://lab/scores.zarr")
    for scores in (made, made.isel(example=slice(5))):
        save_scores(scores, "s3://lab/scores.zarr")
        xr.testing.assert_equal(read_scores("s3://lab/scores.zarr").load(), scores)
    fsspec.filesystem("s3").pipe("lab/thesis/chapter", b"one")
    for place in ("s3://lab/thesis", "s3://lab/thesis/chapter"):
        with pytest.raises(StoreError, match="not a readable Zarr store"):
            save_scores(made, place)
    assert fsspec.filesystem("s3").cat("lab/thesis/chapter") == b"one"


@pytest.mark.slow
def test_requests_are_as_many_as_the_documentation_says(s3, server, blobs, monkeypatch):
    """Count the requests for each piece, from the difference of two studies.

    docs/cluster.md, ``--dry-run`` and benchmarks/scale.py say how many there are.
    """
    monkeypatch.setattr(workers, "HEARTBEAT", 3600)  # each would be one more request

    def count(task):
        before = server.requests
        task()
        return server.requests - before

    def requests(runs):
        study = make_study(blobs, f"s3://lab/{runs}.zarr", runs=runs)
        cube = open_study(study, command="test")
        scan = count(lambda: cube.pieces())
        train = count(lambda: train_pending(study, cube))
        reduce = count(lambda: reduce_cube(open_cube(study.path)).load())
        return np.array([train, scan, reduce])

    pieces = 12 - 4  # of two runs each, at two ratios
    objects = objects_per_piece(len(blobs), "margin")
    found = requests(12) - requests(4)
    train = requests_per_piece(len(blobs), "margin")
    # Reducing reads all but the digests.
    assert (found / pieces).tolist() == [train, 2, 2 * (objects - 1)]


@pytest.mark.slow
def test_a_study_that_was_killed_resumes_on_s3(s3, server, start, blobs_npz):
    url = "s3://lab/cube.zarr"
    arguments = ["--dataset", str(blobs_npz), *FAST, "--out", url]
    server.pieces_left = 3
    process = start("train-holdout", *arguments, "--storage-option", *s3)
    wait_for(lambda: server.pieces_left == 0)
    process.kill()
    process.communicate()
    server.be_good()
    assert len(Cube.open(url).pieces()) == 3
    assert train_holdout.main(arguments) == 0
    assert open_cube(url)["done"].values.all()
    assert not any(verdict.faults for verdict in verify_pieces(Cube.open(url)))


def test_a_cube_in_memory(blobs):
    whole = run_study(make_study(blobs, "memory://a/cube.zarr"))
    assert whole["done"].all()
    assert verify_metadata(Cube.open("memory://a/cube.zarr"), examples=blobs) == []
    with pytest.raises(StoreError, match="exists already"):
        create_cube("memory://a/cube.zarr", whole.chunk())
    fsspec.filesystem("memory").rm("/a", recursive=True)


@pytest.mark.slow
def test_only_what_an_interrupted_creation_left_is_replaced(s3, blobs):
    run_study(make_study(blobs, "s3://lab/cube.zarr", runs=2))
    fsspec.filesystem("s3").rm("lab/cube.zarr/zarr.json")
    cube = run_study(make_study(blobs, "s3://lab/cube.zarr", runs=2, seed=1))
    assert cube["done"].all()
    fsspec.filesystem("s3").pipe("lab/thesis/chapter", b"one")
    with pytest.raises(StoreError, match="exists already"):
        run_study(make_study(blobs, "s3://lab/thesis"))
    assert fsspec.filesystem("s3").cat("lab/thesis/chapter") == b"one"


def test_a_bucket_that_is_not_there_is_an_error(s3, blobs):
    with pytest.raises(StoreError, match="bucket does not exist"):
        run_study(make_study(blobs, "s3://nowhere/cube.zarr"))


def test_a_server_that_does_not_answer_is_an_error(blobs, monkeypatch):
    options = {
        "anon": True,
        "endpoint_url": "http://127.0.0.1:9",
        "config_kwargs": {"retries": {"max_attempts": 0}},
    }
    with monkeypatch.context() as patch:
        patch.setitem(fsspec.config.conf, "s3", options)
        patch.setattr(pytest.importorskip("s3fs").S3FileSystem, "retries", 1)
        for task in (open_cube, lambda path: run_study(make_study(blobs, path))):
            with pytest.raises(StoreError, match=r"s3://lab/cube\.zarr: cannot be"):
                task("s3://lab/cube.zarr")
    assert "s3:" not in os.listdir()  # it is not taken for a folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["--storage-option", "a=b", "c=d", "memory://options/cube.zarr"],
        ["memory://options/cube.zarr", "--storage-option", "a=b"],
        ["--storage-option=a=b", "memory://options/cube.zarr"],
        ["--storage-option", "a=b", "--", "memory://options/cube.zarr"],
    ],
    ids=" ".join,
)
def test_options_of_a_url_may_be_anywhere(arguments, capsys):
    create_cube("memory://options/cube.zarr", template(), overwrite=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(fsspec.config.conf, "memory", {})
        assert verify_cube.main(arguments) == 0
        assert fsspec.config.conf["memory"]["a"] == "b"
    assert "0 of 10 runs are done" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["s3://lab", "s3://nowhere/cube.zarr", "s3://nowhere"])
def test_a_bucket_itself_and_one_that_does_not_exist_are_refused_at_once(s3, blobs, place):
    with pytest.raises(StoreError, match=place):
        run_study(make_study(blobs, place))
    assert fsspec.filesystem("s3").ls("lab") == []


@pytest.mark.parametrize(
    ("url", "options"), [("webdav://host/cube.zarr", {}), ("sftp://127.0.0.1:9/cube.zarr", {})]
)
def test_a_place_that_cannot_be_reached_is_one_line(url, options):
    with pytest.raises(StoreError, match=url) as error:
        open_cube(url)
    assert len(str(error.value).splitlines()) == 1


def test_a_url_of_an_unknown_kind_is_an_error():
    with pytest.raises(StoreError, match="nowhere://lab: no such kind of place"):
        open_cube("nowhere://lab")


@pytest.mark.parametrize(
    ("path", "option"), [("s3://lab", "endpoint_url"), ("s3://lab", "=1"), ("cube.zarr", "a=1")]
)
def test_storage_options_that_make_no_sense_are_refused(path, option):
    with pytest.raises(InvalidInputError, match="storage option"):
        set_storage_options([option], [path])
