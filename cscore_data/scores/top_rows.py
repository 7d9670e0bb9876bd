"""The largest values of each column of a matrix that comes in blocks of rows."""

import numpy as np

#: Rows that are looked at first: all their values are sorted.
_FIRST_ROWS = 256


class TopRows:
    """Keeps the largest values of each column, and the rows in which they are.

    Parameters
    ----------
    columns : int
    top : int
        How many values of each column are kept.

    Attributes
    ----------
    values : float32 (column, top)
        The largest first; minus infinity where there are fewer. NaN counts as none.
    rows : int64 (column, top)
        -1 where there are fewer. Of equal values, those of the first rows.

    Examples
    --------
    >>> found = TopRows(columns=1, top=2)
    >>> found.add(np.array([[3.0], [5.0]], np.float32), first=0)
    >>> found.add(np.array([[4.0], [np.nan]], np.float32), first=2)
    >>> found.values.tolist(), found.rows.tolist()
    ([[5.0, 4.0]], [[1, 2]])
    """

    def __init__(self, columns: int, top: int):
        self.values = np.full((columns, top), -np.inf, np.float32)
        self.rows = np.full((columns, top), -1, np.int64)

    def add(self, block: np.ndarray, *, first: int) -> None:
        """Look at further rows, the first of which has the number `first`: float32 (row, column).

        Rows come in ascending order.
        """
        # Once many rows were seen, few values of the next ones are large enough to be sorted.
        start = 0
        while start < len(block):
            stop = max(first + start, _FIRST_ROWS) + start
            self._add(block[start:stop], first + start)
            start = stop

    def _add(self, block: np.ndarray, first: int) -> None:
        top = self.values.shape[1]
        smallest = self.values[:, -1]
        candidates, columns = np.nonzero(block > smallest)
        if not len(candidates):
            return

        # The candidates and what was kept, of the columns that have candidates.
        changed = np.unique(columns)
        kept_columns = np.repeat(changed, top)
        kept_values = self.values[changed].ravel()
        kept_rows = self.rows[changed].ravel()
        column = np.concatenate([kept_columns, columns])
        value = np.concatenate([kept_values, block[candidates, columns]])
        row = np.concatenate([kept_rows, candidates + first])

        # By column, then the largest value first, then by row; of each column, the first ones.
        order = np.lexsort((row, -value, column))
        starts = np.searchsorted(column[order], changed)
        places = starts[:, np.newaxis] + np.arange(top)
        kept = order[places]
        self.values[changed] = value[kept]
        self.rows[changed] = row[kept]
