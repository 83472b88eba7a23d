"""Every call and error of the authenticator API against the real service, with a phone written in Python."""

import secrets

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import sap
from phone import Phone, b64u, b64u_decode, enrolment_key_of, expect
from service import Employee, digest_of
from test_management import check_problem
from webauthn import UP, UV, SoftwareAuthenticator, spki_of

UNKNOWN_ID = "0" * 32


@pytest.fixture
def invited(tenant):
    """An employee whom the officer approved: (employee, invitation)."""
    employee = Employee.create(tenant)
    employee.phone = tenant.service.phone()
    return employee, employee.invitation()


def begin(employee, invitation):
    return expect(employee.phone.begin(invitation), 201)["enrolment_id"]


def enter_right_codes(employee, enrolment_id):
    return expect(employee.phone.send_codes(enrolment_id, *employee.codes()), 200)


# --- the edge ----------------------------------------------------------------------------------------------


def test_needs_no_client_certificate_and_has_its_own_paths(service):
    http = service.https()
    check_problem(http.get(f"{service.authenticator_url}/nothing"), 404)
    check_problem(http.get(service.authenticator_url.replace("/authenticator/v1", "/trustchain")), 404)
    check_problem(http.get(service.authenticator_url.replace("/authenticator/v1", "/management/v1/packs")), 404)
    response = http.delete(f"{service.authenticator_url}/sessions")
    check_problem(response, 405)
    assert response.headers["Allow"] == "GET"


def test_bodies_are_strict(service):
    http, url = service.https(), f"{service.authenticator_url}/device-challenges"
    check_problem(http.post(url, data="{}", headers={"Content-Type": "text/plain"}), 415)
    check_problem(http.post(url, data="{", headers={"Content-Type": "application/json"}), 400)
    check_problem(http.post(url, data='{"device_id":"x","device_id":"y"}',
                            headers={"Content-Type": "application/json"}), 400)
    check_problem(http.post(url, json={"device_id": UNKNOWN_ID, "more": 1}), 422)
    check_problem(http.post(url, json={"device_id": "x"}), 422)
    check_problem(http.post(url, json={"device_id": "0" * 70_000}), 413)


# --- registration --------------------------------------------------------------------------------------------


def test_registration(invited):
    employee, invitation = invited
    enrolment_id = begin(employee, invitation)
    offer = enter_right_codes(employee, enrolment_id)
    assert offer["approval_needed"] is False and offer["exclude_credentials"] == []
    assert offer["user"]["name"] == employee.email and offer["user"]["display_name"] == "Anna Ozola"
    done = expect(employee.phone.send_authenticator(enrolment_id, offer), 201)
    employee.phone.device_id = done["device_id"]
    assert done["credential_id"] == b64u(employee.phone.authenticator.credential_id)
    assert employee.phone.sessions() == []


@pytest.mark.parametrize("change,status", [
    ({"registration_token": "x"}, 404), ({"registration_token": 1}, 422), ({"device_name": ""}, 422),
    ({"device_name": "x" * 201}, 422), ({"device_public_key": "AAAA"}, 422), ({"device_public_key": "*"}, 422),
    ({"more": 1}, 422)])
def test_registration_that_is_wrong(invited, change, status):
    employee, invitation = invited
    key = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    token = sap.registration_token(spki_of(enrolment_key_of(invitation).public_key()))
    body = {"registration_token": token, "device_name": "P", "device_public_key": b64u(key), **change}
    check_problem(employee.phone.http.post(f"{employee.phone.url}/enrolments", json=body), status)


def test_device_key_must_be_p256(invited):
    employee, invitation = invited
    employee.phone.device_key = ec.generate_private_key(ec.SECP384R1())
    check_problem(employee.phone.begin(invitation), 422)


def test_wrong_codes_count_down_and_do_not_say_which(invited):
    employee, invitation = invited
    enrolment_id = begin(employee, invitation)
    email_code, sms_code = employee.codes()
    wrong = "00000000" if "00000000" not in (email_code, sms_code) else "11111111"
    answers = []
    for codes in [(wrong, sms_code), (email_code, wrong), (wrong, wrong)]:
        body = check_problem(employee.phone.send_codes(enrolment_id, *codes), 422, "wrong_code")
        answers.append(body)
    assert [body.pop("tries_left") for body in answers] == [4, 3, 2]
    assert answers[0] == answers[1] == answers[2]
    expect(employee.phone.send_codes(enrolment_id, email_code, sms_code), 200)


def test_no_tries_left_is_410_even_with_the_right_codes(invited):
    employee, invitation = invited
    enrolment_id = begin(employee, invitation)
    codes = employee.codes()
    wrong = ("00000000", "00000000")
    for _ in range(5):
        employee.phone.send_codes(enrolment_id, *wrong)
    check_problem(employee.phone.send_codes(enrolment_id, *codes), 410, "gone")


