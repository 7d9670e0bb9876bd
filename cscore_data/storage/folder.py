"""The folder at a path or URL, and the options of remote file systems."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import fsspec
from fsspec.core import split_protocol

from cscore_data.errors import InvalidInputError
from cscore_data.storage.interface import Folder
from cscore_data.storage.local import LocalFolder
from cscore_data.storage.local_files import is_local, plain_path
from cscore_data.storage.remote import RemoteFolder


def folder(path: str | Path) -> Folder:
    """The folder at a path or URL; nothing is read or created.

    Raises
    ------
    StoreError
        If it is a URL of an unknown kind, or one that needs a package that is not installed.
    """
    if _is_url(path):
        return RemoteFolder(str(path))
    return LocalFolder(path)


def as_folder(place: str | Path | Folder) -> Folder:
    """`place` itself if it is a folder, else the folder at this path or URL."""
    if isinstance(place, Folder):
        return place
    return folder(place)


def local_path(path: str | Path, what: str) -> Path:
    """The path of a file on a disk, where `what` ("export") cannot be written to a URL.

    Raises
    ------
    InvalidInputError
        If it is a URL other than one such as ``file:///home/me/scores.csv``.
    """
    if _is_url(path):
        raise InvalidInputError(
            f"{what}: found {path}, expected a path; only stores can be at a URL"
        )
    return plain_path(path)


def set_storage_options(options: Sequence[str], paths: Sequence[str | Path]) -> None:
    """Use ``KEY=VALUE`` options for the file systems of those `paths` that are URLs.

    They apply to the rest of the process, and go where fsspec also puts those of its configuration
    files and of variables such as ``FSSPEC_S3_ENDPOINT_URL``.

    Raises
    ------
    InvalidInputError
        If an option is not of that form, or none of the paths is a URL.
    """
    parsed: dict[str, Any] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not key or not equals:
            raise InvalidInputError(f"storage option: found {option!r}, expected KEY=VALUE")
        parsed[key] = _option_value(value)
    urls = [str(path) for path in paths if _is_url(path)]
    if options and not urls:
        raise InvalidInputError(
            f"storage option: {paths[0]} is a path, expected a URL such as s3://bucket/cube.zarr"
        )
    for url in urls:
        protocol, _ = split_protocol(url)
        known = fsspec.config.conf.get(protocol, {})
        fsspec.config.conf[protocol] = {**known, **parsed}


def _option_value(text: str) -> Any:
    """JSON for true, false and {…}; anything else is text, also if it looks like a number."""
    if text in ("true", "false") or text.startswith("{"):
        with suppress(ValueError):
            return json.loads(text)
    return text


def _is_url(path: str | Path) -> bool:
    return not is_local(path)
