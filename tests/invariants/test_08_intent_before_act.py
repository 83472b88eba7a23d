"""Invariant 8, intent before act, record before release: the durable states of a signature's life, seen from
outside while one process or the other is held, and what happens where one of them cannot be written."""

import shutil
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from attacker import audit_actions, call, held, isolated_service, main_database, session_row
from ceremony import p256, spki_of
from phone import expect
from service import digest_of, wait_until

BACKGROUND = ThreadPoolExecutor()
SLOW_SIGN_MS = 700
OPEN, USED, FINISHED, CANCELLED = 0, 1, 2, 3  # SessionRecord::State (src/sam/records.h)
INTENDED = ["session.opened", "session.activation_intended"]
# While something is held, how long we look whether it happens nevertheless.
LOOK_SECONDS = 0.3


@pytest.fixture(scope="module")
def service():
    """Signing takes the SAM a moment, so that there is a time between `used` and `finished`."""
    with isolated_service(arguments=("--child-flag", "qss-sam=--slow-sign-ms",
                                     "--child-flag", f"qss-sam={SLOW_SIGN_MS}")) as running:
        yield running


@pytest.fixture(scope="module")
def tenant(service):
    return service.tenant()


@pytest.fixture
def signing(tenant):
    return Signing(tenant.employee())


class Signing:
    """One session, its client waiting, and what the two databases say about it."""

    def __init__(self, employee):
        self.service, self.phone, self.application = employee.service, employee.phone, employee.tenant.application
        self.quota = self.application.get("/quotas/signatures")["value"]
        self.call, self.session = employee.begin_signing([digest_of(b"x")])
        self.id = self.session["session_id"]

    def approve(self):
        """In the background: the phone's call ends when the session has."""
        return BACKGROUND.submit(self.phone.approve, self.session)

    def status(self):
        return session_row(self.service, self.id)["status"]

    def has_result(self):
        with main_database(self.service) as database:
            return bool(database.execute("SELECT 1 FROM session_result WHERE session_id = ?",
                                         (bytes.fromhex(self.id),)).fetchone())

    def sam_state(self):
        """From a copy of the SAM's record, as it would be found after a loss of power now. None: not there."""
        source = self.service.directory / "sam"
        with tempfile.TemporaryDirectory() as copy:
            for name in ("record.db", "record.db-wal"):
                shutil.copy(source / name, copy)
            try:
                with closing(sqlite3.connect(Path(copy) / "record.db")) as database:
                    for table in ("live_row", "archive"):
                        row = database.execute(f"SELECT state FROM {table} WHERE id = ?",
                                               (bytes.fromhex(self.id),)).fetchone()
                        if row:
                            return row[0]
            except sqlite3.DatabaseError:
                pass  # copied while it was written: whoever waits looks again
        return None

    def is_unacknowledged(self):
        return bytes.fromhex(self.id) in call(self.service, "sam", "LIST_UNACKNOWLEDGED").session_ids

    def ends_signed(self):
        signatures = expect(self.call.result(30), 200)["signatures"]
        assert len(signatures) == 1 and self.status() == "signed"
        assert audit_actions(self.service, self.id) == [*INTENDED, "session.signed"]
        assert self.application.get("/quotas/signatures")["value"] == self.quota - 1
        wait_until(lambda: not self.is_unacknowledged(), "the SAM is told that the result is stored")


def writable(service):
    return closing(sqlite3.connect(service.directory / "api" / "main.db", timeout=10, isolation_level=None))


@contextmanager
def locked(service):
    """Somebody else writes to the main database, and does not come to an end."""
    with writable(service) as database:
        database.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            database.execute("ROLLBACK")


@contextmanager
def failing(service, table, condition="1"):
    """Each INSERT of such a row into the main database fails, as on a full disk."""
    with writable(service) as database:
        database.execute(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} WHEN {condition} "
                         "BEGIN SELECT RAISE(ABORT, 'full disk'); END")
        try:
            yield
        finally:
            database.execute("DROP TRIGGER full_disk")


def stays(condition, what):
    """Looks for a while whether it changes."""
    deadline = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < deadline:
        assert condition(), what


# --- the order of things --------------------------------------------------------------------------------------


def test_the_intent_is_durable_before_the_sam_hears_of_it(signing):
    assert signing.status() == "pending" and signing.sam_state() == OPEN
    with held(signing.service, "qss-sam"):
        approval = signing.approve()
        wait_until(lambda: signing.status() == "approved", "the intent is stored")
        row = session_row(signing.service, signing.id)
        assert row["assertion"] is not None
        assert audit_actions(signing.service, signing.id) == INTENDED
        assert signing.application.get("/quotas/signatures")["value"] == signing.quota - 1
        assert signing.sam_state() == OPEN and not approval.done() and not signing.call.done()
    assert approval.result(30).status_code == 200
    signing.ends_signed()


