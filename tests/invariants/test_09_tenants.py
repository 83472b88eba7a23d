"""Invariant 9, tenants are walls: an application reaches for what is another enterprise's, or another pack's. It is
told what somebody is told who asks for what does not exist, word for word and in the same time."""

import statistics
import time
from dataclasses import dataclass, replace

import pytest

from attacker import SamKey, code_of, held, main_database
from phone import expect, wire
from service import Application, Employee, digest_of

UNKNOWN_ID = "0" * 32
UNKNOWN_EMAIL = "nobody.1234567890@example.com"
CALLS = 50
FLOOD = 110  # users; a page of registration requests has 100


@dataclass
class Walls:
    """Two enterprises; the first has two packs."""

    victim: Employee       # of the first enterprise, with an identity in its first pack
    session_id: str        # which the victim has signed
    device_id: str
    stranger: Employee     # of the second enterprise
    neighbour: Application # of the first enterprise's second pack


@pytest.fixture(scope="module")
def walls(service):
    first, second = service.tenant(), service.tenant()
    other_pack = service.operator().post("/packs", {
        "enterprise_id": first.enterprise_id, "name": "Other", "kind": "signing", "key_type": "P-256",
        "signature_quota": 1000, "user_quota": 100})["pack_id"]
    victim, stranger = first.employee(), second.employee()
    neighbour = first.new_application(other_pack, "Neighbour")
    session_id = victim.sign([digest_of(b"secret")])["session_id"]
    device, = first.application.get(f"/users/{victim.email}/devices")
    return Walls(victim, session_id, device["device_id"], stranger, neighbour)


def the_same(answer, other):
    """Status, headers that speak and body; apart from an id of the request."""
    def told(response):
        return response.status_code, response.headers.get("Content-Type"), response.text
    assert told(answer) == told(other)


# --- the QSS API ----------------------------------------------------------------------------------------------

# (method, path with the user's address and whose session and device it is, body)
USER_CALLS = {
    "read": ("GET", "/users/{email}", None),
    "devices": ("GET", "/users/{email}/devices", None),
    "remove device": ("DELETE", "/users/{email}/devices/{device}", None),
    "identity": ("POST", "/users/{email}/identity", {"subject_dn": {}}),
    "revoke identity": ("DELETE", "/users/{email}/identity", None),
    "sign one": ("GET", "/users/{email}/sign/" + digest_of(b"x"), None),
    "sign many": ("POST", "/users/{email}/sign", {"digests": [digest_of(b"x")]}),
    "remove": ("DELETE", "/users/{email}", None),
}
SESSION_CALLS = {"evidence": ("GET", "/sessions/{session}/evidence", None)}


def reach(application, call, email=UNKNOWN_EMAIL, device=UNKNOWN_ID, session=UNKNOWN_ID):
    method, path, body = call
    return application.request(method, path.format(email=email, device=device, session=session), json=body)


@pytest.mark.parametrize("name", USER_CALLS)
def test_another_enterprises_user_does_not_exist(walls, name):
    stranger, call = walls.stranger.tenant.application, USER_CALLS[name]
    foreign = reach(stranger, call, walls.victim.email, walls.device_id)
    assert foreign.status_code == 404
    the_same(foreign, reach(stranger, call))


@pytest.mark.parametrize("who", ["stranger", "neighbour"])
def test_another_packs_evidence_does_not_exist(walls, who):
    application = walls.neighbour if who == "neighbour" else walls.stranger.tenant.application
    foreign = reach(application, SESSION_CALLS["evidence"], session=walls.session_id)
    assert foreign.status_code == 404
    the_same(foreign, reach(application, SESSION_CALLS["evidence"]))


def test_another_packs_identity_is_not_reached(walls):
    """The neighbour knows the user, who is its own enterprise's; the identity is the other pack's."""
    email = walls.victim.email
    assert walls.neighbour.get(f"/users/{email}")["email"] == email
    assert reach(walls.neighbour, USER_CALLS["sign one"], email).status_code == 409
    assert reach(walls.neighbour, USER_CALLS["revoke identity"], email).status_code == 404
    own = walls.neighbour.post(f"/users/{email}/identity", {"subject_dn": {}})
    assert own["signing_cert"] != walls.victim.identity["signing_cert"]


def test_anothers_device_is_not_removed_through_ones_own_user(walls):
    stranger = walls.stranger
    foreign = reach(stranger.tenant.application, USER_CALLS["remove device"], stranger.email, walls.device_id)
    assert foreign.status_code == 404
    the_same(foreign, reach(stranger.tenant.application, USER_CALLS["remove device"], stranger.email))


