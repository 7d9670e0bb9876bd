import jax
import jax.numpy as jnp
import numpy as np

from cscore_data.training.networks.batch_norm import Statistics, batch_norm


def test_batch_norm_does_not_count_what_fills_up_a_batch():
    x = jax.random.normal(jax.random.key(0), (6, 3, 4, 5)) * 3 + 1
    running = Statistics(jnp.full(5, 0.5), jnp.full(5, 2.0))
    weight = jnp.array([1, 1, 1, 1, 0, 0.0])
    out, (mean, variance) = batch_norm(x, running, weight, keep=0.9, epsilon=1e-5)
    whole = np.asarray(x[:4]).reshape(-1, 5)
    np.testing.assert_allclose(
        out[:4].reshape(-1, 5), (whole - whole.mean(0)) / np.sqrt(whole.var(0) + 1e-5), atol=1e-5
    )
    np.testing.assert_allclose(mean, 0.9 * 0.5 + 0.1 * whole.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.9 * 2 + 0.1 * whole.var(0), rtol=1e-5)


def test_batch_norm_in_evaluation_takes_the_running_averages_and_leaves_them():
    x = jax.random.normal(jax.random.key(0), (6, 3, 4, 5))
    running = Statistics(jnp.full(5, 0.5), jnp.full(5, 2.0))
    out, after = batch_norm(x, running, None, keep=0.9, epsilon=0)
    np.testing.assert_allclose(out, (x - 0.5) / np.sqrt(2), rtol=1e-5, atol=1e-6)
    assert after is running
