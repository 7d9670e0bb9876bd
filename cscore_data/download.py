"""Files from the internet: verified by their hash before anybody reads them, cached, retried."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from cscore_data.errors import DownloadError


def data_dir() -> Path:
    """Where downloaded files are kept: the folder in ``CSCORE_DATA_DIR``, or else the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("CSCORE_DATA_DIR") or platformdirs.user_cache_dir("cscore_data"))


def fetch(folder: str, name: str, *, urls: Sequence[str], sha256: str) -> Path:
    """Path of a verified file in ``data_dir()/folder``, downloaded if it is not there yet.

    Parameters
    ----------
    folder, name : str
        Place in the cache.
    urls : sequence of str
        Where to get the file, tried in this order.
    sha256 : str
        The file counts only if its bytes have this hash, in the cache too.

    Raises
    ------
    DownloadError
        If the file cannot be had with the right bytes; nothing of a bad one is kept.
    """
    import pooch
    import requests

    # pooch announces each download at level INFO; a failure is one line of ours.
    logging.getLogger("pooch").setLevel(logging.ERROR)
    place = data_dir() / folder
    reasons = []
    for url in urls:
        registry = pooch.create(
            path=place, base_url="", registry={name: f"sha256:{sha256}"}, urls={name: url}, retry_if_failed=2
        )
        try:
            return Path(registry.fetch(name))
        except (OSError, ValueError, requests.RequestException) as error:
            reasons.append(f"{url}: {' '.join(str(error).split())}")
    raise DownloadError(
        f"{name}: neither in {place} nor to be fetched ({'; '.join(reasons)}); check the connection, or put the file there"
    )
