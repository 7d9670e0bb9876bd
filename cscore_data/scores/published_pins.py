"""Published files of which no hash is known: what arrives first is pinned.

The pin, the SHA-256 of the file, is a small file beside it in the cache.
"""

import hashlib
import logging
import os
from pathlib import Path

from cscore_data.data.download import data_dir
from cscore_data.errors import DownloadError, reason

log = logging.getLogger(__name__)

_CHUNK = 2**20


def check_pin(path: Path, name: str) -> str:
    """Pin a file if none of its name is pinned yet, else warn if it is another one than before.

    Parameters
    ----------
    path : Path
    name : str
        Of the published file.

    Returns
    -------
    str
        The digest of this file, ``sha256:HEX``.

    Raises
    ------
    DownloadError
        If the file cannot be read, or the pin cannot be written.
    """
    pin = data_dir() / "published" / f"{name}.sha256"
    try:
        digest = f"sha256:{_sha256(path)}"
        if not pin.exists():
            _write(pin, f"{digest}\n")
        pinned = pin.read_text().strip()
    except OSError as error:
        raise DownloadError(f"{path}: cannot be read or pinned ({reason(error)})") from error
    if digest != pinned:
        log.warning(
            "%s: is another file than the first of this name, %s in place of %s; if you know why, "
            "remove %s",
            path,
            digest,
            pinned,
            pin,
        )
    return digest


def _write(pin: Path, text: str) -> None:
    """Write a pin all at once: another process may be reading it."""
    pin.parent.mkdir(parents=True, exist_ok=True)
    partial = pin.with_name(f".{pin.name}.{os.getpid()}")
    partial.write_text(text)
    os.replace(partial, pin)


def _sha256(path: Path) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    return sha.hexdigest()
