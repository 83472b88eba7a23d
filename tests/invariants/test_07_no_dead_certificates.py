"""Invariant 7, no dead certificates: with a key that was revoked or a certificate that has expired, at every
moment of a signature's life, through the API and, as the owner of qss-api, past it. What CA and responder
keep of it by themselves is in test_06_honest_certificates.py."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp as x509_ocsp

import sap
from attacker import SamKey, call, code_of, held, isolated_service, main_database, refusal, session_row
from service import digest_of, wait_until

BACKGROUND = ThreadPoolExecutor()
SLOW_SIGN_MS = 1500
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def service():
    with isolated_service() as running:
        yield running


@pytest.fixture(scope="module")
def apart():
    """One whose SAM takes its time to sign; the last to use it moves its clock."""
    slowly = ("--child-flag", "qss-sam=--slow-sign-ms", "--child-flag", f"qss-sam={SLOW_SIGN_MS}")
    with isolated_service(arguments=slowly) as running:
        yield running


@pytest.fixture(scope="module")
def tenant(service):
    return service.tenant()


@pytest.fixture
def employee(tenant):
    return tenant.employee()


def revoke(key, reason=5):
    return key.call("REVOKE_KEY", key_id=key.key_id, reason=reason).receipt


def ocsp_status(key):
    response = x509_ocsp.load_der_ocsp_response(
        call(key.service, "ocsp", "RESPOND", singles=[{"certificate": key.certificate}]).response)
    return response.certificate_status.name if response.response_status.value == 0 else response.response_status.name


def signs_nothing(key):
    """Neither an open session of before nor a new one, and no new certificate for the old key."""
    assert code_of(key.open_session) == "gone"
    assert code_of(key.call, "ATTEST_KEY", key_id=key.key_id, ca_nonce=b"n" * 32) == "gone"
    assert code_of(key.call, "LINK_CERTIFICATE", key_id=key.key_id, certificate=key.certificate) == "gone"
    return True


# --- the SAM, asked directly ----------------------------------------------------------------------------------


def test_a_live_key_signs(employee):
    """That the refusals below are about death."""
    result = SamKey(employee).open_session().activate()
    assert len(result.signatures) == 1 and result.evidence


def test_revoked_between_approval_and_signing(employee):
    """The signer has approved; before the SAM hears of it the key is revoked. It never signs, whoever asks."""
    key = SamKey(employee)
    session = key.open_session()
    approval = session.assertion()
    revoke(key)
    refused = session.activate(approval)
    assert refusal(refused) == ("gone", "the key was destroyed")
    assert session.activate(approval) == refused  # and again: the same refusal, for good
    assert signs_nothing(key)


def test_revoked_while_the_sam_signs(apart):
    """The revocation arrives when the session is used and the signature under way: no signature leaves."""
    employee = apart.tenant().employee()
    key = SamKey(employee)
    waiting, session = employee.begin_signing([digest_of(b"x")])
    approval = BACKGROUND.submit(employee.phone.approve, session)
    wait_until(lambda: session_row(apart, session["session_id"])["status"] == "approved", "the intent is stored")
    wait_until(lambda: code_of(key.call, "CANCEL_SESSION", session_id=bytes.fromhex(session["session_id"]))
               == "conflict", "the session is being signed")
    revoke(key)
    assert approval.result(30).status_code != 200
    assert waiting.result(30).status_code != 200 and "signature" not in waiting.result().text
    assert session_row(apart, session["session_id"])["status"] == "failed"
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 1000}  # and costs nothing
    assert signs_nothing(key)


def test_a_receipt_is_given_once_and_repeated(service, employee):
    """Signed by the SAM's evidence key, over key, signer and certificate; the same one ever after."""
    key = SamKey(employee)
    receipt = revoke(key, reason=1)
    assert revoke(key, reason=1) == receipt
    assert revoke(key, reason=0) == receipt  # another reason makes no other receipt
    certificate = (service.directory / "pki" / "sam-evidence.pem").read_bytes()
    evidence_key = x509.load_pem_x509_certificate(certificate).public_key()
    encoding, signer, signature = sap.fields_of(receipt)[1:]
    evidence_key.verify(signature, encoding, ec.ECDSA(hashes.SHA256()))
    assert signer == hashlib.sha256(evidence_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()
    told = sap.fields_of(encoding)
    assert told[:5] == [b"QSS-REVOKED-v1", key.key_id, key.signer_id, key.certificate_sha256, (1).to_bytes(8, "big")]


def test_destroyed_is_for_ever(service, employee):
    """A crash and a restart of the SAM bring no key back; the tombstone stays, and another key is another one."""
    key = SamKey(employee)
    receipt = revoke(key)
    service.kill("qss-sam")
    service.wait_ready()
    assert revoke(key) == receipt and signs_nothing(key)
    made = key.call("MAKE_KEY", signer_id=key.signer_id, key_type="P-256",
                    pack_id=bytes.fromhex(employee.tenant.pack_id))
    assert made.key_id != key.key_id and made.certificate == b""
    linked = {"key_id": made.key_id, "certificate": key.certificate}
    assert code_of(key.call, "LINK_CERTIFICATE", **linked) == "verification_failed"


def test_a_destroyed_signer_is_for_ever(employee):
    key = SamKey(employee)
    session = key.open_session()
    approval = session.assertion()
    assert key.call("DESTROY_SIGNER", signer_id=key.signer_id).revoked_key_ids == [key.key_id]
    assert refusal(session.activate(approval))[0] == "gone"
    for message, fields in (("BEGIN_BINDING", {}), ("MAKE_KEY", {"pack_id": b"p" * 16, "key_type": "P-256"})):
        assert code_of(key.call, message, signer_id=key.signer_id, **fields) == "gone"


# --- expiry ---------------------------------------------------------------------------------------------------


def test_an_expired_certificate_opens_and_signs_nothing(apart):
    """The roles' clocks are moved: first to just before the certificate's end, then, with a session open, past it."""
    employee = apart.tenant().employee()
    key = SamKey(employee)
    not_after = x509.load_der_x509_certificate(key.certificate).not_valid_after_utc
    to_the_end = int((not_after - datetime.now(timezone.utc)).total_seconds() * 1000)

    def restart(offset_ms):
        apart.stop()
        apart.start("--sandbox-clock-offset-ms", str(offset_ms))

    restart(to_the_end - 5 * MINUTE_MS)
    assert key.open_session().activate().signatures  # it lives
    session = key.open_session(lifetime_ms=30 * MINUTE_MS)
    approval = session.assertion()
    restart(to_the_end + 5 * MINUTE_MS)
    assert session.expires_at_unix_ms > to_the_end + 5 * MINUTE_MS + datetime.now().timestamp() * 1000
    assert refusal(session.activate(approval)) == ("expired", "the certificate is not valid at this time")
    assert code_of(key.open_session) == "expired"
    # qss-api's own clock says that it is valid: the SAM's counts.
    answer = employee.tenant.application.request("GET", f"/users/{employee.email}/sign/{digest_of(b'x')}")
    assert answer.status_code >= 400 and "signature" not in answer.json()


# --- through the API ------------------------------------------------------------------------------------------


def test_delete_identity(employee):
    """SAM, CA and responder have heard of it when the application has its 204; the open session is over."""
    key = SamKey(employee)
    application = employee.tenant.application
    waiting, session = employee.begin_signing([digest_of(b"x")])
    approval = employee.phone.authenticator.assertion(employee.phone.challenge_of(session))
    assert ocsp_status(key) == "GOOD"
    application.delete(f"/users/{employee.email}/identity")
    assert ocsp_status(key) == "REVOKED"
    assert signs_nothing(key)
    crl = x509.load_der_x509_crl(call(employee.service, "ca", "CURRENT_CRLS").crls[0])
    assert crl.get_revoked_certificate_by_serial_number(int.from_bytes(key.serial, "big"))

    assert employee.phone.send_assertion(session["session_id"], approval).status_code == 410
    assert waiting.result(30).status_code >= 400 and "signature" not in waiting.result().json()
    assert application.request("GET", f"/users/{employee.email}/sign/{digest_of(b'y')}").status_code == 409
    assert application.request("DELETE", f"/users/{employee.email}/identity").status_code == 404


def test_never_good_again(employee):
    """Not with the list of before, which the owner of qss-api has kept, and not after a crash of the responder."""
    key = SamKey(employee)
    employee.tenant.application.post(f"/users/{employee.email}/identity", {"subject_dn": {}})
    before = call(employee.service, "ca", "CURRENT_CRLS").crls[0]
    employee.tenant.application.delete(f"/users/{employee.email}/identity")
    assert code_of(call, employee.service, "ocsp", "UPDATE_CRL", crl=before) == "conflict"
    assert ocsp_status(key) == "REVOKED"
    employee.service.kill("qss-ocsp")
    employee.service.wait_ready()
    assert ocsp_status(key) == "REVOKED"


def test_a_new_identity_is_another_one(employee):
    old = SamKey(employee)
    employee.tenant.application.delete(f"/users/{employee.email}/identity")
    employee.make_identity()
    new = SamKey(employee)
    assert new.key_id != old.key_id and new.certificate != old.certificate
    assert employee.sign([digest_of(b"x")])["signatures"] and signs_nothing(old)
    # The new certificate's session is not the old key's.
    assert code_of(new.open_session, certificate_sha256=old.certificate_sha256) == "conflict"


def test_delete_user(employee):
    key = SamKey(employee)
    waiting, session = employee.begin_signing([digest_of(b"x")])
    employee.tenant.application.delete(f"/users/{employee.email}")
    assert waiting.result(30).status_code >= 400 and "signature" not in waiting.result().json()
    assert ocsp_status(key) == "REVOKED" and signs_nothing(key)
    assert employee.phone.approve(session).status_code == 401  # the phone is nobody's any more
    assert code_of(key.call, "BEGIN_BINDING", signer_id=key.signer_id) == "gone"


def test_delete_last_device(employee):
    """Nobody could approve with the key any more, so nobody may: the identity dies with its last phone."""
    key = SamKey(employee)
    waiting, _ = employee.begin_signing([digest_of(b"x")])
    application = employee.tenant.application
    device, = application.get(f"/users/{employee.email}/devices")
    application.delete(f"/users/{employee.email}/devices/{device['device_id']}")
    assert waiting.result(30).status_code >= 400
    assert ocsp_status(key) == "REVOKED" and signs_nothing(key)


def test_two_last_devices_removed_at_once(employee):
    """The identity dies with them, and one statement is asked for, as for one."""
    key, service, application = SamKey(employee), employee.service, employee.tenant.application
    employee.register_phone(employee.last_invitation, approver=employee.phone.authenticator)
    devices = [device["device_id"] for device in application.get(f"/users/{employee.email}/devices")]

    def rows(sql):
        with main_database(service) as database:
            return [row[0] for row in database.execute(sql, (bytes.fromhex(employee.user_id),))]

    with held(service, "qss-sam"):
        removals = [application.in_background("DELETE", f"/users/{employee.email}/devices/{device}")
                    for device in devices]
        wait_until(lambda: rows("SELECT status FROM device WHERE user_id = ?") == ["removing"] * 2, "both are meant")
    assert [removal.result(30).status_code for removal in removals] == [204, 204]
    assert ocsp_status(key) == "REVOKED" and signs_nothing(key)
    assert rows("SELECT sequence FROM registration_request WHERE user_id = ? ORDER BY sequence") == [1, 2]


def test_a_phone_that_is_not_the_last_takes_no_identity_with_it(employee):
    """And the other way round: with a phone left, the identity lives, but the removed one approves nothing."""
    key, first = SamKey(employee), employee.phone
    second = employee.register_phone(employee.last_invitation, approver=first.authenticator)
    employee.tenant.application.delete(f"/users/{employee.email}/devices/{first.device_id}")
    assert ocsp_status(key) == "GOOD"
    session = key.open_session()
    assert code_of(session.activate, first.authenticator.assertion(session.challenge)) == "verification_failed"
    assert session.activate(second.authenticator.assertion(session.challenge)).signatures
