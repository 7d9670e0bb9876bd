"""Reading of runs piece by piece, where any run can be read at any time."""

from collections.abc import Callable, Sequence

from cscore_data.errors import InvalidInputError
from cscore_data.importers.runs import Found, Refused, RunBlock
from cscore_data.storage.pieces import Piece

#: From the place of a ratio and numbers of runs, ascending, to what they are.
Build = Callable[[int, list[int]], RunBlock]


def read_in_pieces(
    build: Build, has_run: Callable[[int, int], bool]
) -> Callable[[Sequence[Piece]], Found]:
    """A function for `Runs.read` that reads all runs of a piece together.

    If that fails, they are read one by one, so that only those that are not sound are refused.

    Parameters
    ----------
    build : callable
        Reads runs; raises `InvalidInputError`, in one line that names a run, if one is not sound.
    has_run : callable
        From the place of a ratio and the number of a run to whether there is such a run.
    """

    def read(pieces: Sequence[Piece]) -> Found:
        for piece in pieces:
            runs = [run for run in piece.pending if has_run(piece.index, run)]
            if not runs:
                continue
            try:
                yield build(piece.index, runs)
            except InvalidInputError:
                for run in runs:
                    yield _alone(build, piece.index, run)

    return read


def _alone(build: Build, ratio: int, run: int) -> RunBlock | Refused:
    try:
        return build(ratio, [run])
    except InvalidInputError as error:
        return Refused(str(error))
