"""What ``compare-cscores`` prints: a comparison as tables for people."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from cscore_data.cli.jobs.class_labels import label_texts
from cscore_data.cli.jobs.comparison import Comparison
from cscore_data.cli.output import printable, table
from cscore_data.scores.agreement import Agreement, Estimate

#: Maximum number of classes in the report; if there are more, those that agree least are shown.
MOST_CLASSES = 20

#: In place of a correlation that does not exist, such as of a class whose scores are all the same,
#: or of a class of one example.
_UNKNOWN = "-"

_CLASS_COLUMNS = {
    "class": ">",
    "examples": ">",
    "Spearman": ">",
    "95% interval": "<",
    "Kendall": ">",
    "Pearson": ">",
    "mean abs. diff.": ">",
    "lowest 10%": ">",
    "highest 10%": ">",
}


def report_lines(
    comparison: Comparison, names: Mapping[int, str] = MappingProxyType({})
) -> list[str]:
    """The whole report, with these names of classes by label."""
    lines = heading_lines(comparison)
    lines += agreement_lines(comparison.agreement)
    lines += class_lines(comparison.classes, names)
    for warning in comparison.warnings:
        lines.append(printable(f"warning: {warning}"))
    if comparison.hint:
        lines.append(printable(f"hint: {comparison.hint}"))
    return lines


def heading_lines(comparison: Comparison) -> list[str]:
    """What was compared."""
    a, b = comparison.a, comparison.b
    return [
        f"A: {printable(a.title or a.source)}, {a.examples} examples",
        f"B: {printable(b.title or b.source)}, {b.examples} examples",
        f"common examples: {comparison.common_examples}, matched by {comparison.matched_by}; "
        f"{comparison.agreement.examples} with a score on both sides",
    ]


def agreement_lines(found: Agreement) -> list[str]:
    """The agreement over all examples: correlations, differences, tails, ties."""
    lines = [
        _line("", "value", f"95% interval ({found.resamples} resamples of the examples)"),
        _line("Spearman", _number(found.spearman.value), _interval(found.spearman)),
        _line("Kendall", _number(found.kendall.value), _interval(found.kendall)),
        _line("Pearson", _number(found.pearson.value), _interval(found.pearson)),
    ]

    lines.append(_line("mean absolute difference", _difference(found.mean_absolute_difference)))
    lines.append(_line("overlap of the", "value", "by chance   tied at the edge in A, in B"))
    for tail in found.tails:
        tied_a, tied_b = tail.tied
        rest = f"{tail.chance:>9.4f}   {tied_a:.2%}, {tied_b:.2%}"
        lines.append(_line(f"{tail.end} {tail.fraction:.0%}", _number(tail.overlap), rest))

    tied_a, tied_b = found.tied
    lines.append(f"tied with another example: {tied_a:.2%} of A, {tied_b:.2%} of B")
    return lines


def class_lines(
    classes: Mapping[int, Agreement], names: Mapping[int, str] = MappingProxyType({})
) -> list[str]:
    """The agreement within each class; nothing if there are no classes."""
    if not classes:
        return []

    lines = []
    labels = list(classes)
    if len(labels) > MOST_CLASSES:
        by_agreement = sorted(labels, key=lambda label: _known_first(classes[label]))
        labels = by_agreement[:MOST_CLASSES]
        lines.append(
            f"the {MOST_CLASSES} of {len(classes)} classes that agree least (--json prints all)"
        )

    rows = []
    for label, text in zip(labels, label_texts(labels, names), strict=True):
        rows.append(_class_row(text, classes[label]))
    align = "".join(_CLASS_COLUMNS.values())
    lines.append(table(list(_CLASS_COLUMNS), rows, align))
    return lines


def _class_row(label: str, found: Agreement) -> list[str]:
    overlaps = [tail.overlap for tail in found.tails if tail.fraction == 0.1]
    lowest, highest = overlaps
    return [
        label,
        str(found.examples),
        _number(found.spearman.value),
        _interval(found.spearman),
        _number(found.kendall.value),
        _number(found.pearson.value),
        _number(found.mean_absolute_difference),
        _number(lowest),
        _number(highest),
    ]


def _known_first(found: Agreement) -> tuple[bool, float]:
    """A key to sort by agreement, classes of unknown agreement at the end."""
    return math.isnan(found.spearman.value), found.spearman.value


def _line(name: str, value: str, rest: str = "") -> str:
    return f"{name:<26}{value:>8}   {rest}".rstrip()


def _number(value: float) -> str:
    if math.isnan(value):
        return _UNKNOWN
    return f"{value:.4f}"


def _difference(value: float) -> str:
    if math.isnan(value):
        return "not comparable: scores outside 0..1"
    return _number(value)


def _interval(estimate: Estimate) -> str:
    if math.isnan(estimate.low):
        return _UNKNOWN
    return f"{estimate.low:>7.4f} .. {estimate.high:>7.4f}"
