"""An HTTP server on the loopback interface that misbehaves on demand."""

import math
import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """A server whose replies are set by the test.

    Attributes
    ----------
    replies : dict of str to list of functions
        By path. Each request takes the next function and calls it with the handler; the last one
        serves all further requests.
    asked : list of str
        The paths that were requested, in order.
    over : threading.Event
        Set when the test is over: slow replies stop.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = {}
        self.asked = []
        self.over = threading.Event()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, request, client_address):
        """Say nothing: clients that give up are expected here."""


class Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):
        self.server.asked.append(self.path)
        replies = self.server.replies.get(self.path.removeprefix("/"), [status(404)])
        reply = replies[0]
        if len(replies) > 1:
            replies.pop(0)
        reply(self)

    def head(self, code, **headers):
        """Send status and headers; in the names of these, ``_`` stands for ``-``."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *arguments):
        pass


@contextmanager
def serve():
    """Run a server in a thread until the block ends."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def status(code, **headers):
    """A status without content."""
    return lambda handler: handler.head(code, Content_Length=0, **headers)


def body(content, declared=None):
    """The content, with its length or another that is declared."""
    length = len(content) if declared is None else declared

    def reply(handler):
        handler.head(200, Content_Length=length)
        handler.wfile.write(content)

    return reply


def endless_header(content):
    """The content without Content-Length: only the end of the connection ends it."""

    def reply(handler):
        handler.head(200)
        handler.wfile.write(content)

    return reply


def cut(content):
    """Half of the content, then a reset of the connection."""

    def reply(handler):
        handler.head(200, Content_Length=len(content))
        handler.wfile.write(content[: len(content) // 2])
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    return reply


def trickle(content, pieces, pause):
    """The content in this many pieces, with a pause in seconds before each."""
    step = math.ceil(len(content) / pieces)

    def reply(handler):
        handler.head(200, Content_Length=len(content))
        for start in range(0, len(content), step):
            if handler.server.over.wait(pause):
                return
            handler.wfile.write(content[start : start + step])
            handler.wfile.flush()

    return reply


def resuming(content, cuts=()):
    """The content, or the part of it that is asked for; ends early after so many bytes.

    Parameters
    ----------
    content : bytes
    cuts : sequence of int
        After how many bytes the first, second, … connection breaks.
    """
    cuts = list(cuts)

    def reply(handler):
        asked = handler.headers.get("Range", "bytes=0-")
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        rest = content[start:]
        headers = {"Content_Length": len(rest), "ETag": '"one"'}
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        handler.head(206 if start else 200, **headers)
        handler.wfile.write(rest[: cuts.pop(0)] if cuts else rest)
        handler.close_connection = True

    return reply
