"""Feldman and Zhang's checkpoints in a tar archive, on the disk or behind a URL."""

import re
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import PurePosixPath

from cscore_data.errors import InvalidInputError
from cscore_data.importers.aux_arrays import AuxArrays
from cscore_data.importers.heldout_places import PUBLISHED, Layout, Place, place_of, places_layout
from cscore_data.importers.remote_file import RemoteFile
from cscore_data.importers.runs import Found, Refused, RunBlock, number_of_runs
from cscore_data.importers.tar_members import Member, Source, tar_members
from cscore_data.storage.pieces import Piece


def archive_layout(
    source: str, reader: AuxArrays, wanted: list[float] | None, runs: int | None
) -> Layout:
    """The ratios and runs of an archive, and a function that reads them.

    Parameters
    ----------
    source : str
        A path or a URL.
    reader : AuxArrays
    wanted : list of float, optional
        Only these ratios.
    runs : int, optional
        Only so many at each ratio, the first.

    Raises
    ------
    InvalidInputError
        If no run is there, or nothing says which there are.
    """
    ratios, number = _published(source)
    # What is not said of an archive may be more than what is known of it.
    is_guess = bool(number) and runs is None
    is_listed = False
    if wanted is not None:
        ratios = tuple(sorted(wanted))
    number = number if runs is None else number_of_runs(runs, None)
    if ratios and number:
        counts = (number,) * len(ratios)
    elif _is_url(source):
        raise InvalidInputError(
            f"{source}: an archive behind a URL is read once, so say first what is in it, such as "
            "--ratio 0.5 0.7 --runs 100"
        )
    else:
        ratios, counts = places_layout(source, _listed(source, wanted), runs)
        is_listed = True

    def read(pieces: Sequence[Piece]) -> Found:
        pending = {(piece.ratio, run) for piece in pieces for run in piece.pending}
        places = {place for place in pending if place[1] < counts[ratios.index(place[0])]}
        yield from _stream(
            source,
            reader,
            ratios,
            places,
            known_runs=number if is_guess else None,
            to_the_end=is_listed,
        )

    return ratios, counts, read


def _published(source: str) -> tuple[tuple[float, ...], int]:
    """Ratios and runs of one of the authors' archives; none if it is another."""
    name = re.split(r"[/\\]", source.partition("?")[0])[-1]
    return PUBLISHED.get(name.partition(".")[0], ((), 0))


def _stream(
    source: str,
    reader: AuxArrays,
    ratios: tuple[float, ...],
    places: set[tuple[float, int]],
    *,
    known_runs: int | None,
    to_the_end: bool,
) -> Found:
    """The runs at these places as an archive has them; ends when all of them have come.

    If `known_runs` are only what is known of such archives, it is read to its end, and more of them
    are told of. So it is if somebody asks for that, as members that are wrong may come last.
    """
    missing = set(places)
    last = 0
    if not missing:
        return
    with closing(_members(source)) as members:
        for member in members:
            name = f"{source}: {member.name}"
            try:
                place = _place(member)
                if place in places and place not in missing:
                    raise InvalidInputError(f"{name}: found twice in the archive, expected once")
                if place is None or place not in missing:
                    if place is not None and place.ratio in ratios:
                        last = max(last, place.run)
                    continue
                missing.remove(place)
                reader.check_size(member.size, name)
                rows = reader.rows(member.read(), name)
                yield RunBlock(ratios.index(place.ratio), (place.run,), (name,), rows)
            except InvalidInputError as error:
                yield Refused(str(error))
            if not missing and known_runs is None and not to_the_end:
                return
    if known_runs is not None and last >= known_runs:
        yield Refused(
            f"{source}: has runs up to {last}, more than are known of; the same command with "
            f"--runs {last + 1} imports them, too"
        )


def _listed(source: str, wanted: list[float] | None) -> list[Place]:
    """Where the runs of an archive on the disk belong.

    Members that are wrong are told of when they are read.

    Raises
    ------
    InvalidInputError
        If the archive is damaged: nobody knows what it lacks.
    """
    places = []
    try:
        for member in _members(source):
            place = None
            with suppress(InvalidInputError):
                place = _place(member)
            if place is not None and (wanted is None or place.ratio in wanted):
                places.append(place)
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{error}, or say what is in it, such as --ratio 0.5 0.7 --runs 100, to import what "
            "can be read"
        ) from error
    return places


def _members(source: str) -> Generator[Member, None, None]:
    with ExitStack() as stack:
        file: Source
        if _is_url(source):
            file = stack.enter_context(RemoteFile(source))
        else:
            try:
                file = stack.enter_context(open(source, "rb"))
            except OSError as error:
                raise InvalidInputError(
                    f"{source}: cannot be read ({error.strerror}); expected a folder, a tar.gz "
                    "archive, or the URL of one"
                ) from error
        yield from tar_members(file, source)


def _place(member: Member) -> Place | None:
    """Where a member belongs; None if it is no file of a run.

    Raises
    ------
    InvalidInputError
        If it has the name of one, and is a link, or outside of the archive's own folder.
    """
    place = place_of(member.name)
    if place is None:
        return None
    parts = PurePosixPath(member.name).parts
    if ".." in parts or parts[0] == "/" or not member.is_file:
        raise InvalidInputError(
            f"{member.name[:200]}: is no plain file below the archive's own folder, as a run is"
        )
    return place


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))
