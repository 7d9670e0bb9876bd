"""Downloads: retried, verified by their hash before anybody reads them, and cached."""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cscore_data.data.git_hash import GitBlobHash
from cscore_data.errors import DownloadError, reason

if TYPE_CHECKING:
    import requests

#: Seconds to wait for a connection, and for the next bytes.
TIMEOUT = (10.0, 30.0)

#: A mirror is given up if, after `SLOW_AFTER_SECONDS` or later, it has sent fewer than
#: `MIN_BYTES_PER_SECOND` on average.
SLOW_AFTER_SECONDS = 30.0
MIN_BYTES_PER_SECOND = 1000.0

#: Attempts after the first one for each mirror.
_RETRIES = 2

#: Replies that mean that the file is not there, or not for us: another attempt would not help.
_FINAL_STATUS = (401, 403, 404, 410)

_CHUNK_SIZE = 2**16


def data_dir() -> Path:
    """Folder of downloaded files: ``CSCORE_DATA_DIR``, or by default in the user's cache folder.

    Examples
    --------
    >>> import os
    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, CSCORE_DATA_DIR="/shared/data"):
    ...     data_dir().as_posix()
    '/shared/data'
    """
    import platformdirs

    return Path(os.environ.get("CSCORE_DATA_DIR") or platformdirs.user_cache_dir("cscore_data"))


def fetch(folder: str, name: str, *, urls: Sequence[str], digest: str | None) -> Path:
    """Path of a verified file in ``data_dir()/folder``, downloaded if it is not there yet.

    Parameters
    ----------
    folder, name : str
        Place in the cache.
    urls : sequence of str
        Where to get the file, tried in this order.
    digest : str
        The hash that the file must have, in the cache too: ``sha256:HEX``, or ``git-blob:HEX``, the
        name that git gives to a file's content. None, where it is not known, is any.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DownloadError
        If the file cannot be had with the right bytes; nothing of a bad one is kept.

    Examples
    --------
    A file that is in the cache, so that no connection is made:

    >>> import os
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> with (
    ...     TemporaryDirectory() as directory,
    ...     patch.dict(os.environ, CSCORE_DATA_DIR=directory),
    ... ):
    ...     file = Path(directory, "greetings", "hello.txt")
    ...     file.parent.mkdir()
    ...     size = file.write_bytes(b"hello")
    ...     path = fetch(
    ...         "greetings",
    ...         "hello.txt",
    ...         urls=["https://example.org/hello.txt", "https://mirror.example.org/hello.txt"],
    ...         digest="sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    ...     )
    >>> path == file
    True
    """
    cached = find_cached(folder, name, digest=digest)
    if cached is not None:
        return cached
    path = data_dir() / folder / name
    made = [place for place in (path.parent, data_dir()) if not place.exists()]
    failures = []
    for url in urls:
        try:
            _download(url, path, digest)
        except (OSError, ValueError) as error:
            failures.append(f"{url}: {reason(error)}")
        else:
            return path
    # A download that failed leaves no empty folders; another one may be writing to them.
    for place in made:
        with suppress(OSError):
            place.rmdir()
    raise DownloadError(
        f"{name}: not in {path.parent} with the right bytes, and the download failed "
        f"({'; '.join(failures)}); check the connection, or put the file there"
    )


def find_cached(folder: str, name: str, *, digest: str | None) -> Path | None:
    """Path of a file in ``data_dir()/folder``, None if it is not there with the right digest.

    Parameters
    ----------
    folder, name, digest
        As for `fetch`.

    Examples
    --------
    >>> import os
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> digest = "git-blob:b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"
    >>> with (
    ...     TemporaryDirectory() as directory,
    ...     patch.dict(os.environ, CSCORE_DATA_DIR=directory),
    ... ):
    ...     before = find_cached("greetings", "hello.txt", digest=digest)
    ...     Path(directory, "greetings").mkdir()
    ...     size = Path(directory, "greetings", "hello.txt").write_bytes(b"hello")
    ...     after = find_cached("greetings", "hello.txt", digest=digest)
    >>> before is None, after.name
    (True, 'hello.txt')
    """
    path = data_dir() / folder / name
    if path.is_file() and _has_digest(path, digest):
        return path
    return None


