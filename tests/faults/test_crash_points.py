"""kill -9 at each point of a signature's life (docs/architecture.md), with other sessions under way.

Each test starts a service whose process dies at one named point, lets load run into it, and checks the
books: every approved session ends signed or cleanly refused, none twice, none lost, the quota exact.
"""

import os
import signal
import time
from contextlib import contextmanager

import pytest
import requests

from attacker import call
from load import Request, approving, check_books, statuses
from service import Service, expect, wait_until

QUOTA = 1000


@contextmanager
def crashing(tmp_path, *flags, settings=None, signers=2, arguments=()):
    """A service with tenants and phones, started again with `flags` for its children, `arguments` for itself."""
    service = Service(tmp_path / "data", settings).start()
    phones = []
    try:
        tenant = service.tenant(signature_quota=QUOTA)
        employees = [tenant.employee() for _ in range(signers)]
        service.stop()
        service.start(*arguments, *(word for flag in flags for word in ("--child-flag", flag)))
        for employee in employees:
            employee.phone.url = service.authenticator_url
        yield service, tenant, employees, phones
    finally:
        for phone in phones:
            phone.stop()
        service.stop()


def died(service, name, pid):
    return wait_until(lambda: service.pids().get(name) not in (None, pid), f"{name} died and was started again")


SAM_POINTS = ["open_not_durable", "used_not_signed", "signed_not_finished", "finished_not_replied"]
API_POINTS = ["opened_not_pending", "assertion_not_approved", "approved_not_sent", "stored_not_answered"]


@pytest.mark.parametrize("point", SAM_POINTS)
def test_the_sam_dies(tmp_path, point):
    # One phone alone: the SAM uses one session at a time, and no other can be interrupted with it.
    with crashing(tmp_path, "qss-sam=--crash-at", f"qss-sam={point}:2", signers=1) as (
            service, tenant, employees, phones):
        pid = service.pids()["qss-sam"]
        phones += [approving(employee) for employee in employees]
        made = [Request(employee, 2) for employee in employees for _ in range(4)]
        answers = [request.until_final(tenant.application) for request in made]
        died(service, "qss-sam", pid)
        signed, rows = check_books(service, tenant, made, QUOTA)
        codes = [answer.status_code for answer in answers]
        if point == "used_not_signed" or point == "signed_not_finished":
            assert codes.count(200) < len(made), "the interrupted session must end refused"
            assert [row["status"] for row in rows].count("failed") >= 1
        else:  # nothing was lost: what was cut off was asked again
            assert codes == [200] * len(made)
        assert signed == 2 * codes.count(200)


@pytest.mark.parametrize("point", API_POINTS)
def test_qss_api_dies(tmp_path, point):
    with crashing(tmp_path, "qss-api=--crash-at", f"qss-api={point}") as (service, tenant, employees, phones):
        pid = service.pids()["qss-api"]
        request = Request(employees[0], 3)
        if point != "opened_not_pending":
            phones += [approving(employees[0])]
        with pytest.raises((requests.RequestException, AssertionError)):
            expect(request.ask(tenant.application), 200)
        died(service, "qss-api", pid)
        service.stop()  # whole again, as after an operator's mending
        service.start()
        for employee in employees:
            employee.phone.url = service.authenticator_url
        if not phones:
            phones += [approving(employees[0])]
        answer = request.until_final(tenant.application)
        assert answer.status_code == 200, answer.text
        signed, rows = check_books(service, tenant, [request], QUOTA)
        assert signed == 3
        assert [row["status"] for row in rows] == ["signed"], "one request, one session"


def test_approved_and_not_sent_and_away_until_the_session_has_expired(tmp_path):
    """qss-api dies between the approval and the SAM, and is away for longer than the session: a clean refusal."""
    with crashing(tmp_path, "qss-api=--crash-at", "qss-api=approved_not_sent", settings={"lifetime_ms": 1500},
                  signers=1, arguments=("--sandbox-restart-delay-ms", "2500")) as (
            service, tenant, (employee,), phones):
        pid = service.pids()["qss-api"]
        phones += [approving(employee)]
        request = Request(employee, 3)
        answer = request.until_final(tenant.application)
        died(service, "qss-api", pid)
        assert answer.status_code == 504, answer.text
        signed, rows = check_books(service, tenant, [request], QUOTA)
        assert signed == 0, "and the quota, which the books have checked, is given back"
        assert [row["status"] for row in rows] == ["failed"]


def test_a_result_waits_for_a_database_that_is_away_longer_than_the_session(tmp_path):
    """The SAM has signed; qss-api was killed meanwhile and stays away until the session has long expired."""
    with crashing(tmp_path, "qss-sam=--slow-sign-ms", "qss-sam=700", settings={"lifetime_ms": 3000},
                  signers=1) as (service, tenant, (employee,), phones):
        request = Request(employee)
        tenant.application.in_background("POST", f"/users/{employee.email}/sign", json={"digests": request.digests},
                                         headers={"Idempotency-Key": request.key})
        session = employee.phone.wait_for_session()
        phones += [approving(employee)]
        wait_until(lambda: "approved" in statuses(service).values(), "the approval is durable")
        api = service.pids()["qss-api"]
        os.kill(service.process.pid, signal.SIGSTOP)  # the supervisor starts nobody again
        try:
            os.kill(api, signal.SIGKILL)
            waiting = wait_until(lambda: call(service, "sam", "LIST_UNACKNOWLEDGED", limit=100).session_ids,
                                 "the SAM keeps the result")
            assert [one.hex() for one in waiting] == [session["session_id"]]
            wait_until(lambda: time.time() * 1000 > session["expires_at_unix_ms"] + 500, "the session has expired")
            assert statuses(service) == {session["session_id"]: "approved"}
        finally:
            os.kill(service.process.pid, signal.SIGCONT)
        answer = request.until_final(tenant.application)
        assert answer.status_code == 200, answer.text
        check_books(service, tenant, [request], QUOTA)


def test_an_unacknowledged_result_survives_the_sams_restart(tmp_path):
    """Asked at the SAM's own socket: the same evidence before and after kill -9, until acknowledged."""
    from sam import SamBed
    with SamBed(tmp_path) as bed:
        signer = bed.signer()
        signer.enrol()
        first = signer.open().approve()
        assert first.signatures
        bed.sam.kill()
        bed.sam.start()
        assert list(bed.call("LIST_UNACKNOWLEDGED", limit=100).session_ids) == [first.session_id]
        assert bed.call("ACTIVATE", session_id=first.session_id).result == first
        bed.call("ACKNOWLEDGE", session_ids=[first.session_id])
        assert not bed.call("LIST_UNACKNOWLEDGED", limit=100).session_ids


def test_a_slow_sam_and_a_caller_that_gives_up(tmp_path):
    """The caller hangs up while the SAM signs: the approved session ends signed, and waits for the caller."""
    with crashing(tmp_path, "qss-sam=--slow-sign-ms", "qss-sam=1500", signers=1) as (service, tenant, (employee,), phones):
        phones += [approving(employee)]
        request = Request(employee)
        with pytest.raises(requests.Timeout):
            request.ask(tenant.application, timeout=0.7)
        answer = request.until_final(tenant.application)
        assert answer.status_code == 200, answer.text
        check_books(service, tenant, [request], QUOTA)
        assert list(statuses(service).values()) == ["signed"]
