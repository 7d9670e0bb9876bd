import hashlib
import io
import os
import socket

import pytest

from cscore_data.data import download
from cscore_data.errors import DownloadError
from http_server import body, cut, endless_header, serve, status, trickle
from processes import wait_for

CONTENT = bytes(range(256)) * 40
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with serve() as server:
        yield server


@pytest.fixture
def cached(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file").write_bytes(CONTENT)
    return tmp_path / "set" / "file"


def fetch(*urls, digest=SHA256):
    return download.fetch("set", "file", urls=urls, digest=digest)


def find_cached(digest=SHA256):
    return download.find_cached("set", "file", digest=digest)


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


GOOD = {
    "at once": [body(CONTENT)],
    "503 twice": [status(503), status(503), body(CONTENT)],
    "cut once": [cut(CONTENT), body(CONTENT)],
    "wrong bytes once": [body(CONTENT[::-1]), body(CONTENT)],
    "no length": [endless_header(CONTENT)],
    "slow": [trickle(CONTENT, 20, 0.02)],
    "redirect": [status(302, Location="/elsewhere")],
}
BAD = {
    "404": ([status(404)], "404 Not Found", 1),
    "500": ([status(500)], "500 Server Error", 3),
    "truncated": ([body(CONTENT[:-9], declared=len(CONTENT))], "IncompleteRead", 3),
    "truncated without length": ([endless_header(CONTENT[:-9])], "does not match", 3),
    "one byte too many": ([body(CONTENT + b"!")], "does not match", 3),
    "wrong bytes": ([body(CONTENT[::-1])], "does not match", 3),
    "empty": ([body(b"")], "does not match", 3),
    "cut": ([cut(CONTENT)], "reset", 3),
    "redirect in circles": ([status(302, Location="/file")], "redirects", 93),
    "redirect off the web": ([status(302, Location="ftp://127.0.0.1/file")], "ftp", 3),
}


@pytest.mark.parametrize("name", GOOD)
def test_ends_in_the_right_file(name, server, tmp_path):
    server.replies = {"file": list(GOOD[name]), "elsewhere": [body(CONTENT)]}
    path = fetch(server.url("file"))
    assert path == tmp_path / "set" / "file"
    assert files(tmp_path) == {"set/file": CONTENT}
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", BAD)
def test_ends_in_one_line_and_leaves_nothing(name, server, tmp_path):
    replies, reason, requests = BAD[name]
    server.replies = {"file": list(replies)}
    with pytest.raises(DownloadError, match=reason) as error:
        fetch(server.url("file"))
    assert "\n" not in str(error.value)
    assert files(tmp_path) == {}
    assert len(server.asked) == requests


@pytest.mark.parametrize("name", BAD)
def test_next_mirror_is_tried(name, server, tmp_path):
    server.replies = {"file": list(BAD[name][0]), "second/file": [body(CONTENT)]}
    fetch(server.url("file"), server.url("second/file"))
    assert files(tmp_path) == {"set/file": CONTENT}


def test_first_mirror_is_dead(server, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/file"
    server.replies = {"file": [body(CONTENT)]}
    fetch(dead, server.url("file"))
    assert files(tmp_path) == {"set/file": CONTENT}
    (tmp_path / "set" / "file").unlink()
    with pytest.raises(DownloadError, match="Connection refused"):
        fetch(dead)


def test_silence_has_an_end(server, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (0.2, 0.2))
    server.replies = {"file": [trickle(CONTENT, 2, 5)]}
    with pytest.raises(DownloadError, match="timed out"):
        fetch(server.url("file"))
    # The server may take a request after the client has given it up.
    wait_for(lambda: len(server.asked) >= 3)
    assert len(server.asked) == 3


def test_endless_trickle_has_an_end(server, monkeypatch, tmp_path):
    monkeypatch.setattr(download, "SLOW_AFTER_SECONDS", 0.2)
    server.replies = {"file": [trickle(CONTENT, len(CONTENT), 0.05)]}
    with pytest.raises(DownloadError, match="too slow"):
        fetch(server.url("file"))
    assert len(server.asked) == 1
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    "url", ["", "file", "file:///etc/passwd", "gopher://127.0.0.1/file", "http://"]
)
def test_no_url_of_a_mirror(url, server, tmp_path):
    with pytest.raises(DownloadError, match="and the download failed"):
        fetch(url)
    assert files(tmp_path) == {}


def test_cached_file_needs_no_connection(server, cached, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", None)
    assert fetch(server.url("file")) == cached
    assert find_cached() == cached
    assert server.asked == []


def test_cached_file_in_a_read_only_folder(server, cached):
    cached.parent.chmod(0o555)
    before = cached.parent.stat()
    assert fetch(server.url("file")) == cached
    assert cached.parent.stat() == before
    cached.parent.chmod(0o755)


def test_bad_file_in_the_cache_is_never_trusted(server, cached, tmp_path):
    cached.write_bytes(CONTENT[:-1])
    assert find_cached() is None
    server.replies = {"file": [status(404)]}
    with pytest.raises(
        DownloadError, match=r"not in .*set with the right bytes, and the download failed"
    ):
        fetch(server.url("file"))
    server.replies = {"file": [body(CONTENT)]}
    fetch(server.url("file"))
    assert files(tmp_path) == {"set/file": CONTENT}


def test_folder_in_place_of_the_file(server, tmp_path):
    (tmp_path / "set" / "file").mkdir(parents=True)
    with pytest.raises(DownloadError, match="directory"):
        fetch(server.url("file"))


def git_blob(content):
    return f"git-blob:{hashlib.sha1(b'blob %d%c' % (len(content), 0) + content).hexdigest()}"


def test_git_blob_is_what_git_says(tmp_path):
    (tmp_path / "file").write_bytes(b"hello\n")
    digest = (
        "git-blob:ce013625030ba8dba906f756967f9e9ca394464a"  # echo hello | git hash-object --stdin
    )
    assert git_blob(b"hello\n") == digest
    download.verify(tmp_path / "file", digest)


@pytest.mark.parametrize("digest", [SHA256, git_blob(CONTENT)])
def test_both_kinds_of_digest(digest, server, tmp_path):
    server.replies = {"file": [body(CONTENT[1:]), body(CONTENT)]}
    path = fetch(server.url("file"), digest=digest)
    assert len(server.asked) == 2
    download.verify(path, digest)
    path.write_bytes(CONTENT[1:])
    with pytest.raises(DownloadError, match="not those of the expected file"):
        download.verify(path, digest)
    assert find_cached(digest) is None


def test_verify_what_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(DownloadError, match="cannot be read"):
            download.verify(path, SHA256)


def test_progress_bar_only_on_a_terminal(server, capfd):
    server.replies = {"file": [status(503), body(CONTENT)]}
    fetch(server.url("file"))
    assert capfd.readouterr() == ("", "")


def test_progress_bar_on_a_terminal(server, monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    server.replies = {"file": [body(CONTENT)]}
    fetch(server.url("file"))
    assert "file:   0%|" in terminal.getvalue()


def test_data_dir(monkeypatch, tmp_path):
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path))
    assert download.data_dir() == tmp_path
    monkeypatch.delenv("CSCORE_DATA_DIR")
    assert download.data_dir().name == "cscore_data"
    assert os.fspath(download.data_dir()) != "cscore_data"
