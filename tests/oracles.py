"""Plain-loop twins of the fast code: one model at a time, one example at a time.

They import nothing from the package.
"""

import itertools
import math

import jax
import numpy as np


def glorot_mlp(seed, widths):
    """Initial weights of a fully connected network: a list of [weight, bias], float32.

    The random numbers are drawn in the order that the recipe prescribes.
    """
    key = jax.random.fold_in(jax.random.wrap_key_data(seed, impl="threefry2x32"), 0)
    params = []
    for fan_in, fan_out in itertools.pairwise(widths):
        key, weight_key, bias_key = jax.random.split(key, 3)
        # A normal distribution cut off at two standard deviations, scaled so that what is left has
        # the variance 2 / (in + out).
        scale = np.sqrt(2 / (fan_in + fan_out)) / 0.87962566103423978
        weight = scale * jax.random.truncated_normal(weight_key, -2, 2, (fan_in, fan_out))
        bias = 0.01 * np.asarray(jax.random.normal(bias_key, (fan_out,)))
        params.append([np.asarray(weight), bias])
    return params


def epoch_order(seed, epoch, subset, padded_size):
    """The order in which epoch number `epoch` visits `subset`: sorted by random bits."""
    key = jax.random.fold_in(jax.random.wrap_key_data(seed, impl="threefry2x32"), 1 + epoch)
    bits = np.asarray(jax.random.bits(key, (padded_size,)))[: len(subset)]
    return np.asarray(subset)[np.argsort(bits, kind="stable")]


def logits_of(params, x):
    """Logits of a fully connected network with ReLUs."""
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
    """Train one network by SGD with momentum, batch by batch; returns its logits on all examples.

    `recipe` is a dictionary of hyperparameters, with the names that the package gives them.
    """
    x = image.reshape(len(image), -1).astype(np.float32) / np.float32(255)
    params = glorot_mlp(seed, widths)
    velocity = [[np.zeros_like(value) for value in layer] for layer in params]
    batch_size = recipe["batch_size"]
    batches = math.ceil(len(subset) / batch_size)
    if recipe["drop_last"] and len(subset) % batch_size and batches > 1:
        batches -= 1
    steps = recipe["steps"] or recipe["epochs"] * batches
    for step, rate in enumerate(learning_rates(recipe, steps)):
        epoch, batch_number = divmod(step, batches)
        order = epoch_order(seed, epoch, subset, padded_size)
        batch = order[batch_number * batch_size : (batch_number + 1) * batch_size]
        slopes = gradients(params, x[batch], label[batch], recipe["label_smoothing"])
        for layer, speed, slope in zip(params, velocity, slopes, strict=True):
            for part in (0, 1):
                slope[part] = slope[part] + recipe["weight_decay"] * layer[part]
                speed[part] = recipe["momentum"] * speed[part] + slope[part]
                ahead = slope[part] + recipe["momentum"] * speed[part]
                layer[part] = layer[part] - rate * (ahead if recipe["nesterov"] else speed[part])
    return logits_of(params, x)


def scores(correct, held_out, *, skip_missing_ratios=False):
    """Held-out count, profile, C-score and standard error, by loops.

    Takes lists of bool (ratio, run, example). Count and profile are lists (ratio, example), the
    other two are lists (example).
    """
    ratios, runs, examples = len(correct), len(correct[0]), len(correct[0][0])
    count = [[0] * examples for _ in range(ratios)]
    profile = [[float("nan")] * examples for _ in range(ratios)]
    cscore = [float("nan")] * examples
    stderr = [float("nan")] * examples
    for e in range(examples):
        for s in range(ratios):
            hits = 0
            for r in range(runs):
                count[s][e] += held_out[s][r][e]
                hits += correct[s][r][e] and held_out[s][r][e]
            if count[s][e]:
                profile[s][e] = hits / count[s][e]
        measured = [s for s in range(ratios) if count[s][e]]
        if measured and (skip_missing_ratios or len(measured) == ratios):
            cscore[e] = sum(profile[s][e] for s in measured) / len(measured)
            variance = sum(profile[s][e] * (1 - profile[s][e]) / count[s][e] for s in measured)
            stderr[e] = variance**0.5 / len(measured)
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
    """Logits of a SmallInception in training.

    Convolutions are sums, batch norm is over the batch, then come ReLU and the global maximum.
    `layers` is a list of layers, each a list of (side, width, stride). `params` has the structure
    that the package uses.
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
    """Convolution with zero padding at a stride of 1 or 2, as a sum over the kernel's cells.

    At stride 1 the output has the size of the input, at stride 2 half of it.
    """
    sizes = [math.ceil(full / stride) for full in x.shape[1:3]]
    padding = []
    for size, full in zip(sizes, x.shape[1:3], strict=True):
        amount = max((size - 1) * stride + side - full, 0)
        padding.append((amount // 2, amount - amount // 2))
    x = jax.numpy.pad(x, [(0, 0), *padding, (0, 0)])
    height, width = (stride * (size - 1) + 1 for size in sizes)
    total = 0
    for i in range(side):
        for j in range(side):
            total = total + x[:, i : i + height : stride, j : j + width : stride] @ kernel[i, j]
    return total


def influences(trained_on, counted, value):
    """Influence of each example on each target, run by run; NaN where runs of a kind are missing.

    `trained_on` is bool (run, example), `counted` bool and `value` float (run, target).
    """
    runs, examples = trained_on.shape
    found = np.full((examples, value.shape[1]), np.nan)
    for example, target in np.ndindex(found.shape):
        groups = {True: [], False: []}
        for run in range(runs):
            if counted[run, target]:
                groups[bool(trained_on[run, example])].append(float(value[run, target]))
        if groups[True] and groups[False]:
            means = {kind: sum(values) / len(values) for kind, values in groups.items()}
            found[example, target] = means[True] - means[False]
    return found
