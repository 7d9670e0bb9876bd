"""Agreement of a cube with published scores, by the number of runs."""

from cscore_data import agreement, align, open_cube, read_scores, reduce_cube


def numbers_of_runs(path: str) -> list[int]:
    """1, 2, 5, 10, 20, 50, … and all runs that the cube at `path` has at every ratio."""
    most = int(open_cube(path)["done"].all("ratio").sum())
    numbers = []
    power = 1
    while power < most:
        numbers += [power, 2 * power, 5 * power]
        power *= 10
    smaller = [number for number in numbers if number < most]
    return [*smaller, most]


def agreement_of_runs(path: str, published: str, runs: int) -> dict[str, float]:
    """Spearman and overlap of the lowest 1 %, from the first runs of a cube."""
    cube = open_cube(path).isel(run=slice(runs))
    ours = reduce_cube(cube, skipna=True).compute()
    aligned = align(ours, read_scores(published).load())
    found = agreement(aligned.a, aligned.b, resamples=50)
    result = {"spearman": found.spearman.value}
    for tail in found.tails:
        if tail.end == "lowest" and tail.fraction == 0.01:
            result["lowest_1_percent_overlap"] = tail.overlap
    return result
