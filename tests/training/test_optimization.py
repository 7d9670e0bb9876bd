import jax
import pytest

from cscore_data.training.optimization import learning_rate
from cscore_data.training.recipe import Recipe


def test_learning_rates_at_given_moments():
    rate = jax.jit(learning_rate, static_argnums=0)
    triangular = Recipe(learning_rate=0.4, schedule="triangular")
    for progress, expected in [(0.0, 0), (0.075, 0.2), (0.15, 0.4), (0.575, 0.2), (1.0, 0)]:
        assert float(rate(triangular, progress)) == pytest.approx(expected, abs=1e-6)
    cosine = Recipe(learning_rate=1, schedule="cosine", warmup=0.2)
    for progress, expected in [(0.0, 0), (0.1, 0.5), (0.2, 1), (0.6, 0.5), (1.0, 0)]:
        assert float(rate(cosine, progress)) == pytest.approx(expected, abs=1e-6)
