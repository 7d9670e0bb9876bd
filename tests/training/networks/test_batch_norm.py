import jax
import numpy as np

from cscore_data.training.networks.batch_norm import Statistics, batch_norm


def test_batch_norm_does_not_count_what_fills_up_a_batch():
    x = np.random.default_rng(0).normal(1, 3, (6, 3, 4, 5)).astype(np.float32)
    running = Statistics(np.full(5, 0.5, np.float32), np.full(5, 2, np.float32))
    weight = np.array([1, 1, 1, 1, 0, 0], np.float32)
    out, (mean, variance) = jax.jit(batch_norm)(x, running, weight, keep=0.9, epsilon=1e-5)
    whole = x[:4].reshape(-1, 5)
    expected = (whole - whole.mean(0)) / np.sqrt(whole.var(0) + 1e-5)
    np.testing.assert_allclose(np.asarray(out)[:4].reshape(-1, 5), expected, atol=1e-5)
    np.testing.assert_allclose(mean, 0.9 * 0.5 + 0.1 * whole.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.9 * 2 + 0.1 * whole.var(0), rtol=1e-5)


def test_batch_norm_in_evaluation_takes_the_running_averages_and_leaves_them():
    x = np.random.default_rng(0).normal(size=(6, 3, 4, 5)).astype(np.float32)
    running = Statistics(np.full(5, 0.5, np.float32), np.full(5, 2, np.float32))
    out, after = batch_norm(x, running, None, keep=0.9, epsilon=0)
    np.testing.assert_allclose(out, (x - 0.5) / np.sqrt(2), rtol=1e-5, atol=1e-6)
    assert after is running