def test_one_address_in_two_enterprises_is_two_people(walls):
    """The stranger's enterprise may employ the victim too; nothing is shared by it."""
    second = Employee.create(walls.stranger.tenant, email=walls.victim.email)
    assert second.user_id != walls.victim.user_id
    application = walls.stranger.tenant.application
    assert application.get(f"/users/{second.email}/devices") == []
    application.delete(f"/users/{second.email}")
    assert walls.victim.tenant.application.get(f"/users/{second.email}")["user_id"] == walls.victim.user_id


def test_an_idempotency_key_is_ones_own(walls):
    """The same key and the same digest from another credential is another request."""
    headers = {"Idempotency-Key": "the-same-key"}
    signed = []
    for employee in (walls.victim, walls.stranger):
        call, session = employee.begin_signing([digest_of(b"y")], headers=headers)
        expect(employee.phone.approve(session), 200)
        signed.append(expect(call.result(30), 200)["session_id"])
    assert signed[0] != signed[1]


def test_a_token_is_bound_to_its_certificate_and_credential(walls):
    victim, stranger = walls.victim.tenant.application, walls.stranger.tenant.application
    for certificate_of in (stranger, walls.neighbour):
        stolen = replace(certificate_of, token=victim.token)
        answer = stolen.request("GET", f"/users/{walls.victim.email}")
        assert answer.status_code == 401 and "certificate" in answer.text
        answer = certificate_of.http.post(
            f"{victim.service.qss_url}/login", json={"api_key": victim.api_key, "api_secret": victim.api_secret})
        assert answer.status_code == 401  # the right secret with another's certificate


# --- in the same time -----------------------------------------------------------------------------------------


def median_times(*calls):
    """Medians of each call, taken in turn so that what disturbs one disturbs all."""
    times = [[] for _ in calls]
    for _ in range(CALLS):
        for call, taken in zip(calls, times):
            begin = time.perf_counter()
            call()
            taken.append(time.perf_counter() - begin)
    return [statistics.median(taken) for taken in times]


@pytest.mark.parametrize("name", ["read", "identity", "sign one"])
def test_in_the_same_time(walls, name):
    stranger, call = walls.stranger.tenant.application, USER_CALLS[name]
    foreign, unknown = median_times(lambda: reach(stranger, call, walls.victim.email), lambda: reach(stranger, call))
    assert 0.5 < foreign / unknown < 2, (foreign, unknown)


def test_evidence_in_the_same_time(walls):
    stranger, call = walls.stranger.tenant.application, SESSION_CALLS["evidence"]
    foreign, unknown = median_times(lambda: reach(stranger, call, session=walls.session_id),
                                    lambda: reach(stranger, call))
    assert 0.5 < foreign / unknown < 2, (foreign, unknown)


# --- the authenticator API ------------------------------------------------------------------------------------


def test_anothers_phone_sees_and_decides_nothing(walls):
    phone = walls.stranger.phone
    call, session = walls.victim.begin_signing([digest_of(b"z")])
    good = walls.victim.phone.authenticator.assertion(walls.victim.phone.challenge_of(session))
    own = phone.authenticator.assertion(walls.victim.phone.challenge_of(session))
    assert phone.sessions() == []
    for target, body in (("approve", wire(good)), ("approve", wire(own)), ("reject", {"reason": "no"})):
        foreign = phone.call("POST", f"/sessions/{session['session_id']}/{target}", json=body)
        assert foreign.status_code == 404
        the_same(foreign, phone.call("POST", f"/sessions/{UNKNOWN_ID}/{target}", json=body))
    expect(walls.victim.phone.send_assertion(session["session_id"], good), 200)
    expect(call.result(30), 200)
    foreign = phone.call("GET", f"/history/{session['session_id']}/evidence")
    assert foreign.status_code == 404
    the_same(foreign, phone.call("GET", f"/history/{UNKNOWN_ID}/evidence"))
    history = expect(phone.call("GET", "/history"), 200)["sessions"]
    assert session["session_id"] not in {entry["session_id"] for entry in history}


def test_a_device_is_not_told_from_none(walls):
    """Log-in as a device of somebody's and as one that does not exist: the same challenge, the same refusal."""
    phone = walls.stranger.service.phone()
    answers = []
    for phone.device_id in (walls.device_id, UNKNOWN_ID):
        challenge = phone.device_challenge()
        answers.append(phone.send_device_signature(challenge, phone.sign_device_challenge(challenge)))
    assert answers[0].status_code == 401
    the_same(*answers)


# --- the management API ---------------------------------------------------------------------------------------

