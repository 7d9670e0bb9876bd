"""An HTTP server on the loopback interface that misbehaves as it is told."""

import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """`replies[path]` are functions of the handler, one a request, the last for all further ones; `asked` the paths."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies, self.asked, self.over = {}, [], threading.Event()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, request, client_address):
        """The client has gone away, as is to be expected here."""


class Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):
        self.server.asked.append(self.path)
        replies = self.server.replies.get(self.path.removeprefix("/"), [status(404)])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply(self)

    def head(self, code, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *arguments):
        pass


@contextmanager
def serve():
    """A server, in a thread, until the block ends."""
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
    return lambda handler: handler.head(code, Content_Length=0, **headers)


def body(content, declared=None):
    def reply(handler):
        handler.head(200, Content_Length=len(content) if declared is None else declared)
        handler.wfile.write(content)

    return reply


def endless_header(content):
    """No Content-Length: only the end of the connection ends the body."""

    def reply(handler):
        handler.head(200)
        handler.wfile.write(content)

    return reply


def cut(content):
    """Half of it, then a reset of the connection."""

    def reply(handler):
        handler.head(200, Content_Length=len(content))
        handler.wfile.write(content[: len(content) // 2])
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    return reply


def trickle(content, pieces, pause):
    """In so many pieces, with a pause in seconds before each."""

    def reply(handler):
        handler.head(200, Content_Length=len(content))
        step = -(-len(content) // pieces)
        for start in range(0, len(content), step):
            if handler.server.over.wait(pause):
                return
            handler.wfile.write(content[start : start + step])
            handler.wfile.flush()

    return reply
