"""What ``find-mislabelled`` prints: the first suspects, and how far the list can be trusted."""

import numpy as np
import xarray as xr

from cscore_data.cli.output import printable, table
from cscore_data.data.plurals import counted
from cscore_data.errors import shortened
from cscore_data.scores.mislabelled import MOST_CONTRADICTED
from cscore_data.scores.suspect_files import named_classes

#: How many suspects the output shows, and how much of a text.
_SHOWN = 10
_LONGEST = 40

#: What suspects are known by, besides their number.
_DESCRIPTIONS = ("filename", "text")


def print_suspects(suspects: xr.Dataset, class_names: tuple[str, ...]) -> None:
    """Print the first suspects, and how many labels are called wrong."""
    first = suspects.isel(example=slice(_SHOWN))
    given = named_classes(first["label"].values, class_names)
    suggested = named_classes(first["suggested"].values, class_names)
    no_vote = first["share"].isnull().values
    rows = []
    for place in range(first.sizes["example"]):
        row = first.isel(example=place)
        rows.append(
            [
                str(int(row["example"])),
                printable(str(given[place])),
                "" if no_vote[place] else printable(str(suggested[place])),
                "" if no_vote[place] else f"{float(row['share']):.2f}",
                f"{float(row['score']):.3f}",
                "unknown" if row["stderr"].isnull() else f"+- {float(row['stderr']):.3f}",
                *described(row),
            ]
        )
    header = ["most suspicious: example", "label", "suggested", "share", "score", "+- stderr"]
    header += [name for name in _DESCRIPTIONS if name in first.coords]
    print(table(header, rows, align="><<>>><<"[: len(header)]))
    if first["stderr"].isnull().any():
        print("standard error unknown: held out by a single model; more --runs")

    if "contradicts_copy" in suspects and suspects["contradicts_copy"].any():
        count = int(suspects["contradicts_copy"].sum())
        copies = counted(count, "exact copy", "exact copies")
        print(f"{copies} with contradictory labels come first, whatever their score")
    print_unscored(suspects)
    print(decision_line(suspects))


def described(suspect: xr.Dataset) -> list[str]:
    """The file name and the text of a suspect, where they are known, each on a short line."""
    shown = []
    for name in _DESCRIPTIONS:
        if name in suspect.coords:
            text = printable(str(suspect[name].values))
            shown.append(shortened(text, _LONGEST))
    return shown


def print_unscored(suspects: xr.Dataset) -> None:
    """Print how many examples have no score, and whether more runs would give them one."""
    unscored = suspects["label"].values[suspects["score"].isnull().values]
    if not len(unscored):
        return
    labels, counts = np.unique(suspects["label"].values, return_counts=True)
    is_alone = np.isin(unscored, labels[counts == 1])
    line = f"{counted(len(unscored), 'example')} without a score, the last in the list"
    if is_alone.any():
        line += f"; {counted(int(is_alone.sum()), 'example')} alone in a class can have none"
    if not is_alone.all():
        line += "; more --runs"
    print(line)


def decision_line(suspects: xr.Dataset) -> str:
    """How many labels are called wrong, and how far that can be trusted."""
    contradicted = suspects.attrs["contradicted"]
    if contradicted > MOST_CONTRADICTED:
        return (
            f"models contradict {contradicted:.0%} of the labels: they know too little to judge "
            "any; give embeddings in place of images, or another network (--recipe, --model)"
        )
    called = int(suspects["mislabelled"].sum())
    line = f"{called} of {suspects.sizes['example']} labels are probably wrong"
    if suspects["share"].isnull().all():
        line += "; scores without votes suggest no labels: record margins for that"
    precision = suspects.attrs["expected_precision"]
    if not np.isfinite(precision):
        return line
    # The mixture's figures mean nothing if it cannot tell its two parts apart.
    if not suspects.attrs["is_separated"]:
        return f"{line}; wrong labels and hard examples look alike here, so work down the list"
    errors = suspects.attrs["expected_errors"]
    return f"{line}: expected precision {precision:.0%}, expected wrong labels in all {errors:.0f}"
