"""Plain-loop twins of the fast code: one model at a time, one example at a time. They import nothing of the package."""

import itertools

import jax
import numpy as np


def glorot_mlp(seed, widths):
    """Initial weights of a fully connected network, drawn as the recipe says: [(weight, bias), …] float32."""
    key = jax.random.fold_in(jax.random.wrap_key_data(seed, impl="threefry2x32"), 0)
    params = []
    for fan_in, fan_out in itertools.pairwise(widths):
        key, weight_key, bias_key = jax.random.split(key, 3)
        # A normal cut off at two standard deviations, scaled so that what is left has variance 2 / (in + out).
        scale = np.sqrt(2 / (fan_in + fan_out)) / 0.87962566103423978
        weight = scale * jax.random.truncated_normal(weight_key, -2, 2, (fan_in, fan_out))
        params.append([np.asarray(weight), 0.01 * np.asarray(jax.random.normal(bias_key, (fan_out,)))])
    return params


def epoch_order(seed, epoch, subset, padded_size):
    """The order in which epoch number `epoch` visits `subset`: by the random bits of its entries."""
    key = jax.random.fold_in(jax.random.wrap_key_data(seed, impl="threefry2x32"), 1 + epoch)
    bits = np.asarray(jax.random.bits(key, (padded_size,)))[: len(subset)]
    return np.asarray(subset)[np.argsort(bits, kind="stable")]


def logits_of(params, x):
    for weight, bias in params[:-1]:
        x = np.maximum(x @ weight + bias, 0)
    return x @ params[-1][0] + params[-1][1]


def gradients(params, x, y):
    """Gradients of the mean cross entropy by back-propagation, written out."""
    activations = [x]
    for weight, bias in params[:-1]:
        activations.append(np.maximum(activations[-1] @ weight + bias, 0))
    logits = activations[-1] @ params[-1][0] + params[-1][1]
    probability = np.exp(logits - logits.max(1, keepdims=True))
    probability /= probability.sum(1, keepdims=True)
    delta = probability
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    result = []
    for (weight, _), activation in zip(params[::-1], activations[::-1], strict=True):
        result.append((activation.T @ delta, delta.sum(0)))
        delta = (delta @ weight.T) * (activation > 0)
    return result[::-1]


def train_one(image, label, subset, seed, *, widths, learning_rate, momentum, batch_size, epochs, padded_size):
    """Train one network by SGD with momentum, batch after batch. Returns its logits on all examples."""
    x = image.reshape(len(image), -1).astype(np.float32) / np.float32(255)
    params = glorot_mlp(seed, widths)
    velocity = [[np.zeros_like(value) for value in layer] for layer in params]
    for epoch in range(epochs):
        order = epoch_order(seed, epoch, subset, padded_size)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            for layer, speed, slope in zip(params, velocity, gradients(params, x[batch], label[batch]), strict=True):
                for part in (0, 1):
                    speed[part] = momentum * speed[part] + slope[part]
                    layer[part] = layer[part] - learning_rate * speed[part]
    return logits_of(params, x)


def scores(correct, held_out, *, skip_missing_ratios=False):
    """Count, profile, C-score and standard error by loops over lists of booleans (ratio, run, example)."""
    ratios, runs, examples = len(correct), len(correct[0]), len(correct[0][0])
    count = [[sum(held_out[s][r][e] for r in range(runs)) for e in range(examples)] for s in range(ratios)]
    profile = [[float("nan")] * examples for _ in range(ratios)]
    cscore, stderr = [float("nan")] * examples, [float("nan")] * examples
    for e in range(examples):
        for s in range(ratios):
            if count[s][e]:
                profile[s][e] = sum(correct[s][r][e] and held_out[s][r][e] for r in range(runs)) / count[s][e]
        there = [s for s in range(ratios) if count[s][e]]
        if there and (skip_missing_ratios or len(there) == ratios):
            cscore[e] = sum(profile[s][e] for s in there) / len(there)
            stderr[e] = sum(profile[s][e] * (1 - profile[s][e]) / count[s][e] for s in there) ** 0.5 / len(there)
    return count, profile, cscore, stderr