def test_unknown_registration_is_404(service):
    phone = service.phone()
    for enrolment_id in (UNKNOWN_ID, "x"):
        check_problem(phone.send_codes(enrolment_id, "12345678", "12345678"), 404)
        check_problem(phone.http.post(f"{phone.url}/enrolments/{enrolment_id}/authenticator",
                                      json={"client_data_json": "AA", "attestation_object": "AA"}), 404)


def test_authenticator_before_the_codes_is_409(invited):
    employee, invitation = invited
    enrolment_id = begin(employee, invitation)
    offer = {"challenge": b64u(bytes(32)), "signer_id": UNKNOWN_ID, "rp_id": "x.example"}
    check_problem(employee.phone.send_authenticator(enrolment_id, offer), 409, "conflict")


@pytest.mark.parametrize("spoil", ["challenge", "origin", "rp_id", "flags"])
def test_authenticator_that_is_wrong_is_refused(invited, spoil):
    employee, invitation = invited
    enrolment_id = begin(employee, invitation)
    offer = enter_right_codes(employee, enrolment_id)
    if spoil == "challenge":
        offer = {**offer, "challenge": b64u(secrets.token_bytes(32))}
    if spoil == "rp_id":
        offer = {**offer, "rp_id": "evil.example"}
    if spoil == "origin":
        employee.phone.origin = "https://evil.example"
    if spoil == "flags":
        phone = employee.phone
        phone.authenticator = SoftwareAuthenticator(offer["rp_id"], phone.origin)
        original = phone.authenticator.registration
        phone.authenticator.registration = lambda challenge: original(challenge, flags=UP)
    check_problem(employee.phone.send_authenticator(enrolment_id, offer), 422, "authenticator_refused")


def test_a_first_authenticator_needs_the_enrolment_keys_signature(invited):
    """The private part of what the officer vouched for; qss-api never has it (invariant 1)."""
    employee, invitation = invited
    phone = employee.phone
    enrolment_id = begin(employee, invitation)
    offer = enter_right_codes(employee, enrolment_id)
    authenticator = phone.authenticator = SoftwareAuthenticator(offer["rp_id"], phone.origin)
    attestation, client_data = authenticator.registration(b64u_decode(offer["challenge"]))
    path, body = f"{phone.url}/enrolments/{enrolment_id}/authenticator", {
        "client_data_json": b64u(client_data), "attestation_object": b64u(attestation)}
    for wrong in ("AA", "*", 1, b64u(bytes(65))):
        check_problem(phone.http.post(path, json={**body, "enrolment_signature": wrong}), 422)
    check_problem(phone.http.post(path, json=body), 422, "authenticator_refused")


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), None], ids=["another key", "the device key"])
def test_another_keys_signature_enrols_nobody(invited, key):
    employee, invitation = invited
    enrolment_id = begin(employee, invitation)
    offer = enter_right_codes(employee, enrolment_id)
    employee.phone.enrolment_key = key or employee.phone.device_key
    check_problem(employee.phone.send_authenticator(enrolment_id, offer), 422, "authenticator_refused")
    employee.register_phone(invitation)  # the true one still can


def test_a_second_phone_needs_the_first_ones_approval(employee):
    """Where an authenticator is bound, another joins only with its approval (invariant 5)."""
    second = employee.service.phone(name="Second")
    registration = second.begin(employee.last_invitation)
    enrolment_id = expect(registration, 201)["enrolment_id"]
    email_code, sms_code = employee.codes()
    offer = expect(second.send_codes(enrolment_id, email_code, sms_code), 200)
    assert offer["approval_needed"] is True and len(offer["exclude_credentials"]) == 1
    check_problem(second.send_authenticator(enrolment_id, offer), 422, "authenticator_refused")


# --- log-in -------------------------------------------------------------------------------------------------


def test_device_log_in_is_single_use(employee):
    phone = employee.phone
    challenge = phone.device_challenge()
    signature = phone.sign_device_challenge(challenge)
    assert expect(phone.send_device_signature(challenge, signature), 200)["expires_in"] == 600
    check_problem(phone.send_device_signature(challenge, signature), 401, "unauthenticated")


def test_device_log_in_with_wrong_key_or_challenge(employee):
    phone = employee.phone
    challenge = phone.device_challenge()
    other = Phone(phone.url, phone.http.verify, phone.origin)
    check_problem(phone.send_device_signature(challenge, other.sign_device_challenge(challenge, phone.device_id)), 401)
    made_up = secrets.token_bytes(32)
    check_problem(phone.send_device_signature(made_up, phone.sign_device_challenge(made_up)), 401)
    challenge = phone.device_challenge()
    check_problem(phone.send_device_signature(challenge, bytes(64)), 401)


def test_an_unknown_device_gets_a_challenge_and_no_token(service):
    phone = service.phone()
    phone.device_id = UNKNOWN_ID
    challenge = phone.device_challenge()
    check_problem(phone.send_device_signature(challenge, phone.sign_device_challenge(challenge)), 401)


