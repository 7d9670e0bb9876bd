"""What ``compare-cscores`` does: read, align, compare, draw, report."""

from pathlib import PurePath
from typing import TYPE_CHECKING

import xarray as xr

from cscore_data import figures
from cscore_data.cli.jobs.class_labels import names_by_label
from cscore_data.cli.jobs.comparison import Comparison, describe_side, to_json
from cscore_data.cli.jobs.comparison_figure import aligned_images, draw_comparison
from cscore_data.cli.jobs.comparison_report import report_lines
from cscore_data.cli.jobs.destinations import check_writable
from cscore_data.cli.output import printable
from cscore_data.cli.run import Invocation
from cscore_data.errors import CscoreDataError, reason
from cscore_data.scores.agreement import (
    Agreement,
    agreement,
    agreement_by_class,
    flipped,
    hint,
)
from cscore_data.scores.alignment import Aligned, align
from cscore_data.scores.files import read_scores
from cscore_data.storage.folder import set_storage_options

if TYPE_CHECKING:
    from cscore_data.cli.compare_cscores import CompareCscoresFlags


def compare_cscores(flags: "CompareCscoresFlags", invocation: Invocation) -> None:
    """Compare the two sets of scores that the flags name."""
    if flags.figure:
        figures.check_suffix(flags.figure)
        check_writable(flags.figure)
    set_storage_options(flags.storage_option or [], [flags.a, flags.b])

    a, b = read_both(flags)
    aligned = align(a, b, names=(f"A ({flags.a})", f"B ({flags.b})"))
    whole = agreement(aligned.a, aligned.b)
    comparison = Comparison(
        a=describe_side(flags.a, a),
        b=describe_side(flags.b, b),
        ascending=flags.ascending,
        matched_by=aligned.by,
        common_examples=aligned.a.sizes["example"],
        warnings=list(aligned.warnings),
        hint=hint_with_remedy(whole, flags.ascending),
        agreement=whole,
        classes=agreement_by_class(aligned.a, aligned.b),
    )

    # Whatever becomes of the figure, the comparison is printed; its warnings include the figure's.
    try:
        if flags.figure:
            comparison.warnings.extend(draw_figure(aligned, whole, flags.dataset, flags.figure))
    finally:
        if flags.json:
            print(to_json(comparison))
        else:
            print(*report_lines(comparison, names_by_label(a, b)), sep="\n")
    if not flags.json:
        print(printable(last_line(flags, invocation, whole.examples)))


def read_both(flags: "CompareCscoresFlags") -> tuple[xr.Dataset, xr.Dataset]:
    """Read both sets of scores, with titles that tell them apart."""
    a = read_scores(flags.a).load()
    b = read_scores(flags.b).load()
    # Two studies of one data set have the same title.
    if a.attrs.get("title") == b.attrs.get("title"):
        a = named_by_source(a, flags.a)
        b = named_by_source(b, flags.b)
    if flags.ascending:
        b = flipped(b)
    return a, b


def named_by_source(scores: xr.Dataset, source: str) -> xr.Dataset:
    """The scores with the name of their file in the title."""
    title = scores.attrs.get("title", "scores")
    return scores.assign_attrs(title=f"{title} ({PurePath(source).name})")


def draw_figure(aligned: Aligned, whole: Agreement, dataset: str | None, out: str) -> list[str]:
    """Draw the figure, with images if they are available; returns warnings.

    Raises
    ------
    CscoreDataError
        If the images of `dataset` are asked for and not available.
    """
    image = None
    warnings = []
    try:
        image = aligned_images(aligned, dataset)
    except CscoreDataError as error:
        if dataset:
            raise
        warnings.append(f"the figure is without images: {reason(error)}")
    draw_comparison(aligned, whole, image, out)
    return warnings


def hint_with_remedy(found: Agreement, ascending: bool) -> str | None:
    """What to suspect if the scores disagree strongly, and which flag to change."""
    suspicion = hint(found)
    if suspicion is None:
        return None
    if ascending:
        return f"{suspicion}; leave out --ascending"
    return f"{suspicion}; if that is B, compare with --ascending"


def last_line(flags: "CompareCscoresFlags", invocation: Invocation, examples: int) -> str:
    """What was done, and the natural next command."""
    if flags.figure:
        command = invocation.line("plot-cscores", flags.a, "--kind", "histograms")
        return f"Figure: {flags.figure}. Next: {command}"

    arguments = [flags.a, flags.b]
    if flags.ascending:
        arguments.append("--ascending")
    command = invocation.line("compare-cscores", *arguments, "--figure", "comparison.png")
    return f"{examples} examples compared. Next: {command}"
