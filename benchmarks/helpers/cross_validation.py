"""Held-out results by repeated cross-validation of scikit-learn's network, one model at a time."""

import time
import warnings

import numpy as np

from cscore_data.training.margin import margin_of
from cscore_data.training.standardization import standardize
from helpers.certainty_curves import Cells
from helpers.detectors import folds, sklearn_mlp
from helpers.models import Models


def repeated_cross_validation(models: Models, repeats: int) -> tuple[Cells, float]:
    """Cells of a single ratio, whose runs are repeats, and their median seconds."""
    label = models.examples.class_index()
    image = models.examples.image
    scale = 255 if image.dtype == np.uint8 else 1
    points = image.reshape(len(image), -1) / scale
    points = np.asarray(standardize(points, models.recipe.standardize))

    shape = (1, repeats, len(label))
    correct = np.empty(shape, np.float32)
    margin = np.empty(shape, np.float32)
    seconds = []
    for repeat in range(repeats):
        began = time.perf_counter()
        probability = held_out_probabilities(models, points, label, repeat)
        seconds.append(time.perf_counter() - began)
        correct[0, repeat] = probability.argmax(axis=1) == label
        margin[0, repeat] = margin_of(probability, label, probabilities=True)

    soft = 1 / (1 + np.exp(-margin))
    value = {"cscore": correct, "margin": margin, "soft_cscore": soft}
    held_out = np.ones(shape, bool)
    return Cells(held_out, value, block=1), float(np.median(seconds))


def held_out_probabilities(
    models: Models, points: np.ndarray, label: np.ndarray, repeat: int
) -> np.ndarray:
    """Probabilities of one cross-validation, none of them 0: float (example, class)."""
    make_model = sklearn_mlp(models.recipe)
    probability = np.full((len(label), models.classes), 1e-12)
    for train, test in folds(label, seed=repeat):
        model = make_model(repeat)
        with warnings.catch_warnings():
            # That training ends after a given number of epochs is meant.
            warnings.simplefilter("ignore")
            model.fit(points[train], label[train])
        found = model.predict_proba(points[test])
        probability[np.ix_(test, model.classes_)] = found.clip(1e-12)
    return probability
