"""``browse-cscores``: make a page on which one browses scores and marks wrong labels.

For example::

    browse-cscores mnist.zarr
    browse-cscores cifar10-cscores.zarr --compare cifar10 --out cifar10
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.plot_cscores import SCORES_HELP
from cscore_data.cli.run import Invocation, run
from cscore_data.cli.source_flags import with_source_flags


@dataclass
@with_source_flags
class BrowseCscoresFlags:
    """Make a page to browse scores in: each class from regular to irregular, a histogram, every
    example with its votes and profile, and the suspicious labels, which can be marked wrong or
    right. It is a folder with an index.html, which any browser opens from the disk, without a
    server and without the network."""

    scores: str = argument("scores", f"a cube, of which most is shown, or {SCORES_HELP}", type=path)
    out: Optional[str] = option(
        None,
        "the folder; a gallery that is there is replaced, anything else is not (default: named "
        "after the scores, NAME-gallery)",
        type=path,
        metavar="FOLDER",
    )
    dataset: Optional[str] = option(
        None,
        "the data set with the examples and the names of classes (default: the one that the scores "
        "name)",
        type=path,
    )
    compare: Optional[str] = option(
        None,
        "a second set of scores of the same examples, shown beside the first (default: none)",
        type=path,
        metavar="SCORES",
    )
    influence: Optional[str] = option(
        None,
        "influences on training examples, from reduce-cscores CUBE --influence on=train: each "
        "example is shown with those that help it (default: none)",
        type=path,
        metavar="STORE",
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("browse-cscores", BrowseCscoresFlags, job, argv)


def job(flags: BrowseCscoresFlags, invocation: Invocation) -> None:
    """Make the page that the flags describe."""
    from cscore_data.cli.jobs.browse_cscores import browse_cscores

    browse_cscores(flags, invocation)


if __name__ == "__main__":
    sys.exit(main())
