"""``fetch-published``: the scores that their authors published, as a scores store.

For example::

    fetch-published cifar10
    compare-cscores cifar10-published.zarr cifar10-cscores.zarr
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.run import Invocation, run
from cscore_data.scores.published_files import NAMES


@dataclass
class FetchPublishedFlags:
    """Get the published C-scores, or memorization, of a data set, verify them, and write them as a
    scores store in the data set's original order. The file is downloaded once; with it in the
    cache, no connection is made."""

    name: str = argument(
        "name",
        "data set; with -memorization, Feldman and Zhang's memorization, of which 1 - memorization "
        "is the score",
        choices=NAMES,
    )
    out: Optional[str] = option(
        None,
        "the scores, a Zarr store: a path or a URL (default: NAME-published.zarr)",
        type=path,
    )
    mirror: Optional[str] = option(
        None,
        "base URL that is tried before the authors' own; the file name is appended (default: none)",
        metavar="URL",
    )
    from_file: Optional[str] = option(
        None,
        "the published file, if you have it already; it is verified as well (default: fetch it)",
        type=path,
        metavar="PATH",
    )
    overwrite: bool = option(False, "replace scores of another study (default: refuse)")
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("fetch-published", FetchPublishedFlags, job, argv)


def job(flags: FetchPublishedFlags, invocation: Invocation) -> None:
    """Get, verify and write the published scores of a data set."""
    from cscore_data.cli.jobs.fetch_published import fetch_published

    fetch_published(flags, invocation)


if __name__ == "__main__":
    sys.exit(main())
