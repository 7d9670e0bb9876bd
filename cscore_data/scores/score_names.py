"""What arrays and columns of scores are called in other projects' files, and which way they point.

A C-score is higher for more regular examples. Many others are higher for harder ones.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Sense(NamedTuple):
    """How scores of a name become scores that are higher for more regular examples.

    Attributes
    ----------
    what : str
        What is done, with ``{}`` for the name, for titles and attributes; empty if nothing is.
    turn : callable
        From the scores as they are to those.
    """

    what: str
    turn: Callable[[np.ndarray], np.ndarray]


AS_IT_IS = Sense("", lambda score: score)
MEMORIZATION = Sense("1 - {}", lambda score: 1 - score)
HARDER = Sense("-{}", lambda score: -score)

#: Names that mean a score, the surest first. `tr_mem` is Feldman and Zhang's; the metrics that
#: Sorscher et al. published for pruning are all higher for harder examples. `mean` goes with `var`,
#: and `arr_0` is what numpy calls an array without a name.
SENSES = {
    "cscore": AS_IT_IS,
    "score": AS_IT_IS,
    "scores": AS_IT_IS,
    "tr_mem": MEMORIZATION,
    "memorization": MEMORIZATION,
    "memorization_score": MEMORIZATION,
    "el2n": HARDER,
    "grand": HARDER,
    "forgetting": HARDER,
    "forgetting_events": HARDER,
    "ddd": HARDER,
    "influence_max": HARDER,
    "influence_sum_abs": HARDER,
    "supervised_prototypes": HARDER,
    "self_supervised_prototypes": HARDER,
    "prototype_distance": HARDER,
    "difficulty": HARDER,
    "mean": AS_IT_IS,
    "arr_0": AS_IT_IS,
}

#: What a file of pickles must become: nothing is ever unpickled here.
PICKLES = (".pkl", ".pickle", ".p")


def score_name(names: Iterable[str]) -> str | None:
    """The name of the score among these; None if there is none.

    Upper case, blanks and hyphens make no difference.

    Examples
    --------
    >>> score_name(["filename", "EL2N", "note"]), score_name(["pixel0"])
    ('EL2N', None)
    """
    known = {_plain(name): name for name in reversed(list(names))}
    for name in SENSES:
        if name in known:
            return known[name]
    return None


def sense_of(name: str) -> Sense:
    """How scores of this name are turned."""
    return SENSES[_plain(name)]


def name_of_lone_array(path: Path) -> str:
    """What the only array of a file is, which has no name: memorization if the file says so.

    Examples
    --------
    >>> name_of_lone_array(Path("cifar10_memorization.npy")), name_of_lone_array(Path("mine.npy"))
    ('memorization', 'cscore')
    """
    return "memorization" if "memorization" in path.stem.lower() else "cscore"


def pickle_remedy(path: Path) -> str:
    """Two lines of Python that turn a pickle into a file that can be read, as one line."""
    return (
        "pickles can run any program and are never opened here; if you trust it, convert it once: "
        f"scores = __import__('pickle').load(open({str(path)!r}, 'rb')); "
        f"__import__('numpy').save({str(path.with_suffix('.npy'))!r}, scores)"
    )


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
