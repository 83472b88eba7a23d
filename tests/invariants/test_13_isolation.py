"""Invariant 13, isolation: with the uid of qss-api and a shell, reach into the roles; speak to their sockets
as a stranger, or nonsense; start a role outside a sandbox where it is not alone. As root every role has a
uid of its own here; else what remains is that not even a brother looks into a role."""

import ctypes
import os
import signal
import socket
import subprocess
from contextlib import closing

import pytest

from attacker import (GROUP, IS_ROOT, ROLES, STRANGER, UIDS, as_attacker, call, connect, isolated_service,
                      refused_to_attacker, role_socket, run_as, uid_of)
from service import binaries, wait_until
from wire import HEADER, ConnectionClosed, messages

LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
CAP_SYS_RESOURCE = 24
HARDENED = [f"qss-{role}" for role in ROLES]


@pytest.fixture(scope="module")
def service():
    with isolated_service() as running:
        yield running


def ptrace_attach(pid):
    if LIBC.ptrace(PTRACE_ATTACH, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(pid, 0)
    LIBC.ptrace(PTRACE_DETACH, pid, None, None)


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)


# --- uids and files -----------------------------------------------------------------------------------------


def test_each_role_has_the_uid_that_was_given_to_it(service):
    """Real, effective, saved and of the file system: none to go back to."""
    pids = service.pids()
    uids = {name: {int(uid) for uid in status_of(pids[f"qss-{name}"])["Uid"].split()} for name in UIDS}
    assert uids == {name: {uid_of(name)} for name in UIDS}


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_files_are_out_of_reach(service, role):
    """Directory 0700, files 0600: with another uid nothing opens, is listed, or can be put in their place."""
    directory = service.directory / role
    assert directory.stat().st_mode & 0o7777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in directory.iterdir())
    if IS_ROOT:
        assert refused_to_attacker(os.listdir, directory)
        for name in ("record.db", "keystore.sealed", "passphrase"):
            assert refused_to_attacker(os.open, directory / name, os.O_RDONLY), name
        assert refused_to_attacker(os.open, directory / "new", os.O_CREAT | os.O_WRONLY)
        assert refused_to_attacker(os.rename, directory, service.directory / "api" / role)


def test_the_officers_key_is_out_of_reach(service):
    """The officer vouches for who a signer is: its key is the last that qss-api may have."""
    assert (service.directory / "officer" / "key.pem").stat().st_mode & 0o077 == 0
    if IS_ROOT:
        assert refused_to_attacker(os.listdir, service.directory / "officer")
        assert refused_to_attacker(os.open, service.directory / "officer" / "key.pem", os.O_RDONLY)


