import jax
import numpy as np
import pytest

from cscore_data.training.networks.lookup import make_model
from cscore_data.training.optimization import learning_rate, predict
from cscore_data.training.recipe import Recipe


def test_learning_rates_at_given_moments():
    triangular = Recipe(learning_rate=0.4, schedule="triangular")
    for progress, expected in [(0, 0), (0.075, 0.2), (0.15, 0.4), (0.575, 0.2), (1, 0)]:
        assert float(learning_rate(triangular, progress)) == pytest.approx(expected, abs=1e-6)
    cosine = Recipe(learning_rate=1, schedule="cosine", warmup=0.2)
    for progress, expected in [(0, 0), (0.1, 0.5), (0.2, 1), (0.6, 0.5), (1, 0)]:
        assert float(learning_rate(cosine, progress)) == pytest.approx(expected, abs=1e-6)


def test_half_the_bits_give_other_logits_which_are_float32_all_the_same():
    model = make_model("mlp", (4, 4), 3, hidden=(8,))
    params, state = model.init(jax.random.key(0), np.zeros((1, 4, 4)))
    images = np.random.default_rng(0).random((5, 4, 4), np.float32)
    exact, rough = (
        predict(Recipe(precision=precision), model, params, state, images, None)[0]
        for precision in ("float32", "bfloat16")
    )
    assert exact.dtype == rough.dtype == np.float32
    np.testing.assert_allclose(exact, rough, atol=0.05)
    assert not np.array_equal(exact, rough)
