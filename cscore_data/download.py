"""Files from the internet: verified by their hash before anybody reads them, cached, retried."""

import hashlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cscore_data.errors import DownloadError

if TYPE_CHECKING:
    import requests

#: Seconds to wait for a connection, and for the next bytes.
TIMEOUT = (10.0, 30.0)

#: A mirror that after so many seconds has sent fewer bytes a second than this is given up.
PATIENCE, SLOWEST = 30.0, 1000.0


def data_dir() -> Path:
    """Where downloaded files are kept: the folder in ``CSCORE_DATA_DIR``, or else the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("CSCORE_DATA_DIR") or platformdirs.user_cache_dir("cscore_data"))


def fetch(folder: str, name: str, *, urls: Sequence[str], digest: str) -> Path:
    """Path of a verified file in ``data_dir()/folder``, downloaded if it is not there yet.

    Parameters
    ----------
    folder, name : str
        Place in the cache.
    urls : sequence of str
        Where to get the file, tried in this order; with none, only the cache is looked into.
    digest : str
        The file counts only if its bytes have this hash, in the cache too: ``sha256:HEX``, or ``git-blob:HEX``, the
        name that git gives a file's content.

    Raises
    ------
    DownloadError
        If the file cannot be had with the right bytes; nothing of a bad one is kept.
    """
    path = data_dir() / folder / name
    if path.is_file() and _matches(path, digest):
        return path
    reasons = []
    for url in urls:
        try:
            _download(url, path, digest)
        except (OSError, ValueError) as error:
            reasons.append(f"{url}: {_reason(error)}")
        else:
            return path
    raise DownloadError(
        f"{name}: not in {path.parent} with the right bytes, nor to be fetched ({'; '.join(reasons) or 'not tried'}); "
        "check the connection or put it there"
    )


def verify(path: str | Path, digest: str) -> None:
    """Raise `DownloadError` unless the file at `path` can be read and has this digest."""
    try:
        if _matches(Path(path), digest):
            return
    except OSError as error:
        raise DownloadError(f"{path}: cannot be read ({error.strerror or error})") from error
    raise DownloadError(f"{path}: its bytes are not those of the expected file, {digest}; get a fresh copy")


def _matches(path: Path, digest: str) -> bool:
    kind, _, wanted = digest.partition(":")
    return str(_pooch().file_hash(str(path), alg=kind)) == wanted


class _GitBlob:
    """A hash object as in hashlib; the length comes first in it, so it keeps the content until the end."""

    def __init__(self) -> None:
        self._content = bytearray()

    def update(self, data: bytes) -> None:
        self._content += data

    def hexdigest(self) -> str:
        sha = hashlib.sha1(b"blob %d\0" % len(self._content), usedforsecurity=False)
        sha.update(self._content)
        return sha.hexdigest()


def _pooch() -> Any:
    import pooch
    import pooch.hashes

    pooch.hashes.ALGORITHMS_AVAILABLE["git-blob"] = _GitBlob
    # It announces each download and each new attempt; a failure is one line of ours.
    pooch.get_logger().setLevel(logging.ERROR)
    return pooch


def _download(url: str, path: Path, digest: str) -> None:
    """Through a temporary file, which takes its place at `path` only if it has the digest; three attempts."""
    registry = _pooch().create(
        path=path.parent, base_url="", registry={path.name: digest}, urls={path.name: url}, retry_if_failed=2
    )
    registry.fetch(path.name, downloader=_stream)


def _stream(url: str, output_file: str, _pooch: Any) -> None:
    """Write what stands at `url` to a file. pooch tries again after a RequestException or a ValueError, after nothing
    else."""
    import requests
    import urllib3

    try:
        # identity: the digest is that of the file itself, never of something unpacked on the way.
        headers = {"Accept-Encoding": "identity"}
        with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers) as response:
            if response.status_code in (401, 403, 404, 410):
                raise DownloadError(f"{response.status_code} {response.reason}")
            response.raise_for_status()
            with open(output_file, "wb") as file:
                file.writelines(_chunks(response))
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error
    # pooch's temporary files are private; the cache may be shared.
    os.chmod(output_file, 0o644)


def _chunks(response: "requests.Response") -> Iterator[bytes]:
    from tqdm import tqdm

    began, received = time.monotonic(), 0
    name, total = response.url.rpartition("/")[2], response.raw.length_remaining
    # disable=None: silent when not on a terminal.
    with tqdm(desc=name, total=total, unit="B", unit_scale=True, leave=False, disable=None) as bar:
        # read1 gives what has arrived; read waits for a full chunk, from a slow mirror for hours.
        while chunk := response.raw.read1(2**16):
            yield chunk
            bar.update(len(chunk))
            received += len(chunk)
            seconds = time.monotonic() - began
            if seconds > PATIENCE and received < SLOWEST * seconds:
                raise DownloadError(f"too slow, {received} bytes in {seconds:.0f} seconds")


def _reason(error: BaseException) -> str:
    """What went wrong, without the wrappings: requests wraps urllib3's error, which wraps the system's."""
    while isinstance(inner := getattr(error, "reason", None) or next(iter(error.args), None), BaseException):
        error = inner
    return " ".join(str(error).split())
