"""The hash by which git names the content of a file."""

import hashlib


class GitBlobHash:
    """A hash object like those of hashlib, for what ``git hash-object FILE`` prints.

    git hashes the length before the content, so the content is kept until the end.

    Examples
    --------
    ``printf hello | git hash-object --stdin`` prints the same:

    >>> blob_hash = GitBlobHash()
    >>> blob_hash.update(b"hel")
    >>> blob_hash.update(b"lo")
    >>> blob_hash.hexdigest()
    'b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0'
    """

    def __init__(self) -> None:
        self._content = bytearray()

    def update(self, data: bytes) -> None:
        """Add bytes to the content."""
        self._content += data

    def hexdigest(self) -> str:
        """The hash of the content so far, 40 hexadecimal digits."""
        sha = hashlib.sha1(b"blob %d\0" % len(self._content), usedforsecurity=False)
        sha.update(self._content)
        return sha.hexdigest()