def test_what_qss_api_keeps_is_its_own(service):
    """The other way round: the database with its users is not for every eye."""
    for name in ("main.db", "secrets/token.key", "secrets/otp.key"):
        assert (service.directory / "api" / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.parametrize("role", ROLES)
def test_the_attacker_does_not_take_a_roles_socket_away(service, role):
    """run/ is sticky: qss-api can not unlink a role's socket and listen there itself."""
    path = role_socket(service, role)
    assert path.stat().st_mode & 0o007 == 0
    if IS_ROOT:
        assert refused_to_attacker(os.unlink, path)
        assert refused_to_attacker(os.rename, path, path.with_suffix(".taken"))


# --- processes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", HARDENED)
def test_a_role_can_do_little(service, program):
    """What it may call is tested call by call in tests/unit/role; here: that the filter is on, in the service."""
    status = status_of(service.pids()[program])
    assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
    if IS_ROOT:
        assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0
        assert refused_to_attacker(os.kill, service.pids()[program], signal.SIGSTOP)


@pytest.mark.parametrize("program", HARDENED)
def test_a_roles_memory_is_not_swapped_out(service, program):
    """All of it is locked where whoever starts the roles may lift the limit, though they run as nobody special;
    where not (an ordinary user, root in some containers) the log says so."""
    locked_kb = int(status_of(service.pids()[program])["VmLck"].split()[0])
    may_lift_limits = int(status_of("self")["CapEff"], 16) >> CAP_SYS_RESOURCE & 1
    warned = f"{program}: memory is not locked" in service.log_path.read_text()
    assert locked_kb > 1024 or (warned and not may_lift_limits), locked_kb


@pytest.mark.parametrize("program", [*HARDENED, "qss-api"])
def test_no_process_leaves_a_core(service, program):
    with open(f"/proc/{service.pids()[program]}/limits", encoding="ascii") as lines:
        core, = (line.split() for line in lines if line.startswith("Max core file size"))
    assert core[4:6] == ["0", "0"]


@pytest.mark.parametrize("program", [*HARDENED, "qss-api"])
def test_nobody_looks_into_a_process(service, program):
    """An undumpable process: its memory, its environment and its registers are root's alone, whoever owns it."""
    pid = service.pids()[program]
    own_uid = status_of(pid)["Uid"].split()[0]
    for uid, groups in {(UIDS["api"], (GROUP,)), (int(own_uid), (GROUP,))} if IS_ROOT else {(os.geteuid(), ())}:
        for act, arguments in ((os.open, (f"/proc/{pid}/mem", os.O_RDONLY)), (ptrace_attach, (pid,)),
                               (os.open, (f"/proc/{pid}/environ", os.O_RDONLY)),
                               (os.listdir, (f"/proc/{pid}/fd",))):
            with pytest.raises(PermissionError):
                run_as(uid, groups, act, *arguments)


# --- sockets ------------------------------------------------------------------------------------------------


def ask_status(path):
    """Whether a role answers at all to whoever we are."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        try:
            connection.sendall(HEADER.pack(0, 1, messages("sam").STATUS, 0))
            return len(connection.recv(HEADER.size)) == HEADER.size
        except (BrokenPipeError, ConnectionResetError):
            return False


@pytest.mark.parametrize("role", ROLES)
def test_a_socket_knows_its_peers(service, role):
    path = role_socket(service, role)
    messages("sam")  # compiled here, not in the child
    assert as_attacker(ask_status, path)
    if IS_ROOT:
        with pytest.raises(PermissionError):
            run_as(STRANGER, (STRANGER,), ask_status, path)
        # In the group, and so through the file's mode: the kernel's word about the peer is what counts.
        for uid in (STRANGER, *(UIDS[other] for other in ROLES if other != role)):
            assert not run_as(uid, (GROUP,), ask_status, path)
        assert "peer uid" in service.log_path.read_text()
    assert as_attacker(ask_status, path)


STATUS = 1
MALFORMED = {  # raw bytes on the stream
    "an unknown type": HEADER.pack(0, 1, 999, 0),
    "a reply's status": HEADER.pack(0, 1, STATUS, 1),
    "an unknown status": HEADER.pack(0, 1, STATUS, 7),
    "4 GiB announced": HEADER.pack(0xFFFFFFFF, 1, STATUS, 0),
    "a body above the message's limit": HEADER.pack(900_000, 1, STATUS, 0),
    "a body that does not parse": HEADER.pack(3, 1, STATUS, 0) + b"\xff\xff\xff",
    "a field that nobody defined": HEADER.pack(2, 1, STATUS, 0) + b"\x78\x01",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_malformed_frame_closes_its_connection_alone(service, role):
    pid = service.pids()[f"qss-{role}"]
    with closing(connect(service, role)) as bystander:
        bystander.call(role, "STATUS")
        for what, frame in MALFORMED.items():
            with closing(connect(service, role)) as connection:
                connection._socket.sendall(frame)
                with pytest.raises(ConnectionClosed):
                    connection._read(1)
            assert bystander.call(role, "STATUS").state == messages("wire").READY, what
    with closing(connect(service, role)) as connection:  # a header, and the peer goes
        connection._socket.sendall(HEADER.pack(1, 1, STATUS, 0)[:9])
    assert call(service, role, "STATUS").state == messages("wire").READY
    assert service.pids()[f"qss-{role}"] == pid


@pytest.mark.parametrize("role", ROLES)
def test_ceremonies_are_over(service, role):
    """What makes a role's keys, officers and mode is taken once, and not from the owner of qss-api."""
    ceremonies = {"sam": ("INITIALISE", "COMPLETE"), "ca": ("INITIALISE",), "ocsp": ("INITIALISE",), "tsa": ("INITIALISE",)}
    with closing(connect(service, role)) as connection:
        for message in ceremonies[role]:
            status, body = connection.exchange(messages(role).Type.Value(message), b"")
            assert status == 1 and b"not permitted in this state" in body


# --- outside a sandbox --------------------------------------------------------------------------------------


def start_role(program, directory, *flags, owner=None):
    """Starts the role to its end; (exit status or None when it serves, its log)."""
    directory.mkdir(mode=0o700)
    passphrase = directory / "passphrase"
    passphrase.write_text("a passphrase for tests\n")
    passphrase.chmod(0o600)
    log = directory.with_name(directory.name + ".log")
    with open(log, "wb") as output:
        process = subprocess.Popen([binaries() / program, "--directory", directory, "--socket", directory / "socket",
                                    "--passphrase-file", passphrase, *map(str, flags)], stderr=output)
    try:
        wait_until(lambda: process.poll() is not None or "listening" in log.read_text(), f"{program} decides")
        return process.poll(), log.read_text()
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("program", HARDENED)
@pytest.mark.parametrize("flags", [(), ("--peer-uid", os.geteuid()), ("--peer-uid", os.geteuid(), "--peer-uid", 61001),
                                   ("--peer-uid", 61001, "--sandbox-clock-offset-ms", 1)],
                         ids=["no peers named", "its own uid", "its own uid among others", "a clock moved"])
def test_outside_a_sandbox_a_role_is_alone_or_not_at_all(tmp_path, program, flags):
    exit_status, log = start_role(program, tmp_path / "role", *flags)
    assert exit_status not in (None, 0) and "listening" not in log, log


@pytest.mark.parametrize("program", HARDENED)
def test_a_role_that_is_alone_starts(tmp_path, program):
    """That the refusals above are about the uid."""
    assert start_role(program, tmp_path / "role", "--peer-uid", os.geteuid() + 1)[0] is None
    assert start_role(program, tmp_path / "shared", "--sandbox")[0] is None


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_directory_that_others_reach_is_refused(tmp_path, mode):
    directory = tmp_path / "role"
    directory.mkdir()
    directory.chmod(mode)
    (directory / "passphrase").write_text("x\n")
    (directory / "passphrase").chmod(0o600)
    done = subprocess.run([binaries() / "qss-ocsp", "--directory", directory, "--socket", directory / "socket",
                           "--passphrase-file", directory / "passphrase", "--sandbox"], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode != 0 and "0700" in done.stderr
