import gzip
import io
import tarfile

import pytest

from cscore_data.data.archives import gunzip, read_members
from cscore_data.errors import InvalidInputError
from image_files import tar_gz, write


def test_a_gzip_file_is_unpacked_up_to_one_byte_over_the_limit(tmp_path):
    path = write(tmp_path / "a.gz", gzip.compress(bytes(1000)))
    assert len(gunzip(path, 1000)) == 1000
    assert len(gunzip(path, 10)) == 11
    with pytest.raises(InvalidInputError, match="not a readable gzip file"):
        gunzip(write(tmp_path / "a.gz", b"plain"), 10)


def test_only_wanted_members_are_read(tmp_path):
    path = write(tmp_path / "a.tar.gz", tar_gz([("a", b"1"), ("b", b"22"), ("c", b"333")]))
    found = read_members(path, ["c", "a"], limit=1 << 20)
    assert {name: bytes(content) for name, content in found.items()} == {"c": b"333", "a": b"1"}


def test_members_that_are_missing_repeated_or_no_plain_files_are_refused(tmp_path):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("twice"))
        archive.addfile(tarfile.TarInfo("twice"))
        link = tarfile.TarInfo("link")
        link.type = tarfile.SYMTYPE
        archive.addfile(link)
    path = write(tmp_path / "a.tar.gz", content.getvalue())
    for name, message in (
        ("none", "found no none, expected one"),
        ("twice", "found 2 twice, expected one"),
        ("link", "link is not a plain file"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            read_members(path, [name], limit=1 << 20)


def test_an_archive_over_the_limit_is_refused(tmp_path):
    path = write(tmp_path / "a.tar.gz", tar_gz([("a", bytes(1000))]))
    with pytest.raises(InvalidInputError, match="unpacks to more than 999 bytes"):
        read_members(path, ["a"], limit=999)
