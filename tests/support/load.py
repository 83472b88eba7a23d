"""Employees who approve whatever comes, applications that never give up, and the books checked afterwards.

An application repeats a request with its Idempotency-Key until it has a final answer, through refused
connections, resets and 503, as a real one should. A phone does the same.
"""

import json
import threading
import time
import uuid
from collections import Counter

import requests

from attacker import call, main_database
from service import digest_of, wait_until
from wire import ConnectionClosed, RoleError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

FINAL = {200, 402, 403, 404, 409, 410, 422, 423, 504}
BACK_OFF_SECONDS = 0.05  # between two tries while a process is away


class Giving(threading.Thread):
    """Runs `turn(stopping)` again and again until stop(); keeps the first unexpected error."""

    def __init__(self, turn):
        super().__init__(daemon=True)
        self.turn, self.stopping, self.error = turn, threading.Event(), None
        self.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                self.turn()
            except (requests.RequestException, AssertionError, ValueError):
                self.stopping.wait(BACK_OFF_SECONDS)  # the service is away: later
            except Exception as error:  # a fault of the test itself
                self.error = error
                return

    def stop(self):
        self.stopping.set()
        self.join(30)
        if self.error:
            raise self.error


def approving(employee):
    """The phone of somebody who approves at once, for as long as it runs."""
    service, phone = employee.service, employee.phone
    codes, pause = Counter(), threading.Event()  # how its approvals were answered

    def turn():
        try:
            phone._token = phone._token or phone.log_in()
            for session in phone.sessions(wait_seconds=1):
                answer = phone.approve(session)
                codes[answer.status_code] += 1
                if answer.status_code == 503:  # a person would not tap a thousand times a second
                    pause.wait(BACK_OFF_SECONDS)
        except (requests.RequestException, AssertionError):
            phone._token = None  # perhaps it has ended
            service.find_ports()
            phone.url = service.authenticator_url
            raise

    giving = Giving(turn)
    giving.codes = codes
    return giving


class Request:
    """One signing request and what came of it."""

    def __init__(self, employee, count=1):
        self.employee = employee
        self.digests = [digest_of(uuid.uuid4().bytes) for _ in range(count)]
        self.key = uuid.uuid4().hex
        self.answer = None
        self.codes = Counter()  # of every answer on the way

    def ask(self, application, timeout=60):
        return application.request("POST", f"/users/{self.employee.email}/sign", json={"digests": self.digests},
                                   headers={"Idempotency-Key": self.key}, timeout=timeout)

    def until_final(self, application, seconds=90):
        """The final answer, however often the service dies meanwhile."""
        deadline = time.monotonic() + seconds
        last = None
        while time.monotonic() < deadline:
            try:
                last = self.ask(application)
                self.codes[last.status_code] += 1
                if last.status_code == 401:
                    application.log_in()
                elif last.status_code in FINAL:
                    self.answer = last
                    return last
            except (requests.RequestException, AssertionError) as error:
                last = error
                application.service.find_ports()
            time.sleep(BACK_OFF_SECONDS)
        raise AssertionError(f"no final answer within {seconds} s; the last: {last!r} {getattr(last, 'text', '')}")

    def check_signatures(self, hex_signatures):
        assert len(hex_signatures) == len(self.digests)
        key = self.employee.certificate.public_key()
        for digest, signature in zip(self.digests, hex_signatures):
            key.verify(bytes.fromhex(signature), bytes.fromhex(digest), ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def statuses(service):
    """{session id: status} of every session in the main database."""
    with main_database(service) as database:
        return {row["id"].hex(): row["status"] for row in database.execute("SELECT id, status FROM session")}


def settled(service):
    """No session is between approval and its end, and the SAM keeps no result that was not acknowledged."""
    if "approved" in statuses(service).values():
        return False
    try:
        return not call(service, "sam", "LIST_UNACKNOWLEDGED", limit=100).session_ids
    except (OSError, RoleError, ConnectionClosed):
        return False


def sam_refuses(service, session_id):
    """Whether the session's end in the SAM's record, only looked at, is a refusal for good."""
    try:
        return not call(service, "sam", "ACTIVATE", session_id=session_id).result.signatures
    except RoleError as error:
        return error.code in ("gone", "expired")  # cancelled, or out of time: it never signs


def check_books(service, tenant, requests_made, quota):
    """Every approved session ended, signed once or refused; nobody lost an answer; the quota is exact."""
    wait_until(lambda: settled(service), "every approved session has its end, and the SAM is drained", 60)
    application = tenant.application
    signed = 0
    for request in requests_made:
        again = request.until_final(application)
        if request.answer.status_code == 200:
            body = again.json()
            request.check_signatures(body["signatures"])  # ECDSA: a second signing would differ
            assert statuses(service)[body["session_id"]] == "signed"
    with main_database(service) as database:
        rows = database.execute("SELECT s.id, s.status, s.digests, r.evidence FROM session s "
                                "LEFT JOIN session_result r ON r.session_id = s.id").fetchall()
    for row in rows:
        assert row["status"] in ("signed", "failed", "rejected", "expired", "cancelled"), row["status"]
        assert (row["evidence"] is not None) == (row["status"] == "signed")
        if row["status"] == "signed":
            stored = call(service, "sam", "ACTIVATE", session_id=row["id"]).result
            assert stored.evidence == row["evidence"], "the two records hold different evidence of one session"
            signed += len(stored.signatures)
        if row["status"] == "failed":
            assert sam_refuses(service, row["id"]), "a session that failed here was signed there, or may yet be"
    remaining = json.loads(application.request("GET", "/quotas/signatures").text)["value"]
    assert remaining == quota - signed, (remaining, quota, signed)
    return signed, rows
