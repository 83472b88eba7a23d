"""The attacker of the invariants: the owner of qss-api. Has its uid and a shell, its files, secrets and main
database, and every role's socket as qss-api may speak to it.

As root every role runs under a uid of its own, as outside a sandbox, and the attacker is qss-api's; else
all share the tests' uid, and what the kernel then still refuses is refused to a brother as well.
"""

import hashlib
import os
import pickle
import shutil
import signal
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import sap
from service import Service, wait_until
from wire import Connection, ERROR_CODES, RoleError

IS_ROOT = os.geteuid() == 0
UIDS = {"api": 61001, "sam": 61002, "ca": 61003, "ocsp": 61004, "tsa": 61005}
GROUP = 61010
DISPLAY = sap.DisplayRecord("Example SIA", "Signing", "Contracts", "en", "1")
STRANGER = 61099  # in no group of ours
ROLES = ("sam", "ca", "ocsp", "tsa")


def uid_of(name):
    return UIDS[name] if IS_ROOT else os.geteuid()


def run_as(uid, groups, act, *arguments):
    """What act(*arguments) returns, or raises as OSError, in a child of ours under that uid."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if IS_ROOT:
                os.setgroups(groups)
                os.setgid(groups[0])
                os.setuid(uid)
            outcome = act(*arguments)
        except BaseException as error:  # whatever it was, it is the parent's to judge
            outcome = error if isinstance(error, OSError) else RuntimeError(repr(error))
        os.write(sender, pickle.dumps(outcome))
        os._exit(0)
    os.close(sender)
    with open(receiver, "rb") as answer:
        outcome = pickle.loads(answer.read())
    os.waitpid(child, 0)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def as_attacker(act, *arguments):
    """In the attacker's shell."""
    return run_as(uid_of("api"), (GROUP,), act, *arguments)


def refused_to_attacker(act, *arguments):
    """Whether the kernel says no to the attacker."""
    try:
        as_attacker(act, *arguments)
    except PermissionError:
        return True
    return False


@contextmanager
def isolated_service(settings=None, arguments=(), init_flags=()):
    """A service whose roles have uids of their own, if we may change ours."""
    directory = Path(tempfile.mkdtemp(prefix="qss-invariants-"))
    directory.chmod(0o755)  # the other uids pass through
    flags = [f"--{name}-user={uid}" for name, uid in UIDS.items()] + [f"--group={GROUP}"] if IS_ROOT else []
    service = Service(directory / "data", settings, [*flags, *init_flags])
    try:
        yield service.start(*arguments)
    finally:
        service.stop()
        shutil.rmtree(directory)


def role_socket(service, role):
    return service.directory / "run" / f"{role}.sock"


def connect(service, role):
    """A connection to a role, as qss-api has one."""
    return Connection(role_socket(service, role))


def call(service, role, message, **fields):
    with closing(connect(service, role)) as connection:
        return connection.call(role, message, **fields)


def refusal(result):
    """(name of the code, detail) of a session's SessionResult; none of its signatures may be there."""
    assert not result.signatures and not result.evidence
    return ERROR_CODES[result.refusal_code], result.refusal_detail


def code_of(attempt, *arguments, **fields):
    """The name of the code with which a role refuses; fails if it does not."""
    try:
        attempt(*arguments, **fields)
    except RoleError as error:
        return error.code
    raise AssertionError("the role did what it should refuse")


@contextmanager
def held(service, program):
    """The process stands still, and goes on afterwards."""
    pid = service.pids()[program]
    os.kill(pid, signal.SIGSTOP)
    try:
        tasks = list(Path(f"/proc/{pid}/task").glob("*/stat"))
        wait_until(lambda: all(task.read_text().rsplit(")", 1)[1].split()[0] == "T" for task in tasks),
                   f"{program} stands still")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def main_database(service):
    """Reads what qss-api has made durable."""
    database = sqlite3.connect(f"file:{service.directory / 'api' / 'main.db'}?mode=ro", uri=True, timeout=10)
    database.row_factory = sqlite3.Row
    return closing(database)


def session_row(service, session_id):
    with main_database(service) as database:
        return database.execute("SELECT * FROM session WHERE id = ?", (bytes.fromhex(session_id),)).fetchone()


def audit_actions(service, session_id):
    with main_database(service) as database:
        rows = database.execute("SELECT action FROM audit WHERE object = ? ORDER BY id", (f"session:{session_id}",))
        return [row["action"] for row in rows]


def files_below(*paths):
    """{path: contents} of every file there."""
    found = {}
    for path in map(Path, paths):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file():
                found[file] = file.read_bytes()
    return found


class SamKey:
    """A signer's key as the owner of qss-api knows it: everything that OPEN_SESSION asks for."""

    def __init__(self, employee):
        self.service = employee.service
        self.phone = employee.phone
        with main_database(self.service) as database:
            row = database.execute("SELECT i.*, u.signer_id FROM identity i JOIN app_user u ON u.id = i.user_id "
                                   "WHERE u.id = ? ORDER BY i.created_at DESC", (bytes.fromhex(employee.user_id),)
                                   ).fetchone()
        self.key_id, self.signer_id = row["key_id"], row["signer_id"]
        self.certificate, self.certificate_sha256 = row["certificate"], row["certificate_sha256"]
        self.serial = row["serial"]

    def call(self, message, **fields):
        return call(self.service, "sam", message, **fields)

    def open_session(self, **changes):
        """OPEN_SESSION with one digest, behind the main database's back."""
        fields = {"signer_id": self.signer_id, "key_id": self.key_id,
                  "certificate_sha256": self.certificate_sha256, "signature_algorithm": "ECDSA-SHA256",
                  "digests": [hashlib.sha256(b"attack").digest()], "display_record": DISPLAY.encode(), **changes}
        return SamSession(self, fields, self.call("OPEN_SESSION", **fields))


class SamSession:
    """A session that only the SAM knows, and the gesture of its signer."""

    def __init__(self, key, fields, opened):
        self.key, self.id, self.expires_at_unix_ms = key, opened.session_id, opened.expires_at_unix_ms
        self.challenge = sap.ChallengeInput(
            opened.session_id, opened.nonce, opened.expires_at_unix_ms, fields["signer_id"], fields["key_id"],
            fields["certificate_sha256"], fields["signature_algorithm"], fields["digests"],
            sap.sha256(fields["display_record"]), key.phone.authenticator.rp_id).challenge()

    def assertion(self, **changes):
        return self.key.phone.authenticator.assertion(self.challenge, **changes)

    def activate(self, assertion=None):
        """The SessionResult of ACTIVATE."""
        return self.key.call("ACTIVATE", session_id=self.id, assertion=assertion or self.assertion()).result