def test_reading_needs_a_device_token(service, employee, tenant):
    http, url = service.https(), service.authenticator_url
    for token in ("", "x", tenant.application.log_in()):  # an application's token is none
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for method, path in [("GET", "/sessions"), ("GET", "/history"), ("GET", f"/history/{UNKNOWN_ID}/evidence"),
                             ("POST", f"/sessions/{UNKNOWN_ID}/approve"), ("POST", f"/sessions/{UNKNOWN_ID}/reject")]:
            body = {} if method == "POST" else None
            check_problem(http.request(method, url + path, json=body, headers=headers), 401, "unauthenticated")


def test_a_device_token_is_no_applications(employee):
    response = employee.tenant.application.http.get(
        f"{employee.service.qss_url}/trustchain", headers={"Authorization": f"Bearer {employee.phone.log_in()}"})
    assert response.status_code == 401


# --- sessions -------------------------------------------------------------------------------------------------


def test_long_poll_wakes_when_a_session_comes(employee):
    phone, application = employee.phone, employee.tenant.application
    phone.log_in()
    call = application.in_background("POST", f"/users/{employee.email}/sign", json={"digests": [digest_of(b"x")]})
    session, = phone.sessions(wait_seconds=30)
    assert session["digests"] == [digest_of(b"x")] and len(session["credential_ids"]) == 1
    expect(phone.approve(session), 200)
    expect(call.result(30), 200)
    assert phone.sessions() == []


def test_wait_seconds_is_limited(employee):
    for value in ("31", "-1", "x"):
        check_problem(employee.phone.call("GET", f"/sessions?wait_seconds={value}"), 422)
    check_problem(employee.phone.call("GET", "/sessions?more=1"), 422)


def test_wrong_assertion_is_refused_and_leaves_the_session(employee):
    phone = employee.phone
    call, session = employee.begin_signing([digest_of(b"x")])
    challenge = phone.challenge_of(session)
    for wrong in (phone.authenticator.assertion(bytes(32)), phone.authenticator.assertion(challenge, flags=UP),
                  phone.authenticator.assertion(challenge, flags=UV),
                  phone.authenticator.assertion(challenge, origin="https://evil.example")):
        check_problem(phone.send_assertion(session["session_id"], wrong), 422, "assertion_refused")
    expect(phone.approve(session), 200)
    expect(call.result(30), 200)
    assert phone.approve(session).status_code in (200, 409, 410)  # once: the same result, or it has ended
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 999}


def test_too_many_wrong_assertions_lock_the_authenticator(tenant):
    employee = tenant.employee()
    phone = employee.phone
    call, session = employee.begin_signing([digest_of(b"x")])
    wrong = phone.authenticator.assertion(bytes(32))
    statuses = [phone.send_assertion(session["session_id"], wrong).status_code for _ in range(6)]
    assert statuses[0] == 422 and statuses[-1] == 423
    check_problem(phone.approve(session), 423, "locked")
    assert call.result(30).status_code == 423
    assert tenant.application.get("/quotas/signatures") == {"value": 1000}


def test_anothers_session_is_404(service, employee):
    call, session = employee.begin_signing([digest_of(b"x")])
    stranger = service.tenant().employee().phone
    assertion = stranger.authenticator.assertion(employee.phone.challenge_of(session))
    check_problem(stranger.send_assertion(session["session_id"], assertion), 404)
    check_problem(stranger.reject(session), 404)
    check_problem(stranger.call("GET", f"/history/{session['session_id']}/evidence"), 404)
    expect(employee.phone.reject(session), 204)
    call.result(30)


def test_approve_and_reject_that_are_wrong(employee):
    phone = employee.phone
    good = phone.authenticator.assertion(bytes(32))
    for session_id in (UNKNOWN_ID, "x"):
        check_problem(phone.send_assertion(session_id, good), 404)
        check_problem(phone.call("POST", f"/sessions/{session_id}/reject", json={"reason": "x"}), 404)
    check_problem(phone.call("POST", f"/sessions/{UNKNOWN_ID}/approve", json={"signature": "AA"}), 422)
    check_problem(phone.call("POST", f"/sessions/{UNKNOWN_ID}/reject", json={}), 422)


def test_rejected_is_ended(employee):
    call, session = employee.begin_signing([digest_of(b"x")])
    expect(employee.phone.reject(session), 204)
    assert employee.phone.approve(session).status_code in (409, 410)
    call.result(30)
    latest = employee.phone.call("GET", "/history").json()["sessions"][0]
    assert latest["session_id"] == session["session_id"] and latest["status"] == "rejected"


def test_history_and_evidence(employee):
    answer = employee.sign([digest_of(b"x")])
    history = expect(employee.phone.call("GET", "/history"), 200)["sessions"]
    assert history[0]["session_id"] == answer["session_id"] and history[0]["status"] == "signed"
    assert history[0]["digests"] == [digest_of(b"x")] and history[0]["ended_at_unix_ms"] > 0
    response = employee.phone.call("GET", f"/history/{answer['session_id']}/evidence")
    assert response.status_code == 200 and response.headers["Content-Type"] == "application/octet-stream"
    own = employee.tenant.application.request("GET", f"/sessions/{answer['session_id']}/evidence")
    assert response.content == own.content
