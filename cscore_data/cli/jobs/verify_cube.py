"""What ``verify-cube`` does: read everything, print what was found, repair."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tqdm import tqdm

from cscore_data.cli.output import printable, table
from cscore_data.cli.run import Invocation
from cscore_data.cli.source_flags import given_or_stored
from cscore_data.data.sources import load_examples
from cscore_data.errors import StoreError
from cscore_data.storage.cube import Cube
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.piece_checks import Verdict
from cscore_data.storage.verify import StoreFault, verify_metadata, verify_pieces

if TYPE_CHECKING:
    from cscore_data.cli.verify_cube import VerifyCubeFlags


def verify_cube(flags: "VerifyCubeFlags", invocation: Invocation) -> None:
    """Verify a cube, and clear the pieces that are wrong if the flags say so."""
    set_storage_options(flags.storage_option or [], [flags.cube])

    # Read.
    cube = Cube.open(flags.cube)
    examples = None
    if flags.dataset:
        examples = load_examples(flags.dataset, given_or_stored(flags, cube.dataset.attrs))
    store_faults = verify_metadata(cube, examples=examples)
    progress = tqdm(verify_pieces(cube), unit="piece", disable=None, leave=False)
    verdicts = list(progress)
    bad = [verdict for verdict in verdicts if verdict.faults]

    # Print what was found.
    print(piece_table(cube.dataset["ratio"].values.tolist(), verdicts))
    for fault in store_faults:
        print(f"store: {fault}")
    for verdict in bad:
        print(f"{verdict.piece}: {'; '.join(verdict.faults)}")

    # Repair.
    if flags.repair:
        store_faults = repair(cube, bad, store_faults, invocation)

    # End.
    raise_store_fault(flags.cube, store_faults)
    if bad and not flags.repair:
        raise StoreError(
            f"{flags.cube}: {len(bad)} of {len(verdicts)} pieces are not what was written; "
            "--repair clears them for train-holdout to fill again"
        )
    if not bad:
        outcome = f"nothing wrong in {len(verdicts)} pieces{progress_of(verdicts)}"
        print(printable(f"Cube: {flags.cube}, {outcome}"))


def repair(
    cube: Cube, bad: Sequence[Verdict], faults: Sequence[StoreFault], invocation: Invocation
) -> list[StoreFault]:
    """Clear the pieces that are wrong and put the metadata right; returns the faults that remain.

    Metadata are written again only if they are all that is wrong with the store.
    """
    if bad:
        cube.clear([verdict.piece for verdict in bad])
        train = invocation.typed("train-holdout")
        print(
            f"Cleared: {len(bad)} pieces. Next: {train} with the flags that made the cube fills "
            "them."
        )
    remaining = [fault for fault in faults if not fault.remedy]
    if faults and not remaining:
        cube.extend(cube.dataset.sizes["run"], history="")
        print("Repaired: the metadata of the arrays.")
    return remaining


def raise_store_fault(path: str, faults: Sequence[StoreFault]) -> None:
    """Raise `StoreError` for the worst of the faults, if there is any."""
    lasting = [fault for fault in faults if not fault.remedy]
    if lasting:
        raise StoreError(
            f"{path}: {lasting[0]}; take the metadata from a copy, give the data set that it was "
            "made from, or train the cube again"
        )
    if faults:
        raise StoreError(f"{path}: {faults[0]}; {faults[0].remedy}")


def progress_of(verdicts: Sequence[Verdict]) -> str:
    """How many runs are done, unless all are; the end of a sentence."""
    runs = sum(verdict.piece.stop - verdict.piece.start for verdict in verdicts)
    missing = sum(len(verdict.piece.pending) for verdict in verdicts)
    if not missing:
        return "."
    return f"; {runs - missing} of {runs} runs are done."


def piece_table(ratios: Sequence[float], verdicts: Sequence[Verdict]) -> str:
    """The numbers of pieces and of runs at each ratio."""
    rows = []
    for index, ratio in enumerate(ratios):
        here = [verdict for verdict in verdicts if verdict.piece.index == index]
        wrong = sum(1 for verdict in here if verdict.faults)
        runs = sum(verdict.piece.stop - verdict.piece.start for verdict in here)
        missing = sum(len(verdict.piece.pending) for verdict in here)
        numbers = [len(here), wrong, runs, missing]
        rows.append([f"{ratio:g}", *map(str, numbers)])
    return table(["ratio", "pieces", "wrong", " runs", "missing"], rows, align="<>>>>")