MANAGEMENT_CALLS = [
    ("POST", "/enterprises", {"name": "Mine", "country": "LV"}), ("GET", "/enterprises", None),
    ("POST", "/packs", {"enterprise_id": UNKNOWN_ID}), ("GET", "/packs", None),
    ("POST", "/credentials", {"pack_id": UNKNOWN_ID}), ("GET", "/credentials", None),
    ("POST", f"/credentials/{UNKNOWN_ID}/suspend", {}), ("GET", f"/users?enterprise_id={UNKNOWN_ID}", None),
    ("GET", "/registration-requests?status=pending", None),
    ("POST", f"/registration-requests/{UNKNOWN_ID}/statement", {"statement": "AA"}),
]
OFFICERS_CALLS = MANAGEMENT_CALLS[-2:]


@pytest.mark.parametrize("method,path,body", MANAGEMENT_CALLS)
def test_an_application_manages_nothing(walls, method, path, body):
    """Not even with its token: who manages is known by a certificate that the configuration lists."""
    application = walls.victim.tenant.application
    for headers in ({}, {"Authorization": f"Bearer {application.token}"}):
        answer = application.http.request(method, application.service.management_url + path, json=body, headers=headers)
        assert answer.status_code == 401, answer.text


def test_the_roles_of_operators_are_walls_too(service):
    """The operator makes tenants and vouches for nobody; the officer vouches and makes no tenant."""
    operator = service.operator()
    officer_directory = service.directory / "officer"
    officer = service.https(officer_directory / "client-certificate.pem", officer_directory / "client-key.pem")
    for method, path, body in OFFICERS_CALLS:
        assert operator.request(method, path, json=body).status_code == 403, path
    for method, path, body in [("POST", "/enterprises", {"name": "Mine SIA", "country": "LV"}),
                               ("GET", "/enterprises", None), ("GET", "/credentials", None),
                               ("GET", f"/users?enterprise_id={UNKNOWN_ID}", None)]:
        assert officer.request(method, service.management_url + path, json=body).status_code == 403, path


def test_a_flood_of_registrations_hides_nobody_elses(service):
    """The officer is shown a page of what waits: a tenant that fills it does not keep others from enrolment."""
    flood, victim = service.tenant(user_quota=FLOOD), service.tenant()
    officer_directory = service.directory / "officer"
    officer = service.https(officer_directory / "client-certificate.pem", officer_directory / "client-key.pem")
    with held(service, "qss-officer"):
        for _ in range(FLOOD):
            Employee.create(flood)
        late = Employee.create(victim)
        shown = expect(officer.get(f"{service.management_url}/registration-requests"), 200)["requests"]
    assert len(shown) < FLOOD and late.email in [request["email"] for request in shown]
    emails = [request["email"] for request in shown if request["enterprise_id"] == flood.enterprise_id]
    assert len(emails) == len(set(emails)) == len(shown) - 1


def test_a_suspended_credential_gets_nothing_more(service):
    """Nor what it asked for just before: the call still waits, and the phone still shows it."""
    employee = service.tenant().employee()
    application = employee.tenant.application
    call, session = employee.begin_signing([digest_of(b"x")])
    expect(service.operator().request("POST", f"/credentials/{application.credential_id}/suspend"), 204)
    assert employee.phone.approve(session).status_code == 410
    assert call.result(30).status_code == 409
    with main_database(service) as database:
        assert not database.execute("SELECT 1 FROM session_result WHERE session_id = ?",
                                    (bytes.fromhex(session["session_id"]),)).fetchone()


def test_an_operators_certificate_is_no_applications(walls):
    """It manages; it neither signs nor reads with somebody's token."""
    application = walls.victim.tenant.application
    operator = application.service.operator()
    answer = operator.http.get(f"{application.service.qss_url}/users/{walls.victim.email}",
                               headers={"Authorization": f"Bearer {application.token}"})
    assert answer.status_code == 401


# --- the SAM, as the owner of qss-api ---------------------------------------------------------------------------


def test_the_sam_keeps_signers_apart(walls):
    """Key, session and authenticator of different signers never meet, whatever qss-api says."""
    victim, stranger = SamKey(walls.victim), SamKey(walls.stranger)
    assert code_of(stranger.open_session, key_id=victim.key_id,
                   certificate_sha256=victim.certificate_sha256) == "not_found"
    assert code_of(victim.call, "REMOVE_AUTHENTICATOR", signer_id=stranger.signer_id,
                   authenticator_id=bytes.fromhex(walls.victim.phone.authenticator_id)) == "not_found"
    session = victim.open_session()
    by_another = walls.stranger.phone.authenticator.assertion(session.challenge)
    assert code_of(session.activate, by_another) == "verification_failed"
    assert session.activate().signatures


def test_the_walls_stand(walls):
    """After all of the above the victim is as before, and signs."""
    assert walls.victim.tenant.application.get(f"/users/{walls.victim.email}")["status"] == "APPROVED"
    assert walls.victim.sign([digest_of(b"last")])["signatures"]
