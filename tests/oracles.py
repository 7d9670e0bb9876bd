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


def gradients(params, x, y, smoothing=0.0):
    """Gradients of the mean cross entropy by back-propagation, written out."""
    activations = [x]
    for weight, bias in params[:-1]:
        activations.append(np.maximum(activations[-1] @ weight + bias, 0))
    logits = activations[-1] @ params[-1][0] + params[-1][1]
    probability = np.exp(logits - logits.max(1, keepdims=True))
    probability /= probability.sum(1, keepdims=True)
    delta = probability - smoothing / logits.shape[1]
    delta[np.arange(len(y)), y] -= 1 - smoothing
    delta /= len(y)
    result = []
    for (weight, _), activation in zip(params[::-1], activations[::-1], strict=True):
        result.append([activation.T @ delta, delta.sum(0)])
        delta = (delta @ weight.T) * (activation > 0)
    return result[::-1]


def train_one(image, label, subset, seed, recipe, *, widths, padded_size):
    """Train one network by SGD with momentum, batch after batch. Returns its logits on all examples.

    `recipe` is a dictionary of hyperparameters by the names that the package gives them.
    """
    x = image.reshape(len(image), -1).astype(np.float32) / np.float32(255)
    params = glorot_mlp(seed, widths)
    velocity = [[np.zeros_like(value) for value in layer] for layer in params]
    batches = -(-len(subset) // recipe["batch_size"])
    if recipe["drop_last"] and len(subset) % recipe["batch_size"] and batches > 1:
        batches -= 1
    steps = recipe["steps"] or recipe["epochs"] * batches
    for step, rate in enumerate(learning_rates(recipe, steps)):
        epoch, place = divmod(step, batches)
        order = epoch_order(seed, epoch, subset, padded_size)
        batch = order[place * recipe["batch_size"] : (place + 1) * recipe["batch_size"]]
        slopes = gradients(params, x[batch], label[batch], recipe["label_smoothing"])
        for layer, speed, slope in zip(params, velocity, slopes, strict=True):
            for part in (0, 1):
                slope[part] = slope[part] + recipe["weight_decay"] * layer[part]
                speed[part] = recipe["momentum"] * speed[part] + slope[part]
                ahead = slope[part] + recipe["momentum"] * speed[part]
                layer[part] = layer[part] - rate * (ahead if recipe["nesterov"] else speed[part])
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


def learning_rates(recipe, steps):
    """The learning rate at each step, from the schedule's definition in words."""
    rates = []
    for step in range(steps):
        done = step / steps
        if recipe["schedule"] == "constant":
            share = 1.0
        elif done < recipe["warmup"]:
            share = done / recipe["warmup"]
        elif recipe["schedule"] == "triangular":
            share = (1 - done) / (1 - recipe["warmup"])
        else:
            share = (1 + np.cos(np.pi * (done - recipe["warmup"]) / (1 - recipe["warmup"]))) / 2
        rates.append(recipe["learning_rate"] * share)
    return rates


def small_inception(params, images, layers):
    """Logits of a SmallInception in training: convolutions as sums, batch norm over the batch, ReLU, global maximum.

    `layers` is a list of layers, each a list of (side, width, stride); `params` as the package has them.
    """
    convolutional, (matrix, bias) = params
    x = images
    for layer, layer_params in zip(layers, convolutional, strict=True):
        outputs = []
        for (side, _, stride), (kernel, scale, shift) in zip(layer, layer_params, strict=True):
            out = convolution(x, kernel, side, stride)
            mean = out.mean((0, 1, 2))
            variance = ((out - mean) ** 2).mean((0, 1, 2))
            out = (out - mean) / (variance + 1e-5) ** 0.5 * scale + shift
            outputs.append(out * (out > 0))
        x = jax.numpy.concatenate(outputs, -1)
    return x.max(2).max(1) @ matrix + bias


def convolution(x, kernel, side, stride):
    """Convolution that keeps the size, or halves it: a sum over the kernel's places."""
    height, width = -(-x.shape[1] // stride), -(-x.shape[2] // stride)
    over = [max((size - 1) * stride + side - full, 0) for size, full in zip((height, width), x.shape[1:3], strict=True)]
    x = jax.numpy.pad(x, [(0, 0), *[(amount // 2, amount - amount // 2) for amount in over], (0, 0)])
    total = 0
    for i in range(side):
        for j in range(side):
            seen = x[:, i : i + stride * (height - 1) + 1 : stride, j : j + stride * (width - 1) + 1 : stride]
            total = total + seen @ kernel[i, j]
    return total
