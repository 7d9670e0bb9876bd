"""The exceptions of the package; each is also the builtin one that a caller would expect.

A message says what is wrong, what was found against what was expected, the consequence and the remedy, in one line: the
commands print it as it is and end with exit code 2.
"""


class CscoreDataError(Exception):
    """Anything that the user can mend."""


class InvalidInputError(CscoreDataError, ValueError):
    """A value, an array or a file that cannot be used as it is."""


class MismatchError(CscoreDataError, ValueError):
    """Two things that must agree (a store and a configuration, scores and images) do not."""


class IncompleteCubeError(CscoreDataError, ValueError):
    """A cube in which pieces are still missing."""


class StoreError(CscoreDataError, OSError):
    """A store that cannot be read or written, or that is none of ours."""


class DownloadError(CscoreDataError, OSError):
    """A file that could not be fetched, or whose bytes are not the expected ones."""


class DivergedError(CscoreDataError, ArithmeticError):
    """Runs whose training ended in infinities or NaN."""