def verify(path: str | Path, digest: str) -> None:
    """Check that a file has the given digest.

    Parameters
    ----------
    path : path
    digest : str
        As for `fetch`.

    Raises
    ------
    DownloadError
        If the file cannot be read or has another digest.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> digest = "git-blob:b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory, "hello.txt")
    ...     size = path.write_bytes(b"hello")
    ...     verify(path, digest)
    ...     size = path.write_bytes(b"jello")
    ...     verify(path, digest)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    cscore_data.errors.DownloadError: ...hello.txt: its bytes are not those of ...
    """
    try:
        good = _has_digest(Path(path), digest)
    except OSError as error:
        raise DownloadError(f"{path}: cannot be read ({reason(error)})") from error
    if not good:
        raise DownloadError(
            f"{path}: its bytes are not those of the expected file, {digest}; get a fresh copy"
        )


def _has_digest(path: Path, digest: str | None) -> bool:
    if digest is None:
        return True
    algorithm, _, expected = digest.partition(":")
    found: str = _pooch().file_hash(str(path), alg=algorithm)
    return found == expected


@cache
def _pooch() -> Any:
    """The module pooch, told once how to compute git's hash, and to log nothing but errors."""
    import pooch
    import pooch.hashes

    pooch.hashes.ALGORITHMS_AVAILABLE["git-blob"] = GitBlobHash
    # It announces each download and each retry; here, a failure is one line of a message.
    pooch.get_logger().setLevel(logging.ERROR)
    return pooch


def _download(url: str, path: Path, digest: str | None) -> None:
    """Download to a temporary file that is moved to `path` only if it has the right digest."""
    registry = _pooch().create(
        path=path.parent,
        base_url="",
        registry={path.name: digest},
        urls={path.name: url},
        retry_if_failed=_RETRIES,
    )
    registry.fetch(path.name, downloader=_write_response)


def _write_response(url: str, output_file: str, _registry: Any) -> None:
    """Write what is at `url` to a file.

    Raise DownloadError for what is final: pooch does not retry it. It retries the exceptions of
    requests; those of urllib3 are wrapped so that they are retried, too.
    """
    import requests
    import urllib3

    # identity: the digest is that of the file itself, never of something unpacked on the way.
    headers = {"Accept-Encoding": "identity"}
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers) as response:
            if response.status_code in _FINAL_STATUS:
                raise DownloadError(f"{response.status_code} {response.reason}")
            response.raise_for_status()
            with open(output_file, "wb") as file:
                file.writelines(_chunks(response))
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error
    # The temporary files of pooch are private; the cache may be shared.
    os.chmod(output_file, 0o644)


def _chunks(response: "requests.Response") -> Iterator[bytes]:
    """The body of a response as it arrives, with a progress bar; fails if it is too slow."""
    from tqdm import tqdm

    progress = tqdm(
        desc=response.url.rpartition("/")[2],
        total=response.raw.length_remaining,
        unit="B",
        unit_scale=True,
        leave=False,
        # None: silent unless on a terminal.
        disable=None,
    )
    received = 0
    start = time.monotonic()
    with progress:
        # read1 returns what has arrived; read waits for a full chunk, which can take hours.
        while chunk := response.raw.read1(_CHUNK_SIZE):
            yield chunk
            progress.update(len(chunk))
            received += len(chunk)
            seconds = time.monotonic() - start
            if seconds > SLOW_AFTER_SECONDS and received < MIN_BYTES_PER_SECOND * seconds:
                raise DownloadError(f"too slow, {received} bytes in {seconds:.0f} seconds")
