"""What ``reduce-cscores --influence`` does: choose the pairs, write them, show the strongest."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from cscore_data.cli.jobs.class_labels import label_texts, names_by_label
from cscore_data.cli.output import table
from cscore_data.data.plurals import counted
from cscore_data.errors import InvalidInputError
from cscore_data.scores.influence import OUTCOMES, TARGETS, influence_runs
from cscore_data.scores.influence_files import save_pairs
from cscore_data.scores.influence_pairs import SIDES, influential_pairs
from cscore_data.scores.reduce import inherited_attrs

#: The ratio of published influences, which the ratio is close to that is taken by default.
_PUBLISHED_RATIO = 0.7

#: Pairs that the summary shows.
_SHOWN = 10

#: A pair counts if chance would give its target fewer than so many examples like it.
_RARE = 0.01


class InfluenceChoice(NamedTuple):
    """What ``--influence`` asks for; None is chosen by what the cube has."""

    top: int = 20
    on: str | None = None
    ratio: float | None = None
    outcome: str = "correct"


def parse_influence(words: Sequence[str]) -> InfluenceChoice:
    """Read ``top=20 on=test ratio=0.7 outcome=correct``, each of which may be left out.

    Raises
    ------
    InvalidInputError
        If a word is not of that form.

    Examples
    --------
    >>> parse_influence(["top=5", "ratio=0.5"])
    InfluenceChoice(top=5, on=None, ratio=0.5, outcome='correct')
    """
    known: dict[str, Any] = {"top": int, "on": TARGETS, "ratio": float, "outcome": OUTCOMES}
    values: dict[str, Any] = {}
    for word in words:
        name, _, text = word.partition("=")
        kind = known.get(name)
        try:
            if not isinstance(kind, type):
                if text not in (kind or ()):
                    raise ValueError(text)
                kind = str
            if name in values:
                raise ValueError(name)
            values[name] = kind(text)
        except ValueError:
            raise InvalidInputError(
                f"influence: found {word!r}, expected top=NUMBER, on=test or on=train, ratio=RATIO,"
                " or outcome=correct or outcome=margin, each once"
            ) from None
    return InfluenceChoice(**values)


def check_choice(choice: InfluenceChoice, cube: xr.Dataset) -> None:
    """Raise `InvalidInputError` if a cube does not have what a choice asks for."""
    if choice.top < 1:
        raise InvalidInputError(f"influence: found top={choice.top}, expected at least 1")
    on, ratio = _chosen(choice, cube)
    influence_runs(cube, ratio, on=on, outcome=choice.outcome)


def _chosen(choice: InfluenceChoice, cube: xr.Dataset) -> tuple[str, float]:
    """What the influence is on, and the ratio."""
    on = choice.on or ("test" if "test_correct" in cube else "train")
    if choice.ratio is not None:
        return on, choice.ratio
    ratios = cube["ratio"].values
    return on, float(ratios[np.abs(ratios - _PUBLISHED_RATIO).argmin()])


def write_influence(cube: xr.Dataset, choice: InfluenceChoice, out: str) -> None:
    """Write the strongest influences in a cube to a store, and print the strongest of these."""
    on, ratio = _chosen(choice, cube)
    pairs = influential_pairs(cube, ratio, top=choice.top, on=on, outcome=choice.outcome)
    attrs = {"title": f"Influence in {cube.attrs.get('dataset', 'a data set')}"}
    attrs |= inherited_attrs(cube)
    if "test_digest" in cube.attrs:
        attrs["test_digest"] = cube.attrs["test_digest"]
    save_pairs(pairs.assign_attrs({**attrs, **pairs.attrs}), out)

    targets = pairs.sizes[TARGETS[on]]
    print(
        f"influence of {pairs.sizes['example']} examples on {counted(targets, f'{on} example')} at "
        f"ratio {ratio:g}, from {counted(pairs.attrs['runs'], 'run')}"
    )
    if choice.top > pairs.sizes["rank"]:
        print(f"note: found top={choice.top}; these are all {pairs.sizes['rank']} examples")
    print(notable_line(pairs))
    rows = strongest_rows(pairs, names_by_label(cube))
    if not rows:
        print("no pair has an influence: every example was trained on, or held out, in all runs")
        return
    name = TARGETS[on].replace("_", " ")
    header = [name, "label", "helped by", "label", "influence +- standard error", "by chance"]
    print(table(header, rows, align=">>>><>"))


def notable_line(pairs: xr.Dataset) -> str:
    """How many of the pairs chance does not explain, and how many it would make."""
    found = []
    for side in SIDES:
        count = int((pairs[f"{side}_chance"] < _RARE).sum())
        found.append(f"{count:,} that {side.removesuffix('s')}")
    most = _RARE * pairs["helps"].shape[0]
    return (
        f"among the {pairs.sizes['rank']} strongest of each kind: {' and '.join(found)} more than "
        f"chance explains, of which it would make at most {most:.2g} each"
    )


def strongest_rows(pairs: xr.Dataset, names: Mapping[int, str]) -> list[list[str]]:
    """The pairs with the largest influence, each target once, as rows of a table."""
    dim = str(pairs["helps"].dims[0])
    first = pairs["helps_influence"].isel(rank=0).values
    order = np.argsort(-np.nan_to_num(first, nan=-np.inf), kind="stable")[:_SHOWN]
    label_of = dict(zip(pairs["example"].values.tolist(), pairs["label"].values, strict=True))
    target_label = pairs[dim.replace("_example", "") + "_label"].values
    rows = []
    for row in order[np.isfinite(first[order])]:
        pair = pairs.isel({dim: row, "rank": 0})
        helper = int(pair["helps"])
        target_text, helper_text = label_texts([target_label[row], label_of[helper]], names)
        rows.append(
            [
                str(int(pair[dim])),
                target_text,
                str(helper),
                helper_text,
                f"{float(pair['helps_influence']):.3f} +- {float(pair['helps_stderr']):.3f}",
                _as_count(float(pair["helps_chance"])),
            ]
        )
    return rows


def _as_count(expected: float) -> str:
    """An expected number of examples: small ones with two digits, large ones whole."""
    return f"{expected:.2g}" if expected < 10 else f"{expected:.0f}"
