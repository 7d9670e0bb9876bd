"""What training a study would take: pieces, space, requests and time; needs jax."""

from cscore_data.cli.jobs.study_report import count_runs, print_study
from cscore_data.data.plurals import counted
from cscore_data.storage.pieces import objects_per_piece, requests_per_piece
from cscore_data.studies.estimate import estimate_seconds
from cscore_data.studies.study import Study, planned_pieces, stored_record
from cscore_data.training.device import device_name

#: On disk. `correct` and `held_out` together take 1.1 bits in a cube of digits (9 x 24 runs), 1.0
#: in one of MNIST (9 x 8) and 1.4 in one of Banking77 (3 x 10); with `margin` and `prediction` it
#: is 9.3, 12.1 and 10.0 bits.
_BITS_PER_CELL = {"correct": 1.2, "margin": 11.0}

#: What reduce-cscores reads on two cores: measured on a cube of 9 x 1000 x 50000; with margins, all
#: statistics took 7.5 times as long as the C-scores alone, on one of 9 x 96 x 60000.
_CELLS_PER_SECOND = {"correct": 3e8, "margin": 4e7}


def print_estimate(study: Study, *, overwrite: bool, at_most: bool = False) -> None:
    """Print what training the study would take, without writing anything.

    Parameters
    ----------
    study : Study
    overwrite : bool
        As for `open_study`.
    at_most : bool
        Training may end before all of it is trained.
    """
    pieces, runs_per_chunk = planned_pieces(study, overwrite=overwrite)
    print_study(study, count_runs(pieces), at_most=at_most)
    if not pieces:
        print(f"{study.path} is complete already, or its other parts are; there is nothing to do")
        return

    # On disk, a cell of a test example takes about as much as one of a training example.
    models = len(study.plan.ratios) * study.runs
    cells = models * len(study.examples)
    stored_cells = cells + models * study.test_size
    sizes = []
    for record, bits in _BITS_PER_CELL.items():
        sizes.append(f"{stored_cells * bits / 8e6:.3g} MB with --record {record}")
    record = stored_record(study, overwrite=overwrite)
    sizes_of_piece = (len(study.examples), record)
    tested = study.test_size
    files = len(pieces) * objects_per_piece(*sizes_of_piece, test_examples=tested)
    requests = len(pieces) * requests_per_piece(*sizes_of_piece, test_examples=tested)
    print(f"recipe: {study.recipe.to_json()}")
    print(f"pieces: {len(pieces)} of {counted(runs_per_chunk, 'run')} each")
    print(f"on disk when done: about {', '.join(sizes)} (this study: {record})")
    print(f"files: {files} to write, about {requests} requests to an object store")
    print(f"reduction: about {duration(cells / _CELLS_PER_SECOND[record])} on a laptop")

    # Last, as it is measured, which takes a while.
    seconds = estimate_seconds(study, pieces, runs_per_chunk)
    device = device_name().rpartition(": ")[2]
    print(
        f"time: about {duration(seconds)} on this machine ({device}), from measured steps of "
        "training; nothing written"
    )


def duration(seconds: float) -> str:
    """A length of time in the largest unit of which it has at least two.

    Examples
    --------
    >>> duration(90), duration(5400), duration(360_000)
    ('90 seconds', '90.0 minutes', '4.2 days')
    """
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"
