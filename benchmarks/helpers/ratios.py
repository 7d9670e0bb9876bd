"""The subset ratios of the benchmarks."""

#: Those of the paper, and of `train-holdout` by default.
RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def even_ratios(count: int) -> tuple[float, ...]:
    """Evenly spaced ratios between 0 and 1; `RATIOS` if there are nine."""
    return tuple(number / (count + 1) for number in range(1, count + 1))
