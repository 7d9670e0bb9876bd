"""The exceptions of the package; each is also the builtin one that a caller would expect.

A message says in one line what is wrong, what was found and what was expected, the consequence and
the remedy. The commands print it as it is and end with exit code 2.
"""

import re
import shutil

#: What Python calls an object without a better name, such as ``<_io.BytesIO object at 0x7f0000>``.
_ADDRESS = re.compile(r"\s*<[^<>]* at 0x[0-9a-fA-F]+>")

#: With what a message of the system begins.
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")

#: Stands for what a shortened text lacks.
_LEFT_OUT = " ... "


class CscoreDataError(Exception):
    """Anything that the user can fix."""


class InvalidInputError(CscoreDataError, ValueError):
    """A value, an array or a file that cannot be used as it is."""


class MismatchError(CscoreDataError, ValueError):
    """Two things that must agree (a store and a configuration, scores and images) do not."""


class IncompleteCubeError(CscoreDataError, ValueError):
    """A cube in which pieces are still missing."""


class StoreError(CscoreDataError, OSError):
    """A store that cannot be read or written, or that is not a cscore_data store."""


class StoreExistsError(StoreError):
    """A new store was to be created where there is already something."""


class DownloadError(CscoreDataError, OSError):
    """A file that could not be fetched, or whose bytes are not the expected ones."""


class DivergedError(CscoreDataError, ArithmeticError):
    """Runs whose training ended in infinities or NaN."""


def reason(error: BaseException, *, longest: int = 300) -> str:
    r"""What went wrong, in one line, for use in a longer message.

    Network libraries wrap errors in other errors; the innermost one says what happened. The message
    of another program is shortened to `longest` characters and loses its memory addresses; one of
    this package stays whole, as it ends with what to do.

    Examples
    --------
    >>> reason(ValueError("first line\nsecond line"))
    'first line second line'
    >>> reason(KeyError())
    'KeyError'
    >>> reason(ValueError("cannot read <_io.BytesIO object at 0x7fadb6963b50>"))
    'cannot read'
    """
    inner = _inner(error)
    while inner is not None:
        error = inner
        inner = _inner(error)
    if isinstance(error, CscoreDataError):
        return " ".join(str(error).split())
    text = _ADDRESS.sub("", str(getattr(error, "strerror", None) or _first_of_many(error)))
    return shortened(" ".join(text.split()), longest) or type(error).__name__


def shortened(text: str, longest: int) -> str:
    """At most `longest` characters of a text: its beginning and its end.

    Examples
    --------
    >>> shortened("found a, b, c, d, e, f, g, h, i, j; expected x", 30)
    'found a, b, c,  ... expected x'
    """
    if len(text) <= longest:
        return text
    end = longest // 3
    beginning = longest - end - len(_LEFT_OUT)
    return text[:beginning] + _LEFT_OUT + text[-end:]


def _first_of_many(error: BaseException) -> BaseException | str:
    """The first message of an error of `shutil`, which lists one for each file; others as is."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        for *_, message in error.args[0]:
            return _NUMBER.sub("", str(message))
    return error


def _inner(error: BaseException) -> BaseException | None:
    """The error inside `error`, if any: requests wraps urllib3's, which wraps the system's."""
    candidates = [getattr(error, "reason", None), *error.args[:1]]
    for candidate in candidates:
        if isinstance(candidate, BaseException):
            return candidate
    return None
