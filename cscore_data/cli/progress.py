"""The progress bar of training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

_LAYOUT = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"


@contextmanager
def progress_bar(models: int, *, shown: bool) -> Iterator[Callable[[float, float], None]]:
    """Show a bar that fills with work rather than models, as large ratios cost more than small.

    Parameters
    ----------
    models : int
        The number of models to train.
    shown : bool
        Show the bar even when not on a terminal.

    Yields
    ------
    callable
        ``report(models, work)``: so many more models were trained, this share of the work.
    """
    # None: silent when not on a terminal.
    disable = False if shown else None
    with tqdm(total=1.0, bar_format=_LAYOUT, disable=disable, mininterval=0.5) as bar:
        trained = 0.0

        def report(new_models: float, work: float) -> None:
            nonlocal trained
            trained += new_models
            rate = trained / max(bar.format_dict["elapsed"], 1e-9)
            bar.set_postfix_str(
                f"{trained:.0f}/{models} models, {rate:.3g} models/s", refresh=False
            )
            bar.update(min(work, 1.0 - bar.n))

        yield report
