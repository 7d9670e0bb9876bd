"""Ways to find wrong labels: ours, cleanlab's, and a plain one; each gives a suspicion."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr

from cscore_data import Examples, Plan, find_mislabelled, reduce_cube
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study
from cscore_data.training.recipe import Recipe

#: Neighbours that are asked for their labels.
_NEIGHBOURS = 10

FOLDS = 5


@dataclass
class Found:
    """What a detector says.

    Attributes
    ----------
    suspicion : dict of str to float (example,)
        High where the label is probably wrong, by the name of the score.
    called : bool (example,), optional
        The examples that it calls mislabelled.
    models : int
        Models that it trained.
    seconds : float
        From the labels to the scores.
    """

    suspicion: dict[str, np.ndarray]
    called: np.ndarray | None
    models: int
    seconds: float


def timed(detect: Callable[[], Found]) -> Found:
    """Call a detector and note how long it took."""
    began = time.perf_counter()
    found = detect()
    found.seconds = time.perf_counter() - began
    return found


# ---- ours


def by_holdout(examples: Examples, recipe: Recipe, ratio: float, runs: int) -> Found:
    """Held-out margins of models on balanced subsets, from a cube as the command writes it."""
    plan = Plan(len(examples), (ratio,), subsets="balanced")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cube.zarr"
        study = Study(examples, plan, recipe, runs, path, record="margin")
        cube = open_study(study, command="benchmark")
        train_pending(study, cube, fsync=False)
        scores = reduce_cube(cube.dataset).load()
    suspects = find_mislabelled(scores).sortby("example")
    suspicion = {
        "score": lowest_first(suspects["score"]),
        "margin": lowest_first(scores["margin"]),
        "cscore": lowest_first(scores["cscore"]),
    }
    return Found(suspicion, suspects["mislabelled"].values, runs, 0.0)


def lowest_first(score: xr.DataArray) -> np.ndarray:
    """Minus a score; examples without one are the least suspicious."""
    return -score.fillna(score.max()).values


# ---- cleanlab's


def by_cross_validation(
    make_model: Callable[[int], Any], points: np.ndarray, label: np.ndarray, repeats: int
) -> Found:
    """Five-fold held-out probabilities, ranked and judged as cleanlab does."""
    probability = np.zeros((len(label), label.max() + 1))
    for repeat in range(repeats):
        for train, test in folds(label, seed=repeat):
            model = make_model(repeat)
            with warnings.catch_warnings():
                # That training ends after a given number of epochs is meant.
                warnings.simplefilter("ignore")
                model.fit(points[train], label[train])
            columns = model.classes_
            rows = model.predict_proba(points[test])
            probability[np.ix_(test, columns)] += rows / repeats
    return Found(
        suspicions(probability, label),
        cleanlab_issues(probability, label),
        FOLDS * repeats,
        0.0,
    )


def folds(label: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Training and test rows of five folds with equal shares of the classes."""
    from sklearn.model_selection import StratifiedKFold

    with warnings.catch_warnings():
        # Classes with fewer than five examples.
        warnings.simplefilter("ignore")
        yield from StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(label, label)


def suspicions(probability: np.ndarray, label: np.ndarray) -> dict[str, np.ndarray]:
    """cleanlab's two scores of label quality, turned round."""
    rows = np.arange(len(label))
    own = probability[rows, label]
    others = probability.copy()
    others[rows, label] = -np.inf
    return {"self_confidence": -own, "normalized_margin": others.max(axis=1) - own}


def cleanlab_issues(probability: np.ndarray, label: np.ndarray) -> np.ndarray | None:
    """What `find_label_issues` of cleanlab calls mislabelled; None where it is not installed."""
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        return None
    probability = probability / probability.sum(axis=1, keepdims=True)
    return np.asarray(find_label_issues(label, probability, n_jobs=1))


def sklearn_mlp(recipe: Recipe) -> Callable[[int], Any]:
    """scikit-learn's network of the same widths, batches and epochs, with its own optimizer."""
    from sklearn.neural_network import MLPClassifier

    def make(seed: int) -> Any:
        return MLPClassifier(
            recipe.hidden, batch_size=recipe.batch_size, max_iter=recipe.epochs, random_state=seed
        )

    return make


def logistic_regression(seed: int) -> Any:
    """scikit-learn's, on standardized columns."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))


# ---- without models


def by_neighbours(points: np.ndarray, label: np.ndarray) -> Found:
    """The share of the nearest neighbours that have another label."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=_NEIGHBOURS + 1).fit(points)
    # The first neighbour is the example itself, or its copy.
    neighbours = search.kneighbors(return_distance=False)[:, :_NEIGHBOURS]
    other = label[neighbours] != label[:, None]
    return Found({"disagreement": other.mean(axis=1)}, None, 0, 0.0)


def shortened(recipe: Recipe, epochs: int | None) -> Recipe:
    """The recipe with another number of epochs, if one is given."""
    return recipe if epochs is None else replace(recipe, epochs=epochs)
