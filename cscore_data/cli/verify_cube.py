"""``verify-cube``: is a cube what was written, and is it whole?

For example::

    verify-cube mnist.zarr --dataset mnist
    verify-cube mnist.zarr --repair
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from cscore_data.cli.flags import argument, option, path, storage_option
from cscore_data.cli.run import Invocation, run
from cscore_data.cli.source_flags import with_source_flags


@dataclass
@with_source_flags
class VerifyCubeFlags:
    """Read every chunk of a cube and check it against its checksums, the ledger and the plan, and
    the metadata against their digest. Prints a table; ends with exit code 2 if anything is
    wrong."""

    cube: str = argument("cube", "cube written by train-holdout: a path or a URL", type=path)
    dataset: Optional[str] = option(
        None,
        "the data set, as in train-holdout, to check labels and images against (default: do not)",
        type=path,
    )
    repair: bool = option(
        False,
        "clear the pieces that are wrong, so that train-holdout with the same flags fills them "
        "again",
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run(
        "verify-cube",
        VerifyCubeFlags,
        job,
        argv,
        interrupted=lambda flags: "run it again to know",
    )


def job(flags: VerifyCubeFlags, invocation: Invocation) -> None:
    """Verify a cube, and clear the pieces that are wrong if the flags say so."""
    from cscore_data.cli.jobs.verify_cube import verify_cube

    verify_cube(flags, invocation)


if __name__ == "__main__":
    sys.exit(main())
