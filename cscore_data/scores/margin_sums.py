"""Sums of margins, and of the probabilities that they stand for, over the runs of one block.

On disk a margin is one of 255 numbers. Whatever a cell adds to the sums then stands in a table
already, with a row for each margin of a held-out run and for each of another run.
"""

import functools
from collections.abc import Iterator, Sequence

import numpy as np

from cscore_data.schema import MARGIN_MISSING, MARGIN_STEP
from cscore_data.scores.block_sums import weighted_sum
from cscore_data.scores.margin_terms import cell_terms
from cscore_data.storage.margins import Packing, unpacked

#: Cells that are worked on at a time, so that intermediate results stay in the cache. Fewer would
#: make more calls to numpy, at each of which threads wait for one another.
_TILE_CELLS = 131_072

#: Runs that are summed up in float32: with more, rounding would show.
_TILE_RUNS = 128

#: How margins are stored; others that could be stored like this use the table, too.
_STORED = Packing(MARGIN_STEP, MARGIN_MISSING)

#: The code of a cell, its row in the table, is the byte of its margin, and this more if held out.
_HELD_OUT = 256


def block_margin_sums(
    margin: np.ndarray,
    held_out: np.ndarray,
    done: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    *,
    names: Sequence[str],
    packing: Packing | None = None,
) -> np.ndarray:
    """Sum margins and what follows from them over the runs.

    Parameters
    ----------
    margin : float (ratio, run, example)
        Where it is not finite it adds nothing to any sum. With `packing`, int.
    held_out : bool (ratio, run, example)
    done : bool (ratio, run, 1), optional
        Only for sums over trained-on runs.
    weight : int64 or float64 (group, run), optional
    names : sequence of str
        Keys of `MARGIN_SUMS`.
    packing : Packing, optional
        Of margins that are whole numbers.

    Returns
    -------
    float64 (sum, ratio, 1, example), or (sum, group, ratio, 1, example) with weights
        Up to 128 runs are summed up in float32.
    """
    ratios, runs, examples = margin.shape
    groups = () if weight is None else (len(weight),)
    sums = np.zeros((len(names), *groups, ratios, 1, examples))
    for ratio in range(ratios):
        for start in range(0, runs, _TILE_RUNS):
            rows = slice(start, start + _TILE_RUNS)
            is_done = None if done is None else done[ratio, rows]
            tiles = _tiles(
                margin[ratio, rows], held_out[ratio, rows], is_done, tuple(names), packing
            )
            some = None if weight is None else weight[:, rows]
            # The table may have more columns than there are names.
            by_name = np.moveaxis(_total(tiles, some), -1, 0)[: len(names)]
            sums[..., ratio, 0, :] += by_name
    return sums


def _total(tiles: Iterator[np.ndarray], weight: np.ndarray | None) -> np.ndarray:
    """The sums of all tiles: float32 or float64 (example, sum), or (group, example, sum)."""
    parts = []
    for terms in tiles:
        if weight is None:
            parts.append(np.add.reduce(terms, axis=0))
        else:
            flat = weighted_sum(terms.reshape(len(terms), -1), weight)
            parts.append(flat.reshape(len(weight), *terms.shape[1:]))
    return np.concatenate(parts, axis=-2)


def _tiles(
    margin: np.ndarray,
    held_out: np.ndarray,
    done: np.ndarray | None,
    names: tuple[str, ...],
    packing: Packing | None,
) -> Iterator[np.ndarray]:
    """What each cell adds to the sums, some examples at a time.

    Parameters
    ----------
    margin, held_out : (run, example)
    done : bool (run, 1), optional
    names, packing
        As in `block_margin_sums`.

    Yields
    ------
    float32 (run, example, sum)
        With as many sums as there are names, or more; overwritten by the next one.
    """
    runs, examples = margin.shape
    step = max(1, _TILE_CELLS // max(1, runs))
    lookup = _Lookup(names, runs * step)
    for start in range(0, examples, step):
        columns = slice(start, start + step)
        tile, is_held_out = margin[:, columns], held_out[:, columns]
        steps = _as_stored(tile) if packing is None else tile
        if steps.dtype == np.int8:
            yield lookup.terms(steps, is_held_out, done, packing or _STORED)
            continue

        if packing is not None:
            tile = unpacked(tile, packing)
        masks = {"held_out": is_held_out}
        if done is not None:
            masks["trained_on"] = done & ~is_held_out
        yield cell_terms(tile.astype(np.float32, copy=False), masks, names)


class _Lookup:
    """Looks up what cells add to the sums, always in the same memory, which stays in the cache."""

    def __init__(self, names: tuple[str, ...], cells: int):
        self._names = names
        self._codes = np.empty(cells, np.uint16)
        self._rows = np.empty(cells, np.intp)
        self._terms = np.empty(cells * _width(names), np.float32)

    def terms(
        self,
        steps: np.ndarray,
        held_out: np.ndarray,
        done: np.ndarray | None,
        packing: Packing,
    ) -> np.ndarray:
        """Float32 (run, example, sum), of margins that are int8."""
        cells = steps.size
        codes = self._codes[:cells].reshape(steps.shape)
        rows = self._rows[:cells].reshape(steps.shape)
        width = _width(self._names)
        terms = self._terms[: cells * width].reshape(*steps.shape, width)

        codes[...] = held_out
        codes *= _HELD_OUT
        codes |= steps.view(np.uint8)
        if done is not None and not done.all():
            codes[~(done | held_out)] = np.array(packing.missing, np.int8).view(np.uint8)
        rows[...] = codes
        # Whatever a code is, it is a row: "clip" only saves the check.
        np.take(_table(self._names, packing), rows, axis=0, mode="clip", out=terms)
        return terms


def _as_stored(margin: np.ndarray) -> np.ndarray:
    """Margins as int8 if they could be stored so without a loss, else as they are."""
    scaled = margin.astype(np.float32) / np.float32(_STORED.scale)
    is_missing = np.isnan(scaled)
    if (scaled == _STORED.missing).any():
        return margin
    scaled[is_missing] = _STORED.missing
    with np.errstate(invalid="ignore"):
        steps = scaled.astype(np.int8)
    return steps if np.array_equal(steps, scaled) else margin


@functools.lru_cache(maxsize=16)
def _table(names: tuple[str, ...], packing: Packing) -> np.ndarray:
    """What a cell adds to the sums, by its code: float32 (code, sum)."""
    code = np.arange(2 * _HELD_OUT)
    margin = unpacked(code.astype(np.uint8).view(np.int8), packing)
    masks = {"held_out": code >= _HELD_OUT, "trained_on": code < _HELD_OUT}
    table = np.zeros((len(code), _width(names)), np.float32)
    table[:, : len(names)] = cell_terms(margin, masks, names)
    return table


def _width(names: tuple[str, ...]) -> int:
    """Columns of the table: rows of 4, 8, 16 or 32 bytes are looked up much faster than others."""
    return 1 << (len(names) - 1).bit_length()
