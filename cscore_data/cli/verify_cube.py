"""``verify-cube``: is a cube what was written, and is it whole?"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from cscore_data.cli import PREFIX, argument, option, run, storage_option, use_storage_options
from cscore_data.errors import StoreError

if TYPE_CHECKING:
    from cscore_data.verify import Verdict


@dataclass
class Config:
    """Read every chunk of a cube and hold it against its checksums, the ledger and the plan, and the metadata against
    their digest. Prints a table; ends with exit code 2 if anything is wrong."""

    cube: str = argument("cube", "cube written by train-holdout: a path or a URL")
    dataset: Optional[str] = option(
        None, "the data set, as in train-holdout, to hold labels and images against (default: do not)"
    )
    repair: bool = option(
        False, "clear the pieces that are wrong, so that train-holdout with the same flags fills them again"
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("verify-cube", Config, _verify_cube, argv, interrupted=lambda _: "run it again to know")


def _verify_cube(config: Config) -> None:
    from tqdm import tqdm

    from cscore_data.examples import load_examples
    from cscore_data.store import open_cube
    from cscore_data.verify import repair_cube, verify_metadata, verify_pieces

    use_storage_options(config.storage_option, config.cube)
    examples = load_examples(config.dataset) if config.dataset else None
    wrong = verify_metadata(config.cube, examples=examples)
    verdicts = list(tqdm(verify_pieces(config.cube), unit="piece", disable=None, leave=False))
    ratios = open_cube(config.cube)["ratio"].values.tolist()
    _print_table(ratios, verdicts)
    for fault in wrong:
        print(f"store: {fault}")
    bad = [verdict for verdict in verdicts if verdict.faults]
    for verdict in bad:
        piece = verdict.piece
        print(f"ratio {ratios[piece.ratio]:g} runs {piece.start}-{piece.stop - 1}: {'; '.join(verdict.faults)}")
    if bad and config.repair:
        repair_cube(config.cube, [verdict.piece for verdict in bad])
        print(f"Cleared: {len(bad)} pieces. Next: {PREFIX}train-holdout with the flags that made the cube fills them.")
    if wrong:
        raise StoreError(
            f"{config.cube}: {wrong[0]}; take the metadata from a copy, give the data set that it "
            "was made from, or train the cube anew"
        )
    if bad and not config.repair:
        raise StoreError(
            f"{config.cube}: {len(bad)} of {len(verdicts)} pieces are not what was written; --repair clears them for "
            "train-holdout to fill again"
        )
    if not bad:
        print(f"Cube: {config.cube}, nothing wrong in {len(verdicts)} pieces.")


def _print_table(ratios: Sequence[float], verdicts: "list[Verdict]") -> None:
    print("ratio  pieces  wrong   runs  missing")
    for index, ratio in enumerate(ratios):
        row = [verdict for verdict in verdicts if verdict.piece.ratio == index]
        wrong = sum(bool(verdict.faults) for verdict in row)
        runs = sum(verdict.piece.stop - verdict.piece.start for verdict in row)
        missing = sum(len(verdict.piece.pending) for verdict in row)
        print(f"{ratio:<5g} {len(row):>7} {wrong:>6} {runs:>6} {missing:>8}")


if __name__ == "__main__":
    sys.exit(main())
