"""The exceptions of the package; each is also the builtin one that a caller would expect.

A message says in one line what is wrong, what was found and what was expected, the consequence and
the remedy. The commands print it as it is and end with exit code 2.
"""


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
    r"""What went wrong, in one line of at most `longest` characters, for use in a longer message.

    Network libraries wrap errors in other errors; the innermost one says what happened.

    Examples
    --------
    >>> reason(ValueError("first line\nsecond line"))
    'first line second line'
    >>> reason(KeyError())
    'KeyError'
    """
    inner = _inner(error)
    while inner is not None:
        error = inner
        inner = _inner(error)
    text = str(getattr(error, "strerror", None) or error)
    return " ".join(text.split())[:longest] or type(error).__name__


def _inner(error: BaseException) -> BaseException | None:
    """The error inside `error`, if any: requests wraps urllib3's, which wraps the system's."""
    candidates = [getattr(error, "reason", None), *error.args[:1]]
    for candidate in candidates:
        if isinstance(candidate, BaseException):
            return candidate
    return None
