"""The file system of ``sftp://``; needs paramiko."""

import functools
import threading
from collections.abc import Callable
from typing import Any

from fsspec.implementations.sftp import SFTPFileSystem


def _one_at_a_time(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: "SftpFiles", *arguments: Any, **options: Any) -> Any:
        with self.lock:
            return method(self, *arguments, **options)

    return call


class SftpFiles(SFTPFileSystem):  # type: ignore[misc]
    """SFTP for several threads: paramiko loses answers that two of them wait for at once."""

    def __init__(self, host: str, **options: Any):
        self.lock = threading.RLock()
        super().__init__(host, **options)

    info = _one_at_a_time(SFTPFileSystem.info)
    ls = _one_at_a_time(SFTPFileSystem.ls)
    mkdir = _one_at_a_time(SFTPFileSystem.mkdir)
    makedirs = _one_at_a_time(SFTPFileSystem.makedirs)
    rmdir = _one_at_a_time(SFTPFileSystem.rmdir)
    mv = _one_at_a_time(SFTPFileSystem.mv)
    rm = _one_at_a_time(SFTPFileSystem.rm)
    rm_file = _one_at_a_time(SFTPFileSystem.rm_file)
    cat_file = _one_at_a_time(SFTPFileSystem.cat_file)
    pipe_file = _one_at_a_time(SFTPFileSystem.pipe_file)


def file_system(url: str) -> tuple[SftpFiles, str]:
    """The file system of a URL, and the path in it."""
    options = SftpFiles._get_kwargs_from_urls(url)
    return SftpFiles(**options), str(SftpFiles._strip_protocol(url))
