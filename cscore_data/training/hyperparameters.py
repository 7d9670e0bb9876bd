"""Declare a hyperparameter once: default, meaning, valid values, flag."""

import dataclasses
import typing
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cscore_data.errors import InvalidInputError


class Check(NamedTuple):
    """Which values a hyperparameter may have.

    Attributes
    ----------
    is_valid : callable
        ``is_valid(value) -> bool``.
    expected : str
        The valid values in words, for error messages; ``{name}`` stands for the hyperparameter.
    """

    is_valid: Callable[[Any], bool]
    expected: str


positive = Check(lambda value: 0 < value < float("inf"), "a number > 0")
not_negative = Check(lambda value: 0 <= value < float("inf"), "a number >= 0")
at_least_one = Check(lambda value: value >= 1, "a number >= 1")
share = Check(lambda value: 0 <= value < 1, "0 <= {name} < 1")
inner_share = Check(lambda value: 0 < value < 1, "0 < {name} < 1")


def one_of(choices: Sequence[str]) -> Check:
    """Only these names are valid."""
    return Check(lambda value: value in choices, f"one of {', '.join(choices)}")


class Flag(NamedTuple):
    """A hyperparameter as a command-line flag.

    Attributes
    ----------
    name : str
        As in the dataclass, such as ``learning_rate``.
    kind : type
        ``str``, ``int``, ``float`` or ``bool``: what each value is.
    several : bool
        The flag takes one value or more, not exactly one.
    help : str
        What it means, without its default.
    choices : sequence of str or None
        The valid values, where they have names.
    metavar : str or None
        The placeholder for a value in the help text, if not the default of `argparse`.
    """

    name: str
    kind: type
    several: bool
    help: str
    choices: Sequence[str] | None
    metavar: str | None


def hyper(
    default: Any,
    help: str,
    *,
    check: Check | None = None,
    choices: Sequence[str] | None = None,
    metavar: str | None = None,
) -> Any:
    """Declare a dataclass field that is a hyperparameter.

    Parameters
    ----------
    default : object
    help : str
        What it means, in one phrase.
    check : Check, optional
        Its valid values; None is valid as well where it is the default.
    choices : sequence of str, optional
        The valid values, where they have names; takes the place of `check`.
    metavar : str, optional
        The placeholder for a value in the help text.
    """
    if choices is not None:
        check = one_of(choices)
    metadata = {"help": help, "check": check, "choices": choices, "metavar": metavar}
    return dataclasses.field(default=default, metadata=metadata)


def check_values(settings: Any) -> None:
    """Check every field of a dataclass whose fields are declared by `hyper`.

    Raises
    ------
    InvalidInputError
        If a value is not valid.
    """
    for field in dataclasses.fields(settings):
        check = field.metadata["check"]
        value = getattr(settings, field.name)
        is_unset = value is None and field.default is None
        if check is None or is_unset or check.is_valid(value):
            continue
        expected = check.expected.format(name=field.name)
        raise InvalidInputError(f"{field.name}: found {value!r}, expected {expected}")


def flags(settings: type) -> list[Flag]:
    """The flags for the fields of a dataclass, declared by `hyper`, in order."""
    annotations = typing.get_type_hints(settings)
    result = []
    for field in dataclasses.fields(settings):
        annotation = annotations[field.name]
        # The element type of `tuple[int, ...]`, the first of `int | None`, or the type itself.
        arguments = typing.get_args(annotation)
        flag = Flag(
            name=field.name,
            kind=arguments[0] if arguments else annotation,
            several=typing.get_origin(annotation) is tuple,
            help=field.metadata["help"],
            choices=field.metadata["choices"],
            metavar=field.metadata["metavar"],
        )
        result.append(flag)
    return result
