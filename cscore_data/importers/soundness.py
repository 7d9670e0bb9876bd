"""Whether the rows of runs can be in a cube, whichever format they come from."""

from collections.abc import Iterator

import numpy as np

from cscore_data.importers.ratios import fits, size_fault
from cscore_data.importers.runs import Refused, RunBlock, Runs

#: Margins beyond this are above 0, whatever rounding there was.
_ABOVE_ZERO = 0.01


def sound_runs(block: RunBlock, runs: Runs) -> tuple[RunBlock, list[Refused]]:
    """The runs of a block that can be in a cube, and what is wrong with the others.

    Parameters
    ----------
    block : RunBlock
        Each row has the right length and kind already.
    runs : Runs
        Which it is from.
    """
    is_sound = np.ones(len(block.runs), bool)
    refused = []
    for place, text in _faults(block, runs):
        if is_sound[place]:
            refused.append(Refused(text))
        is_sound[place] = False
    if not refused:
        return block, []
    kept = np.flatnonzero(is_sound)
    sound = RunBlock(
        block.ratio,
        tuple(block.runs[place] for place in kept),
        tuple(block.names[place] for place in kept),
        {name: values[kept] for name, values in block.rows.items()},
    )
    return sound, refused


def _faults(block: RunBlock, runs: Runs) -> Iterator[tuple[int, str]]:
    """Place in the block and message of each fault."""
    held_out = block.rows["held_out"]
    examples = held_out.shape[1]
    ratio = runs.ratios[block.ratio]
    # Row by row, as numpy counts along an axis ten times more slowly.
    trained_on = examples - np.array([np.count_nonzero(row) for row in held_out])
    fitting = fits(trained_on, examples, ratio, is_drawn=runs.is_drawn)
    for place in np.flatnonzero(~fitting):
        name, size = block.names[place], int(trained_on[place])
        yield int(place), size_fault(name, size, examples, ratio, is_drawn=runs.is_drawn)
    for name, values in block.rows.items():
        if "margin" not in name:
            continue
        correct = block.rows[name.replace("margin", "correct")]
        for place in np.flatnonzero((~correct & (values > _ABOVE_ZERO)).any(axis=1)):
            faulty = np.count_nonzero(~correct[place] & (values[place] > _ABOVE_ZERO))
            yield (
                int(place),
                f"{block.names[place]}: {name} is above 0, so that the label has most of the "
                f"probability, for {faulty} examples that the run gets wrong; is its sign turned "
                "round, or are these other runs?",
            )
        # The largest value of a row is NaN if any of it is.
        for place in np.flatnonzero(np.isnan(values.max(axis=1))):
            missing = np.count_nonzero(np.isnan(values[place]))
            yield (
                int(place),
                f"{block.names[place]}: {name} has {missing} NaN, expected a number for each "
                "example; leave the run out, or leave the margins out",
            )
