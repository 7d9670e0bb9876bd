"""What ``compare-cscores`` does: read, align, compare, draw, report."""

import shlex
from pathlib import PurePath

import xarray as xr

from cscore_data import figures
from cscore_data.cli.compare_cscores import Config
from cscore_data.cli.invocation import Invocation
from cscore_data.cli.jobs.comparison import Comparison, describe_side, to_json
from cscore_data.cli.jobs.comparison_figure import aligned_images, draw_comparison
from cscore_data.cli.jobs.comparison_report import report_lines
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


def job(config: Config, invocation: Invocation) -> None:
    """Compare the two sets of scores that the flags name."""
    if config.figure:
        figures.check_suffix(config.figure)
    set_storage_options(config.storage_option or [], [config.a, config.b])

    a, b = read_both(config)
    aligned = align(a, b)
    whole = agreement(aligned.a, aligned.b)
    warnings = list(aligned.warnings)
    if config.figure:
        warnings += draw_figure(a, b, aligned, whole, config.dataset, config.figure)

    comparison = Comparison(
        a=describe_side(config.a, a),
        b=describe_side(config.b, b),
        ascending=config.ascending,
        matched_by=aligned.by,
        common_examples=aligned.a.sizes["example"],
        warnings=warnings,
        hint=hint_with_remedy(whole, config.ascending),
        agreement=whole,
        classes=agreement_by_class(aligned.a, aligned.b),
    )

    if config.json:
        print(to_json(comparison))
    else:
        print(*report_lines(comparison), sep="\n")
        print(last_line(config, invocation, whole.examples))


def read_both(config: Config) -> tuple[xr.Dataset, xr.Dataset]:
    """Read both sets of scores, with titles that tell them apart."""
    a = read_scores(config.a).load()
    b = read_scores(config.b).load()
    # Two studies of one data set have the same title.
    if a.attrs.get("title") == b.attrs.get("title"):
        a = named_by_source(a, config.a)
        b = named_by_source(b, config.b)
    if config.ascending:
        b = flipped(b)
    return a, b


def named_by_source(scores: xr.Dataset, source: str) -> xr.Dataset:
    """The scores with the name of their file in the title."""
    title = scores.attrs.get("title", "scores")
    return scores.assign_attrs(title=f"{title} ({PurePath(source).name})")


def draw_figure(
    a: xr.Dataset,
    b: xr.Dataset,
    aligned: Aligned,
    whole: Agreement,
    dataset: str | None,
    out: str,
) -> list[str]:
    """Draw the figure, with images if they are available; returns warnings.

    Raises
    ------
    CscoreDataError
        If the images of `dataset` are asked for and not available.
    """
    image = None
    warnings = []
    try:
        image = aligned_images(a, b, aligned, dataset)
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


def last_line(config: Config, invocation: Invocation, examples: int) -> str:
    """What was done, and the natural next command."""
    if config.figure:
        command = invocation.typed("plot-cscores")
        scores = shlex.quote(config.a)
        return f"Figure: {config.figure}. Next: {command} {scores} --kind histograms"

    command = invocation.typed("compare-cscores")
    arguments = [config.a, config.b]
    if config.ascending:
        arguments.append("--ascending")
    sources = shlex.join(arguments)
    return f"{examples} examples compared. Next: {command} {sources} --figure comparison.png"
