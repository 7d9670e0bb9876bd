"""What ``select-examples`` does: choose, order or bin examples, and write their indices."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from cscore_data.cli.jobs.destinations import check_writable
from cscore_data.cli.jobs.earlier_output import INDICES, check_earlier_indices
from cscore_data.cli.output import printable
from cscore_data.cli.run import Invocation
from cscore_data.data.plurals import counted
from cscore_data.errors import InvalidInputError
from cscore_data.scores.border_ties import border_ties
from cscore_data.scores.files import read_scores
from cscore_data.scores.index_files import check_suffix, indices_as_array, write_indices
from cscore_data.scores.ranking import rank
from cscore_data.scores.selection import bins, order, select
from cscore_data.storage.folder import set_storage_options

if TYPE_CHECKING:
    from cscore_data.cli.select_examples import SelectExamplesFlags


def select_examples(flags: "SelectExamplesFlags", invocation: Invocation) -> None:
    """Choose the examples that the flags describe, and write their indices.

    Raises
    ------
    CscoreDataError
        If the scores cannot be read, a flag is out of range, or the file cannot be written.
    """
    out = flags.out or INDICES
    check_flags(flags, out)
    set_storage_options(flags.storage_option or [], [flags.scores])
    scores = read_scores(flags.scores).load()
    chosen = select(
        scores,
        keep=flags.keep,
        count=flags.count,
        end=flags.end,
        per_class=flags.per_class,
        drop_irregular=flags.drop_irregular,
    )
    kept = scores.isel(example=np.isin(scores["example"].values, chosen))
    columns = {"example": chosen}
    if flags.order is not None:
        interleave = flags.interleave_classes
        columns = {"example": order(kept, flags.order, interleave_classes=interleave)}
    if flags.bins is not None:
        columns = in_bins(kept, flags.bins)

    if flags.out is None:
        check_earlier_indices(indices_as_array(columns))
    write_indices(columns, out, about=about(scores, flags, invocation))
    print_selection(scores, kept, flags)
    note = ""
    if out.endswith(".npy"):
        note = " (places in the data set's original order, from 0; npy cannot say so itself)"
    print(printable(f"Indices: {out}{note}"))


def check_flags(flags: "SelectExamplesFlags", out: str) -> None:
    """Check what can be checked before anything is read."""
    check_writable(str(check_suffix(out)))
    if flags.interleave_classes and flags.order is None:
        raise InvalidInputError("interleave-classes: found without --order; add that, or leave it")
    if flags.order is not None and flags.bins is not None:
        raise InvalidInputError("found both --order and --bins, expected one of them")


def in_bins(kept: xr.Dataset, count: int) -> dict[str, np.ndarray]:
    """The examples of all bins, the most irregular bin first, and the bin of each."""
    found = bins(kept, count)
    sizes = [len(members) for members in found]
    return {"example": np.concatenate(found), "bin": np.repeat(np.arange(count), sizes)}


def about(
    scores: xr.Dataset, flags: "SelectExamplesFlags", invocation: Invocation
) -> dict[str, Any]:
    """What the indices were chosen from, and how."""
    found = {
        "scores": f"{scores.attrs.get('title', 'scores')} ({flags.scores})",
        "examples": scores.sizes["example"],
        "command": " ".join([invocation.command, *invocation.arguments]),
        "index": "place in the data set's original order, from 0",
    }
    digest = scores.attrs.get("example_digest")
    if digest is not None:
        found["example_digest"] = digest
    return found


def print_selection(scores: xr.Dataset, kept: xr.Dataset, flags: "SelectExamplesFlags") -> None:
    """Print what was chosen from what, with ties and examples without a score."""
    ranking = rank(scores)
    lowest = float(kept["cscore"].min())
    highest = float(kept["cscore"].max())
    name = printable(scores.attrs.get("title", flags.scores))
    print(
        f"{name}: {kept.sizes['example']} of {counted(scores.sizes['example'], 'example')} chosen, "
        f"C-scores {lowest:.4f} to {highest:.4f}"
    )
    if ranking.without_score:
        print(f"without a score, and left out: {counted(ranking.without_score, 'example')}")
    line = ties_line(scores, kept, flags)
    if line:
        print(line)


def ties_line(scores: xr.Dataset, kept: xr.Dataset, flags: "SelectExamplesFlags") -> str:
    """Which ties have mattered, and what has decided them; nothing if none has."""
    if flags.order is not None:
        ties = border_ties(kept, np.arange(kept.sizes["example"]))
        where = "share their score with another"
    elif flags.bins is not None:
        columns = in_bins(kept, flags.bins)
        place = np.argsort(columns["example"])
        ties = border_ties(kept.sortby("example"), columns["bin"][place])
        where = "at the border of two bins have equal scores"
    else:
        candidates = select(scores, drop_irregular=flags.drop_irregular)
        chosen_from = scores.isel(example=np.isin(scores["example"].values, candidates))
        is_chosen = np.isin(chosen_from["example"].values, kept["example"].values)
        ties = border_ties(chosen_from, is_chosen.astype(int), within_classes=flags.per_class)
        where = "at the border of the selection have equal scores"
    if not ties.examples:
        return ""
    by_margin = ties.examples - ties.by_index
    decided = f"margins decide on {by_margin} of them, the index on the rest"
    if not ties.by_index:
        decided = "margins decide"
    elif not by_margin:
        decided = "the index decides"
    return f"ties: {counted(ties.examples, 'example')} {where}; {decided}"
