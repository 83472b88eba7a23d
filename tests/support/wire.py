"""Talks to a role's socket as qss-api does: frames of src/wire/frame.h around the messages of proto/.

    from wire import Role, RoleError, messages

    with Role("qss-ca", tmp_path / "ca") as ca:
        nonce = ca.call("ca", "GET_NONCE").nonce

The messages are compiled with protoc when they are first needed. Only processes that were started here
are ended, by their process ids.
"""

import importlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = struct.Struct(">IQHH")  # body length, request id, type, status
READY_SECONDS = 20
CALL_SECONDS = 20
POLL_SECONDS = 0.02

# qss::ErrorCode (src/base/result.h), in its order.
ERROR_CODES = ["invalid_argument", "malformed", "too_large", "unauthenticated", "forbidden", "not_found",
               "already_exists", "conflict", "gone", "expired", "rejected", "locked", "verification_failed",
               "quota_reached", "rate_limited", "unavailable", "timed_out", "tampered", "unsupported", "io",
               "internal"]

_generated = None


def messages(name):
    """The Python module of proto/<name>.proto."""
    global _generated
    if _generated is None:
        _generated = tempfile.TemporaryDirectory(prefix="qss-proto-")
        files = sorted((ROOT / "proto").glob("*.proto"))
        subprocess.run(["protoc", f"--python_out={_generated.name}", f"-I{ROOT / 'proto'}", *map(str, files)],
                       check=True)
        sys.path.insert(0, _generated.name)
    return importlib.import_module(f"{name}_pb2")


class RoleError(Exception):
    """An ErrorReply: `code` is a name of ERROR_CODES."""

    def __init__(self, code, detail):
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class ConnectionClosed(Exception):
    """The role closed the connection: the frame broke the rules of its table."""


class Connection:
    """One connection; calls one after the other."""

    def __init__(self, socket_path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(CALL_SECONDS)
        self._socket.connect(str(socket_path))
        self._next_id = 1

    def close(self):
        self._socket.close()

    def _read(self, size):
        data = b""
        while len(data) < size:
            try:
                part = self._socket.recv(size - len(data))
            except ConnectionResetError:
                part = b""
            if not part:
                raise ConnectionClosed()
            data += part
        return data

    def exchange(self, message_type, body):
        """Sends any bytes as a request; returns (status, body) of the reply."""
        request_id = self._next_id
        self._next_id += 1
        try:
            self._socket.sendall(HEADER.pack(len(body), request_id, message_type, 0) + body)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ConnectionClosed() from error
        size, reply_id, reply_type, status = HEADER.unpack(self._read(HEADER.size))
        assert (reply_id, reply_type) == (request_id, message_type)
        return status, self._read(size)

    def call(self, proto, type_name, **fields):
        """call("ca", "REVOKE", serial=…, reason=1) → RevokeReply; RoleError when it is refused."""
        module = messages("wire" if type_name in ("STATUS", "CARRY_OUT") else proto)  # of every role
        stem = "".join(part.capitalize() for part in type_name.split("_"))
        request = getattr(module, stem + "Request")(**fields)
        number = messages(proto).Type.Value(type_name)
        status, body = self.exchange(number, request.SerializeToString())
        if status != 0:
            error = messages("wire").ErrorReply.FromString(body)
            raise RoleError(ERROR_CODES[error.code], error.detail)
        return getattr(module, stem + "Reply").FromString(body)


def binaries():
    """QSS_BIN, or the release build."""
    return Path(os.environ.get("QSS_BIN", ROOT / "build" / "release" / "bin"))


class Role:
    """A role's process over a directory of its own, and a connection to it."""

    def __init__(self, program, directory, *flags, uid=None):
        self.program = program
        self.uid = uid  # None: ours
        self.directory = Path(directory)
        self.flags = list(flags)
        self.process = None
        self.connection = None
        self.log_path = self.directory.with_name(self.directory.name + ".log")

    def start(self, *more_flags):
        self.directory.mkdir(mode=0o700, exist_ok=True)
        passphrase = self.directory / "passphrase"
        if not passphrase.exists():
            passphrase.write_text("a passphrase for tests\n")
            passphrase.chmod(0o600)
            if self.uid is not None:
                os.chown(self.directory, self.uid, -1)
                os.chown(passphrase, self.uid, -1)
        socket_path = self.directory / "role.sock"
        command = [str(binaries() / self.program), "--directory", str(self.directory), "--socket", str(socket_path),
                   "--passphrase-file", str(passphrase), *self.flags, *more_flags]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stderr=log, user=self.uid)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.connection = Connection(socket_path)
                return self
            except (FileNotFoundError, ConnectionRefusedError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{self.program} did not start:\n{self.log_path.read_text()}") from None
                time.sleep(POLL_SECONDS)

    def stop(self):
        if self.connection:
            self.connection.close()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(READY_SECONDS)

    def kill(self):
        """As a crash does it."""
        self.connection.close()
        self.process.kill()
        self.process.wait(READY_SECONDS)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def call(self, proto, type_name, **fields):
        return self.connection.call(proto, type_name, **fields)
