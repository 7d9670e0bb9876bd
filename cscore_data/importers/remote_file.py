"""A file behind an HTTP server, read from front to back over as many connections as it takes."""

import io
import time
from typing import Any

from cscore_data.data.download import TIMEOUT
from cscore_data.errors import DownloadError, reason

#: Attempts in a row that bring nothing.
_ATTEMPTS = 6

#: Seconds to wait before the second attempt, twice as long before each further one, at most.
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


class RemoteFile(io.RawIOBase):
    """Reads a file from its beginning, and goes on where it was when a connection breaks.

    Parameters
    ----------
    url : str
        http or https.

    Attributes
    ----------
    position : int
        Bytes that were read.
    size : int or None
        Bytes of the whole file; None until the server has said so.

    Raises
    ------
    DownloadError
        On reading: if the server refuses, has another file by now, cannot go on in the middle, or
        nothing comes any more.
    """

    def __init__(self, url: str):
        self.url = url
        self.position = 0
        self.size: int | None = None
        self._version = ""
        self._response: Any = None

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has arrived, at most as much as there is room for; 0 at the end."""
        import requests
        import urllib3

        failures = (OSError, urllib3.exceptions.HTTPError, requests.RequestException)
        fault = "it sent nothing"
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE))
            try:
                if self._response is None:
                    self._connect()
                # read1 gives what has arrived: a broken connection loses nothing.
                chunk = self._response.raw.read1(len(buffer))
            except DownloadError:
                raise
            except failures as error:
                fault = reason(error)
                self._disconnect()
                continue
            # A connection may also end early without an error.
            if not chunk and self.size is not None and self.position < self.size:
                fault = f"it sent {self.position} of {self.size} bytes"
                self._disconnect()
                continue
            buffer[: len(chunk)] = chunk
            self.position += len(chunk)
            return len(chunk)
        raise DownloadError(
            f"{self.url}: nothing more comes after {self.position} bytes ({fault}); see whether "
            "the server works, and run the same command again"
        )

    def close(self) -> None:
        """Close the connection."""
        self._disconnect()
        super().close()

    def _disconnect(self) -> None:
        if self._response is not None:
            self._response.close()
        self._response = None

    def _connect(self) -> None:
        """Ask for what is left of the file."""
        import requests

        # identity: positions are those of the file itself.
        headers = {"Accept-Encoding": "identity"}
        if self.position:
            headers["Range"] = f"bytes={self.position}-"
        response = requests.get(self.url, stream=True, timeout=TIMEOUT, headers=headers)
        if 400 <= response.status_code < 500 and response.status_code not in (408, 429):
            response.close()
            raise DownloadError(f"{self.url}: {response.status_code} {response.reason}")
        response.raise_for_status()
        self._response = response
        version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        if not self.position:
            self._version = version
            self.size = response.raw.length_remaining
            return
        if version != self._version:
            raise DownloadError(
                f"{self.url}: was replaced by another file after {self.position} bytes were read; "
                "run the same command again"
            )
        begins = f"bytes {self.position}-"
        if response.status_code != 206 or not response.headers.get("Content-Range", "").startswith(
            begins
        ):
            raise DownloadError(
                f"{self.url}: the connection broke after {self.position} bytes, and the server "
                "cannot go on in the middle of a file; download the file by other means, and "
                "import it from the disk"
            )
