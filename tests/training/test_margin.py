import numpy as np
import pytest

from cscore_data import margin_of
from cscore_data.design.plan import Plan
from cscore_data.errors import InvalidInputError
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer


def softmax(logits):
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def test_a_margin_is_the_log_odds_of_the_label():
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (4, 50, 7))
    label = random.integers(0, 7, (4, 50))
    p = np.take_along_axis(softmax(logits), label[..., None], -1)[..., 0]
    np.testing.assert_allclose(margin_of(logits, label), np.log(p / (1 - p)), rtol=1e-9)
    np.testing.assert_allclose(
        margin_of(softmax(logits), label, probabilities=True), np.log(p / (1 - p)), rtol=1e-9
    )


def test_a_margin_is_stable_where_probabilities_are_not():
    np.testing.assert_array_equal(margin_of([[1000.0, 0.0], [0.0, 1000.0]], [0, 0]), [1000, -1000])


@pytest.mark.parametrize(
    ("logits", "label", "message"),
    [
        ([[0.0, np.nan]], [0], "found NaN"),
        ([[0.0, 1.0]], [2], "label: found 2..2, expected 0..1"),
        ([[0.0, 1.0]], [-1], "label: found -1"),
        ([[0.0, 1.0]], [0, 1], "found shape"),
        ([[0.0, 1.0]], [0.5], "expected"),
    ],
)
def test_what_is_not_logits_and_labels_is_refused(logits, label, message):
    with pytest.raises(InvalidInputError, match=message):
        margin_of(logits, label)
    with pytest.raises(InvalidInputError, match=r"outside 0\.\.1"):
        margin_of([[2.0, 0.0]], [0], probabilities=True)


def test_a_trainer_gives_margins_and_predictions_and_the_same_models(blobs):
    plan = Plan(len(blobs), (0.5,))
    draw = plan.draw(0.5, range(3))
    recipe = Recipe(hidden=(8,), batch_size=16, epochs=2)
    label = blobs.class_index()
    outcomes = []
    for with_margins in (False, True):
        trainer = Trainer(
            blobs.image, label, recipe, lanes=2, largest_subset=60, with_margins=with_margins
        )
        outcomes.append(trainer.train(draw.subsets, draw.seeds))
    without, found = outcomes
    assert without.margin is None
    assert without.prediction is None
    np.testing.assert_array_equal(found.correct, without.correct)
    np.testing.assert_array_equal(found.prediction == label, found.correct)
    assert found.margin.shape == found.correct.shape
    assert found.margin.dtype == np.float32
    # With three classes, a label with p > 1/2 is always right and with p < 1/3 always wrong.
    assert found.correct[found.margin > 0].all()
    assert not found.correct[found.margin < np.log(0.5) - 1e-3].any()
