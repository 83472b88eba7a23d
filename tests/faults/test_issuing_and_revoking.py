"""kill -9 at each step of issuing and of revoking, in whichever process the step is, and at random moments.

Afterwards: no serial number twice, no certificate without its record, no revocation forgotten, and whoever asks
again gets what was begun. A few rounds here; 200 with QSS_LONG=1 (`./dev test --all`). QSS_SEED gives the same
processes in the same order again.
"""

import os
import random
import sqlite3
from concurrent.futures import wait
from contextlib import closing

import pytest
import requests
from cryptography import x509

from attacker import SamKey, call, main_database
from service import Employee, Service, wait_until
from wire import ConnectionClosed, RoleError

ROUNDS = 200 if os.environ.get("QSS_LONG") else 8
PATIENCE_SECONDS = 60
RESTART_DELAY_MS = 50
PROCESSES = ["qss-api", "qss-sam", "qss-ca", "qss-ocsp"]

ISSUING = {"attested_not_stored": "qss-api", "certified_not_stored": "qss-api", "linked_not_stored": "qss-api",
           "attested_not_replied": "qss-sam", "linked_not_replied": "qss-sam",
           "intended_not_signed": "qss-ca", "signed_not_stored": "qss-ca"}
REVOKING = {"revocation_not_sent": "qss-api", "destroyed_not_revoked": "qss-api", "revoked_not_stored": "qss-api",
            "destroyed_not_replied": "qss-sam", "revoked_not_listed": "qss-ca", "listed_not_stored": "qss-ca"}


def until_answered(service, attempt, accepted):
    """Asks again until the status is one of `accepted`: 503 and broken connections are no answer."""

    def ask():
        try:
            answer = attempt()
        except requests.RequestException:
            service.find_ports()
            return None
        assert answer.status_code in accepted or answer.status_code >= 500, answer.text
        return answer.status_code if answer.status_code in accepted else None

    return wait_until(ask, "an answer", PATIENCE_SECONDS)


def issue(employee):
    return until_answered(employee.service, lambda: employee.tenant.application.request(
        "POST", f"/users/{employee.email}/identity", json={"subject_dn": {}}), {200})


def revoke(employee):
    """404: the first try was the one that did it, and its answer was lost."""
    return until_answered(employee.service, lambda: employee.tenant.application.request(
        "DELETE", f"/users/{employee.email}/identity"), {204, 404})


def identities(service):
    with main_database(service) as database:
        return database.execute("SELECT i.*, r.sam_receipt, r.crl_number FROM identity i "
                                "LEFT JOIN revocation r ON r.key_id = i.key_id").fetchall()


def current_list(service):
    return x509.load_der_x509_crl(call(service, "ca", "CURRENT_CRLS").crls[0])


def number_of(crl):
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def check_books(service):
    """What the main database, the CA's list and, once all is stopped, the CA's record say of each other."""
    wait_until(lambda: all(row["status"] != "revoking" for row in identities(service)), "revocations are finished",
               PATIENCE_SECONDS)
    rows, crl = identities(service), current_list(service)
    listed = {entry.serial_number for entry in crl}
    for row in rows:
        if row["status"] == "revoked":
            assert row["sam_receipt"] and row["crl_number"] <= number_of(crl)
        if row["serial"]:  # else it ended before we had heard of a certificate; the CA's record tells, below
            serial = int.from_bytes(row["serial"], "big")
            assert (row["status"] == "revoked") == (serial in listed) == (row["crl_number"] is not None
                                                                          and row["crl_number"] > 0), dict(row)
    service.stop()
    with closing(sqlite3.connect(service.directory / "ca" / "record.db")) as record:
        signers = record.execute("SELECT serial, certificate, revoked_ms FROM certificate WHERE serial IN "
                                 "(SELECT serial FROM identity)").fetchall()
        chained = record.execute("SELECT count(*) FROM event WHERE kind = 'revoked'").fetchone()[0]
    serials = [serial for serial, _, _ in signers]
    assert len(serials) == len(set(serials))
    recorded = {serial: (certificate, revoked) for serial, certificate, revoked in signers}
    for row in rows:  # no certificate without its record
        if row["certificate"]:
            assert recorded[row["serial"]][0] == row["certificate"]
    assert chained == sum(revoked is not None for _, _, revoked in signers)
    # What the CA signed and nobody wanted is revoked, or was never signed: at most one lives for each user.
    known = {row["serial"] for row in rows if row["status"] == "live"}
    living = {serial for serial, certificate, revoked in signers if certificate and revoked is None}
    assert living == known
    service.start()  # the roles' own checks of their records pass


def crashing(tmp_path, child, point):
    """A service whose child dies at that point, each second time that it comes there."""
    service = Service(tmp_path / "data", {"logins_per_minute": 60_000})
    return service.start("--sandbox-restart-delay-ms", str(RESTART_DELAY_MS), "--child-flag", f"{child}=--crash-at",
                         "--child-flag", f"{child}={point}:2")


@pytest.mark.parametrize("point", [*ISSUING, *REVOKING])
def test_dies_at(tmp_path, point):
    child = {**ISSUING, **REVOKING}[point]
    service = crashing(tmp_path, child, point)
    try:
        tenant = service.tenant()
        pid = service.pids()[child]
        died = False
        for _ in range(3):
            employee = Employee.create(tenant)
            employee.register_phone()
            issue(employee)
            key = SamKey(employee)
            revoke(employee)
            wait_until(lambda: all(row["status"] == "revoked" for row in identities(service)
                                   if row["key_id"] == key.key_id), "it is revoked", PATIENCE_SECONDS)
            issue(employee)
            again = SamKey(employee)
            assert again.key_id != key.key_id and again.serial != key.serial
            service.wait_ready()
            died = died or service.pids()[child] != pid
        assert died, "the process came to that point"
        check_books(service)
    finally:
        service.stop()


def test_at_random_moments(fresh_service):
    """Employees come and go while processes die; afterwards the books of all agree."""
    service = fresh_service
    seed = int(os.environ.get("QSS_SEED", random.randrange(2**32)))
    print(f"QSS_SEED={seed}")
    chance = random.Random(seed)
    tenant = service.tenant(user_quota=1000)
    employees = []
    for _ in range(3):
        employee = Employee.create(tenant)
        employee.register_phone()
        employees.append(employee)
    for _ in range(ROUNDS):
        employee = chance.choice(employees)
        step = chance.choice([issue, revoke])
        call_made = tenant.application.in_background(
            *(("POST", f"/users/{employee.email}/identity") if step is issue else
              ("DELETE", f"/users/{employee.email}/identity")),
            **({"json": {"subject_dn": {}}} if step is issue else {}))
        wait([call_made], chance.uniform(0, 0.05))
        service.kill(chance.choice(PROCESSES))
        try:
            call_made.result(PATIENCE_SECONDS)
        except (requests.RequestException, RoleError, ConnectionClosed):
            pass  # that is what a crash looks like
        service.wait_ready()
    for employee in employees:
        issue(employee)
    check_books(service)
