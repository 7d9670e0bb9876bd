"""Files of data sets, opened for reading: on this machine, or behind a URL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cscore_data.errors import InvalidInputError, reason


@contextmanager
def open_source(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file of a data set.

    Parameters
    ----------
    path : path or URL
        A path may hold colons; a URL, such as ``s3://bucket/train.parquet``, is read by fsspec.

    Raises
    ------
    InvalidInputError
        If there is no such file, or it cannot be reached.
    """
    open_file = _open_url if is_url(path) else _open_path
    with open_file(str(path)) as file:
        yield file


def is_url(path: str | Path) -> bool:
    """True for what fsspec reads; a file name may hold a colon.

    Examples
    --------
    >>> is_url("hf://datasets/ylecun/mnist/train.parquet"), is_url("part:1.parquet")
    (True, False)
    """
    return isinstance(path, str) and bool(re.match(r"[A-Za-z][\w+.-]*:(:|//)", path))


def _open_path(path: str) -> IO[bytes]:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path}: cannot be read ({reason(error)})") from error


def _open_url(url: str) -> IO[bytes]:
    import fsspec

    try:
        opened: IO[bytes] = fsspec.open(url, "rb").open()
    except FileNotFoundError:
        raise InvalidInputError(f"{url}: no such file") from None
    except ImportError as error:
        raise InvalidInputError(
            f"{url}: {reason(error)}; or download the file and give its path"
        ) from error
    # Each file system raises what its own client does.
    except Exception as error:
        raise InvalidInputError(
            f"{url}: cannot be read ({reason(error)}); download the file and give its path"
        ) from error
    return opened
