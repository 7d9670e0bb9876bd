"""An SFTP server on the loopback interface that serves a folder."""

import contextlib
import os
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

import paramiko


class _Access(paramiko.ServerInterface):
    """Lets everybody in."""

    def check_auth_password(self, username, password):
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


def _code(method):
    """Turn the errors of the system into those of the protocol."""

    def call(self, *arguments):
        try:
            return method(self, *arguments)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    return call


class _Files(paramiko.SFTPServerInterface):
    """What clients may do with the files of the folder `root`."""

    root = Path()

    def _path(self, path):
        return str(self.root) + self.canonicalize(path)

    @_code
    def list_folder(self, path):
        found = []
        for entry in os.scandir(self._path(path)):
            found.append(paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name))
        return found

    @_code
    def stat(self, path):
        return paramiko.SFTPAttributes.from_stat(os.stat(self._path(path)))

    lstat = stat

    @_code
    def open(self, path, flags, attr):
        descriptor = os.open(self._path(path), flags, 0o644)
        stream = os.fdopen(descriptor, "rb+" if flags & (os.O_WRONLY | os.O_RDWR) else "rb")
        handle = _Handle(flags)
        handle.readfile = handle.writefile = stream
        return handle

    @_code
    def remove(self, path):
        os.remove(self._path(path))
        return paramiko.SFTP_OK

    @_code
    def rename(self, old, new):
        os.rename(self._path(old), self._path(new))
        return paramiko.SFTP_OK

    posix_rename = rename

    @_code
    def mkdir(self, path, attr):
        os.mkdir(self._path(path))
        return paramiko.SFTP_OK

    @_code
    def rmdir(self, path):
        os.rmdir(self._path(path))
        return paramiko.SFTP_OK


@contextmanager
def sftp_server(root):
    """Serve a folder; yields the server's address such as ``127.0.0.1:2222``."""
    key = paramiko.RSAKey.generate(2048)
    files = type("Files", (_Files,), {"root": root})
    listener = socket.create_server(("127.0.0.1", 0))
    transports = []

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                transport = paramiko.Transport(connection)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                transport.start_server(server=_Access())
                transports.append(transport)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for transport in transports:
            transport.close()