def test_the_sam_marks_before_it_signs_and_stores_before_it_answers(signing):
    """`used` on disk while the key is at work; `finished` on disk while qss-api cannot have heard of it."""
    approval = signing.approve()
    wait_until(lambda: signing.sam_state() == USED, "the session is used")
    assert signing.status() == "approved" and not signing.has_result()
    with held(signing.service, "qss-api"):
        wait_until(lambda: signing.sam_state() == FINISHED, "the SAM has stored the result")
        assert signing.is_unacknowledged()
        assert signing.status() == "approved" and not signing.call.done()
    assert approval.result(30).status_code == 200
    signing.ends_signed()


def test_what_is_not_stored_is_neither_answered_nor_acknowledged(signing):
    """The SAM has signed, and the main database stands: nobody gets the signature, and the SAM keeps it."""
    approval = signing.approve()
    wait_until(lambda: signing.status() == "approved", "the intent is stored")
    with locked(signing.service):
        wait_until(signing.is_unacknowledged, "the SAM has signed")
        stays(lambda: signing.is_unacknowledged() and not signing.call.done() and not approval.done(),
              "released before it was recorded")
    assert approval.result(30).status_code == 200
    signing.ends_signed()


# --- what cannot be written does not happen -------------------------------------------------------------------


def test_while_the_main_database_stands_nothing_is_signed(signing):
    with locked(signing.service):
        approval = signing.approve()
        stays(lambda: signing.sam_state() in (OPEN, None) and not signing.is_unacknowledged() and not approval.done(),
              "signed without a stored intent")
        assert signing.status() == "pending"
    assert approval.result(30).status_code == 200
    signing.ends_signed()


@pytest.mark.parametrize("table,condition", [("audit", "NEW.action = 'session.activation_intended'"),
                                             ("quota_use", "1")])
def test_without_its_audit_entry_or_quota_unit_nothing_is_signed(signing, table, condition):
    """AUD-3. All of the intent or nothing of it: the session stays as it was, and may be approved again."""
    with failing(signing.service, table, condition):
        assert signing.approve().result(30).status_code in (500, 503)
        assert signing.status() == "pending" and session_row(signing.service, signing.id)["assertion"] is None
        assert signing.sam_state() == OPEN
        assert audit_actions(signing.service, signing.id) == ["session.opened"]
        assert signing.application.get("/quotas/signatures")["value"] == signing.quota
        assert not signing.call.done()
    assert signing.approve().result(30).status_code == 200
    signing.ends_signed()


def test_a_wrong_assertion_is_on_record_before_the_sam_may_sign_for_it(signing):
    """It goes to the SAM to be counted. Here the main database alone is wrong: the SAM would sign."""
    credential_id = signing.phone.authenticator.credential_id
    with writable(signing.service) as database:
        right = database.execute("SELECT public_key_spki FROM authenticator WHERE credential_id = ?",
                                 (credential_id,)).fetchone()[0]
        change = "UPDATE authenticator SET public_key_spki = ? WHERE credential_id = ?"
        database.execute(change, (spki_of(p256()), credential_id))
        with failing(signing.service, "audit"):
            assert signing.approve().result(30).status_code in (500, 503)
            assert signing.sam_state() == OPEN and not signing.call.done()
        database.execute(change, (right, credential_id))
    assert signing.approve().result(30).status_code == 200
    signing.ends_signed()


def test_a_result_that_cannot_be_stored_waits_in_the_sam(signing):
    """Signed once, kept by the SAM, stored and answered as soon as that can be done; never signed again."""
    with failing(signing.service, "session_result"):
        assert signing.approve().result(30).status_code in (500, 503)
        assert signing.status() == "approved" and signing.is_unacknowledged()
        stays(lambda: signing.is_unacknowledged() and not signing.call.done(), "released before it was recorded")
    signing.ends_signed()  # by recovery


@pytest.mark.parametrize("table,condition", [("session", "1"), ("audit", "NEW.action = 'session.opened'")])
def test_a_session_that_cannot_be_stored_is_not_shown(tenant, table, condition):
    """And cannot be approved: the SAM is told to forget it."""
    employee = tenant.employee()
    service = tenant.service
    with failing(service, table, condition):
        answer = employee.tenant.application.request("GET", f"/users/{employee.email}/sign/{digest_of(b'x')}")
        assert answer.status_code in (500, 503) and employee.phone.sessions() == []
    assert not call(service, "sam", "LIST_UNACKNOWLEDGED").session_ids
    assert employee.sign([digest_of(b"x")])["signatures"]


def test_what_ends_a_session_is_recorded_too(tenant):
    """A rejection: on record when the phone has its answer, and from then on nothing of the session signs."""
    signing = Signing(tenant.employee())
    approval = signing.phone.authenticator.assertion(signing.phone.challenge_of(signing.session))
    expect(signing.phone.reject(signing.session), 204)
    assert signing.status() == "rejected" and signing.sam_state() == CANCELLED
    assert audit_actions(signing.service, signing.id)[0] == "session.opened"
    assert len(audit_actions(signing.service, signing.id)) == 2
    assert signing.phone.send_assertion(signing.id, approval).status_code == 410
    assert signing.call.result(30).status_code >= 400
