import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from cscore_data.errors import InvalidInputError
from cscore_data.scores.detection import detection_quality


def test_figures_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    wrong = random.random(500) < np.linspace(0.6, 0.01, 500)
    suspicion = -np.arange(500)
    found = detection_quality(wrong, at=(10, 1000))
    assert found["AUC"].value == pytest.approx(roc_auc_score(wrong, suspicion))
    expected = average_precision_score(wrong, suspicion)
    assert found["average precision"].value == pytest.approx(expected)
    number = int(wrong.sum())
    assert list(found) == ["AUC", "average precision", "precision at 10", f"precision at {number}"]
    assert found["precision at 10"].value == wrong[:10].mean()


def test_intervals_hold_the_figure_and_shrink_with_examples():
    random = np.random.default_rng(0)
    widths = []
    for examples in (200, 5000):
        wrong = random.random(examples) < np.linspace(0.6, 0.01, examples)
        found = detection_quality(wrong)["average precision"]
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 3


@pytest.mark.parametrize("wrong", [[True, True], [False, False]])
def test_a_truth_without_any_contrast_is_refused(wrong):
    with pytest.raises(InvalidInputError, match="of 2 labels are wrong; expected some"):
        detection_quality(np.array(wrong))
