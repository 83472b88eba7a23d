"""Invariant 14: every token that anyone has is in the unit's record under a serial number of its own, whatever died in
between; and units that know nothing of each other never give the same one."""

import ctypes
import os
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import ceremony
from timestamping import Authority, Token, Tsu, failure, request
from wire import Connection, ConnectionClosed, Role, RoleError

THREADS = 6
KILLS = 5
TSA_UID = 61005
ACCURACY_US = 500_000


def rows(unit):
    """{serial: (time, imprint)} of a unit that is stopped."""
    database = sqlite3.connect(f"file:{unit.role.directory / 'record.db'}?mode=ro", uri=True)
    try:
        found = database.execute("SELECT serial, time_ms, imprint FROM token").fetchall()
    finally:
        database.close()
    assert len({serial for serial, _, _ in found}) == len(found)
    return {int.from_bytes(serial, "big"): (time, imprint) for serial, time, imprint in found}


class Clients:
    """Ask without end, each on a connection of its own, until the unit is gone; keep what they were given."""

    def __init__(self, unit):
        self.unit, self.given, self.lock = unit, [], threading.Lock()
        self.enough = threading.Event()

    def ask(self):
        try:
            connection = Connection(self.unit.role.directory / "role.sock")
            while True:
                reply = self.unit.stamp(request().dump(), connection)
                with self.lock:
                    self.given.append(reply)
                    if len(self.given) >= 50:
                        self.enough.set()
        except (ConnectionClosed, RoleError, OSError):
            self.enough.set()

    def until_killed(self):
        threads = [threading.Thread(target=self.ask) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        assert self.enough.wait(30)
        self.unit.role.kill()
        for thread in threads:
            thread.join(30)
        assert len(self.given) >= 50
        return [Token(reply) for reply in self.given]


def test_each_token_has_its_row_whenever_the_unit_is_killed(tmp_path):
    tokens = []
    with Tsu(tmp_path) as unit:
        for _ in range(KILLS):
            tokens += Clients(unit).until_killed()
            unit.role.start()
        unit.role.stop()
        recorded = rows(unit)
    serials = [token.serial for token in tokens]
    assert len(set(serials)) == len(serials)
    for token in tokens:
        time, imprint = recorded[token.serial]
        assert imprint == token.info["message_imprint"]["hashed_message"].native
        assert time == round(token.info["gen_time"].native.timestamp() * 1000)


def test_two_units_and_a_restored_one_never_repeat_a_serial(tmp_path):
    """A copy of the record, as a virtual machine's snapshot would bring back, is a unit of its own."""
    serials = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with Tsu(tmp_path / name) as unit:
            unit.role.stop()
            kept = (unit.role.directory / "record.db").read_bytes()
            for _ in range(2):
                for leftover in unit.role.directory.glob("record.db*"):
                    leftover.unlink()
                (unit.role.directory / "record.db").write_bytes(kept)
                unit.role.start()
                serials += [Token(unit.stamp(request().dump())).serial for _ in range(100)]
                unit.role.stop()
    assert len(set(serials)) == 400


def test_a_revoked_unit_stays_revoked_when_killed(tmp_path):
    """By a list of the CA that certified it, and of no other with the same name."""
    with Role("qss-tsa", tmp_path / "tsa", "--sandbox") as role:
        spki = role.call("tsa", "INITIALISE", sandbox=True, key_type="P-256").spki
        authority = Authority()
        unit = authority.unit(spki)
        role.call("tsa", "COMPLETE", certificate=unit.public_bytes(Encoding.DER), issuer_certificate=authority.issuing,
                  root_certificate=authority.root)
        with pytest.raises(RoleError) as refused:
            role.call("tsa", "UPDATE_CRL", crl=Authority().crl(unit))
        assert refused.value.code == "verification_failed"
        role.call("tsa", "UPDATE_CRL", crl=authority.crl(authority.unit(spki)))
        stamp = lambda: role.call("tsa", "STAMP", requests=[request().dump()]).responses[0]  # noqa: E731
        Token(stamp())
        role.call("tsa", "UPDATE_CRL", crl=authority.crl(unit))
        for _ in range(2):
            assert failure(stamp()) == ("revocation_notification", None)
            role.kill()
            role.start()


# --- the clock outside a sandbox

def kernel_clock_is_kept():
    """By glibc's ntp_gettime(3): another door to the same state."""

    class Ntptimeval(ctypes.Structure):
        _fields_ = [("seconds", ctypes.c_long), ("microseconds", ctypes.c_long), ("maxerror", ctypes.c_long),
                    ("esterror", ctypes.c_long), ("more", ctypes.c_long * 6)]

    value = Ntptimeval()
    state = ctypes.CDLL(None).ntp_gettime(ctypes.byref(value))
    return state == 0 and value.maxerror <= ACCURACY_US


@pytest.fixture
def production(tmp_path):
    """Starts qss-tsa under a uid of its own, with flags."""
    directory = Path(tempfile.mkdtemp(prefix="qss-tsa-"))
    directory.chmod(0o755)
    role = Role("qss-tsa", directory / "tsa", "--peer-uid", "0", uid=TSA_UID)
    yield role
    role.stop()
    shutil.rmtree(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="other uids need root")
def test_in_production_nobody_states_the_clock(production):
    role = production
    role.directory.mkdir(mode=0o700)
    os.chown(role.directory, TSA_UID, -1)
    with pytest.raises(AssertionError, match="for a sandbox only"):
        role.start("--sandbox-clock-state", "/dev/null")
    role.start("--sandbox")  # which grants nothing else; but its clock would be a stated one
    with pytest.raises(RoleError) as refused:
        role.call("tsa", "INITIALISE", sandbox=False)
    assert refused.value.code == "forbidden"


@pytest.mark.skipif(os.geteuid() != 0, reason="other uids need root")
def test_in_production_the_kernels_state_counts(production, tmp_path):
    """It is read under seccomp; a machine whose clock nobody keeps gives no time, whatever the time is."""
    role = production
    role.start()
    authority = ceremony.Pki(tmp_path)
    authority.tsa_spki = role.call("tsa", "INITIALISE", sandbox=False, key_type="P-256").spki
    with authority as pki:
        role.call("tsa", "COMPLETE", certificate=pki.ceremony.tsu_certificate,
                  issuer_certificate=pki.ceremony.issuing_certificate, root_certificate=pki.ceremony.root_certificate)
    reply = role.call("tsa", "STAMP", requests=[request().dump()]).responses[0]
    if kernel_clock_is_kept():
        Token(reply)
    else:
        assert failure(reply) == ("rejection", "time_not_available")
        log = role.log_path.read_text()
        assert "the clock is not synchronised" in log or "may be off by" in log, log
