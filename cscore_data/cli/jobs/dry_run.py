"""What training a study would take: pieces, space, requests and time; needs jax."""

from cscore_data.cli.jobs.study_report import print_study
from cscore_data.storage.pieces import objects_per_piece, requests_per_piece
from cscore_data.studies.estimate import estimate_seconds
from cscore_data.studies.study import Study, planned_pieces, stored_record
from cscore_data.training.device import device_name

#: On disk, measured on cubes of MNIST and digits: `correct` and `held_out` together, and with
#: `margin` and `prediction`.
_BITS_PER_CELL = {"correct": 1.5, "margin": 12.0}

#: What reduce-cscores averages on two cores, measured on a cube of 9 x 1000 x 50000.
_CELLS_PER_SECOND = 3e8


def print_estimate(study: Study, *, overwrite: bool) -> None:
    """Print what training the study would take, without writing anything."""
    pieces, runs_per_chunk = planned_pieces(study, overwrite=overwrite)
    models_to_train = sum(len(piece.pending) for piece in pieces)
    print_study(study, models_to_train)
    if not pieces:
        print(f"{study.path} is complete already, or its other parts are; there is nothing to do")
        return

    cells = len(study.plan.ratios) * study.runs * len(study.examples)
    sizes = []
    for record, bits in _BITS_PER_CELL.items():
        sizes.append(f"{cells * bits / 8e6:.3g} MB with --record {record}")
    record = stored_record(study, overwrite=overwrite)
    files = len(pieces) * objects_per_piece(len(study.examples), record)
    requests = len(pieces) * requests_per_piece(len(study.examples), record)
    print(f"recipe: {study.recipe.to_json()}")
    print(f"pieces: {len(pieces)} of {runs_per_chunk} runs each")
    print(f"on disk when done: about {', '.join(sizes)} (this study: {record})")
    print(f"files: {files} to write, about {requests} requests to an object store")
    print(f"reduction: about {duration(cells / _CELLS_PER_SECOND)} on a laptop")

    # Last, as it is measured, which takes a while.
    seconds = estimate_seconds(study, pieces, runs_per_chunk)
    print(
        f"time: about {duration(seconds)} on {device_name()}, from measured steps of training; "
        "nothing written"
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
