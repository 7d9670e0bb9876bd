"""How a data set is read, as flags: the same ones for every command that reads one."""

from collections.abc import Mapping
from typing import Any, Optional, TypeVar

from cscore_data.cli.flags import option, path
from cscore_data.cli.output import printable
from cscore_data.data.examples import Examples
from cscore_data.data.options import LoadOptions

FlagsClass = TypeVar("FlagsClass", bound=type)

#: The field after which the flags are added, whichever the command has.
_AFTER = ("dataset", "source")


def source_flags() -> dict[str, tuple[Any, Any]]:
    """The type and the declaration of each flag, by the name that it has in `LoadOptions`."""
    return {
        "label": (
            Optional[str],
            option(
                None,
                "column with the labels (default: label, or another usual name)",
                metavar="COLUMN",
            ),
        ),
        "text": (
            Optional[str],
            option(
                None,
                "column with texts to learn from, by their words and pairs of words (default: "
                "learn from images or numbers)",
                metavar="COLUMN",
            ),
        ),
        "size": (
            Optional[int],
            option(
                None,
                "resize all images to this height and width (default: as they are)",
                metavar="PIXELS",
            ),
        ),
        "labels": (
            Optional[str],
            option(
                None,
                "other labels for the same examples: an npy, npz, csv or pt file, and which of its "
                "arrays or columns (default: the data set's own)",
                type=path,
                metavar="FILE[:KEY]",
            ),
        ),
        "drop_unlabelled": (
            bool,
            option(False, "leave examples without a label out (default: refuse them)"),
        ),
        "skip_damaged": (
            bool,
            option(False, "leave images that cannot be decoded out (default: refuse them)"),
        ),
    }


def with_source_flags(flags_class: FlagsClass) -> FlagsClass:
    """Add a field for each of `LoadOptions`, after the field `dataset` or `source`.

    A class decorator, applied before `dataclass`.
    """
    # The order of annotations is the order of fields, and of the flags in --help.
    annotations: dict[str, Any] = {}
    for name, annotation in flags_class.__annotations__.items():
        annotations[name] = annotation
        if name in _AFTER:
            for flag, (kind, declaration) in source_flags().items():
                annotations[flag] = kind
                setattr(flags_class, flag, declaration)
    flags_class.__annotations__ = annotations
    return flags_class


def load_options(flags: object) -> LoadOptions:
    """The options that are given in `flags`, of a class that was made by `with_source_flags`.

    Raises
    ------
    InvalidInputError
        If one of them is out of range.
    """
    values = {}
    for name in source_flags():
        values[name] = getattr(flags, name)
    return LoadOptions(**values)


def given_or_stored(flags: object, attrs: Mapping[str, Any]) -> LoadOptions:
    """The options that are given in `flags`, or else those with which a cube was made.

    Parameters
    ----------
    flags : object
        Of a class that was made by `with_source_flags`.
    attrs : mapping
        Attributes of the cube or of its scores.

    Raises
    ------
    InvalidInputError
        If one of them is out of range, or the attributes hold something else.
    """
    options = load_options(flags)
    if options.given():
        return options
    return stored_options(attrs)


def stored_options(attrs: Mapping[str, Any]) -> LoadOptions:
    """The options with which the data set of a cube was loaded, from the cube's attributes."""
    return LoadOptions.from_json(attrs.get("dataset_options", "{}"))


def print_notes(examples: Examples) -> None:
    """Print what a user should know about a data set, a line each."""
    for note in examples.notes:
        print(printable(f"note: {note}"))
