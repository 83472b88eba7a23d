"""Invariant 7, the rest: what the owner of qss-api cannot do about revocation (undo it, do it to everybody, do it
with officers' words), and what officers can do past qss-api. The moments of a signature's life are in
test_07_no_dead_certificates.py."""

import base64
import json
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from attacker import SamKey, call, code_of, isolated_service, main_database
from orders import HOUR_MS, Officers, check_receipt, new_key, unix_ms
from service import binaries, digest_of, wait_until

PER_HOUR = 3


@pytest.fixture(scope="module")
def service():
    with isolated_service() as running:
        yield running


@pytest.fixture(scope="module")
def tenant(service):
    return service.tenant()


@pytest.fixture
def employee(tenant):
    return tenant.employee()


@pytest.fixture(scope="module")
def officers(service):
    return Officers(service)


@pytest.fixture
def limited():
    """A service of its own: the hour's revocations are used up here."""
    with isolated_service(init_flags=[f"--revocations-per-hour={PER_HOUR}"]) as running:
        yield running


def carry_out(service, role, *signatures):
    return call(service, role, "CARRY_OUT", signatures=signatures).outcome


def identity_of(service, key):
    return service.operator().get(f"/identities/{key.key_id.hex()}")


def tool(service, *arguments):
    return json.loads(service.run_tool("--json", "--directory", str(service.directory), *arguments))


def pem_of(der):
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60)


# --- the owner of qss-api -------------------------------------------------------------------------------------


def test_nobody_destroys_everybodys_keys(limited):
    """Above the rate of the ceremony both roles refuse, by whatever message, and remember it over a crash."""
    tenant = limited.tenant()
    victims = [tenant.employee() for _ in range(PER_HOUR + 1)]
    keys = [SamKey(victim) for victim in victims]
    for key in keys[:PER_HOUR]:
        key.call("REVOKE_KEY", key_id=key.key_id, reason=1)
        call(limited, "ca", "REVOKE", serial=key.serial, reason=1)
    last = keys[-1]

    def every_way_is_refused():
        assert code_of(last.call, "REVOKE_KEY", key_id=last.key_id, reason=1) == "rate_limited"
        assert code_of(last.call, "DESTROY_SIGNER", signer_id=last.signer_id) == "rate_limited"
        with main_database(limited) as database:
            authenticator = database.execute("SELECT id FROM authenticator WHERE user_id = ?",
                                             (bytes.fromhex(victims[-1].user_id),)).fetchone()["id"]
        assert code_of(last.call, "REMOVE_AUTHENTICATOR", signer_id=last.signer_id,
                       authenticator_id=authenticator) == "rate_limited"
        assert code_of(call, limited, "ca", "REVOKE", serial=last.serial, reason=1) == "rate_limited"

    every_way_is_refused()
    limited.kill("qss-sam")
    limited.kill("qss-ca")
    limited.wait_ready()
    every_way_is_refused()
    assert victims[-1].sign([digest_of(b"x")])["signatures"]  # and she signs as before


def test_the_rest_waits_for_officers(limited):
    """Over the rate an application hears 503, nothing more is signed, the operator sees it, officers end it."""
    tenant = limited.tenant()
    victims = [tenant.employee() for _ in range(PER_HOUR + 1)]
    for victim in victims[:PER_HOUR]:
        tenant.application.delete(f"/users/{victim.email}/identity")
    last, key = victims[-1], SamKey(victims[-1])
    answer = tenant.application.request("DELETE", f"/users/{last.email}/identity", json={"reason": "keyCompromise"})
    assert answer.status_code == 503 and answer.headers["Retry-After"] and answer.json()["id"]
    assert tenant.application.request("GET", f"/users/{last.email}/sign/{digest_of(b'y')}").status_code == 409
    waiting = tool(limited, "identity", "list", "--revoking")["identities"]
    assert [identity["identity_id"] for identity in waiting] == [key.key_id.hex()]
    wait_until(lambda: "ALARM qss-api: revocations wait" in limited.log_path.read_text(), "somebody is told")

    certificate = limited.directory.parent / "certificate.pem"
    certificate.write_bytes(pem_of(key.certificate))
    order = limited.directory.parent / "order.json"
    tool(limited, "officer", "order", "revoke", "--certificate", str(certificate), "--revocation-reason",
         "keyCompromise", "--reason", "as asked", "-o", str(order))
    done = tool(limited, "order", "carry-out", str(order))["orders"]
    assert [(one["role"], one["before"]) for one in done] == [("sam", False), ("ca", False)]
    assert code_of(key.open_session) == "gone"
    again = tool(limited, "order", "carry-out", str(order))["orders"]  # as after a crash between the two
    assert [one["before"] for one in again] == [True, True]
    limited.kill("qss-api")  # its next look comes at once
    limited.wait_ready()
    wait_until(lambda: identity_of(limited, key)["status"] == "REVOKED", "the rest is done")
    assert identity_of(limited, key)["revocation"]["reason"] == "keyCompromise"
    assert tenant.application.request("DELETE", f"/users/{last.email}/identity").status_code == 404


def test_no_certificate_but_signers(service, officers):
    """Of the service's own certificates qss-api ends none."""
    for name in ("issuing", "ocsp-issuing", "sam-evidence", "officer"):
        serial = x509.load_der_x509_certificate(officers.certificate(name)).serial_number
        contents = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
        assert code_of(call, service, "ca", "REVOKE", serial=contents, reason=1) == "forbidden"


def test_revoked_is_for_ever(service, employee):
    """No reason takes it back, and no other one replaces it."""
    key = SamKey(employee)
    employee.tenant.application.request("DELETE", f"/users/{employee.email}/identity", json={"reason": "keyCompromise"})
    told = identity_of(service, key)["revocation"]
    assert told["reason"] == "keyCompromise"
    assert code_of(call, service, "ca", "REVOKE", serial=key.serial, reason=6) == "invalid_argument"  # hold
    assert code_of(call, service, "ca", "REVOKE", serial=key.serial, reason=8) == "invalid_argument"  # removeFromCRL
    crl = x509.load_der_x509_crl(call(service, "ca", "REVOKE", serial=key.serial, reason=4).crl)
    entry = crl.get_revoked_certificate_by_serial_number(int.from_bytes(key.serial, "big"))
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    answer = service.operator().request("POST", f"/identities/{key.key_id.hex()}/revoke", json={"reason": "superseded"})
    assert answer.json()["revocation"] == told


def test_orders_are_officers_alone(service, officers, employee):
    """Nobody's, altered, for another role or installation, too late or too early: nothing happens."""
    key = SamKey(employee)
    good = officers.order("sam", key.certificate)
    attacker = new_key()
    assert code_of(carry_out, service, "sam", officers.signed(good, attacker)) == "verification_failed"
    altered = officers.signed(good).replace(b"keyCompromise", b"kexCompromise")
    assert code_of(carry_out, service, "sam", altered) == "verification_failed"
    for changes, code in (({"installation": bytes(32)}, "forbidden"),
                          ({"issued_at": unix_ms() - 2 * HOUR_MS}, "expired"),
                          ({"issued_at": unix_ms() + HOUR_MS}, "expired"),
                          ({"action": "un-revoke"}, "unsupported")):
        assert code_of(carry_out, service, "sam", officers.signed(officers.order("sam", key.certificate, **changes))) == code
    assert code_of(carry_out, service, "ca", officers.signed(good)) == "forbidden"  # the SAM's
    twice = (officers.signed(good), officers.signed(good))
    assert code_of(carry_out, service, "sam", *twice) == "verification_failed"
    assert code_of(carry_out, service, "sam") == "invalid_argument"
    # Nor does qss-api pose as them.
    assert code_of(key.call, "REVOKE_KEY", key_id=key.key_id, reason=1,
                   requested_by="order:" + "0" * 32) == "invalid_argument"
    assert employee.sign([digest_of(b"x")])["signatures"]


def test_an_order_is_carried_out_once(service, officers, employee):
    key = SamKey(employee)
    order = officers.signed(officers.order("sam", key.certificate))
    receipt = carry_out(service, "sam", order)
    assert code_of(carry_out, service, "sam", order) == "already_exists"
    service.kill("qss-sam")
    service.wait_ready()
    assert code_of(carry_out, service, "sam", order) == "already_exists"
    assert key.call("REVOKE_KEY", key_id=key.key_id, reason=0).receipt == receipt


# --- officers, past qss-api -----------------------------------------------------------------------------------


def test_officers_revoke_without_qss_api(service, officers, employee):
    """Both receipts name their order; qss-api's rows follow, and the new certificate is for another key."""
    key = SamKey(employee)
    wanted = officers.order("sam", key.certificate, "privilegeWithdrawn")
    receipt = check_receipt(carry_out(service, "sam", officers.signed(wanted)),
                            (service.directory / "pki" / "sam-evidence.pem").read_bytes())
    assert receipt["key_id"] == key.key_id and receipt["reason"] == (9).to_bytes(8, "big")
    assert receipt["requested_by"] == b"order:" + wanted[20:36].hex().encode()
    carry_out(service, "ca", officers.signed(officers.order("ca", key.certificate, "privilegeWithdrawn")))
    wait_until(lambda: identity_of(service, key)["status"] == "REVOKED", "qss-api follows the list")
    told = identity_of(service, key)["revocation"]
    assert (told["reason"], told["requested_by"]) == ("privilegeWithdrawn", "officers")
    employee.make_identity()
    assert SamKey(employee).key_id != key.key_id


def test_receipts_hold_offline(service, employee, tmp_path):
    """The SAM's with its evidence certificate and the root alone; the CA's is its list, which openssl checks."""
    key = SamKey(employee)
    shown = tool(service, "identity", "revoke", key.key_id.hex(), "--reason", "affiliationChanged",
                 "--receipt", str(tmp_path / "receipt"))
    assert shown["status"] == "REVOKED" and shown["revocation"]["requested_by"].startswith("operator:")
    pki = service.directory / "pki"
    receipt = (tmp_path / "receipt").read_bytes()
    assert receipt == base64.urlsafe_b64decode(shown["revocation"]["sam_receipt"] + "==")
    assert check_receipt(receipt, (pki / "sam-evidence.pem").read_bytes())["requested_by"].decode() == \
        shown["revocation"]["requested_by"]
    verify = ("identity", "verify-receipt", str(tmp_path / "receipt"), "--certificate", str(pki / "sam-evidence.pem"),
              "--root", str(pki / "root.pem"))
    assert tool(service, *verify)["reason"] == "affiliationChanged"
    (tmp_path / "receipt").write_bytes(receipt.replace(b"operator:", b"operatox:"))
    spoiled = subprocess.run([binaries() / "qss", *verify], capture_output=True, text=True, timeout=60)
    assert spoiled.returncode != 0

    crl = call(service, "ca", "CURRENT_CRLS").crls[0]
    assert x509.load_der_x509_crl(crl).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number >= \
        shown["revocation"]["crl_number"]
    (tmp_path / "crl.pem").write_bytes(x509.load_der_x509_crl(crl).public_bytes(serialization.Encoding.PEM))
    (tmp_path / "signer.pem").write_text(shown["certificate"])
    checked = openssl("crl", "-in", tmp_path / "crl.pem", "-CAfile", pki / "issuing.pem", "-noout")
    assert "verify OK" in checked.stderr, checked
    verified = openssl("verify", "-partial_chain", "-trusted", pki / "issuing.pem", "-crl_check", "-CRLfile",
                       tmp_path / "crl.pem", tmp_path / "signer.pem")
    assert "certificate revoked" in verified.stdout + verified.stderr


def test_the_whole_ca(tmp_path):
    """The root's list says it, nothing is issued any more, and no key that the CA certified signs."""
    with isolated_service() as service:
        officers = Officers(service)
        tenant = service.tenant()
        employee, later = tenant.employee(), tenant.employee()
        key = SamKey(employee)
        session = key.open_session()
        issuing = officers.certificate("issuing")
        waiting, shown = later.begin_signing([digest_of(b"x")])
        for role in ("sam", "ca"):
            carry_out(service, role, officers.signed(officers.order(role, issuing, "cACompromise")))
        assert session.activate().refusal_code and not session.activate().signatures
        assert later.phone.approve(shown).status_code != 200 and waiting.result(30).status_code >= 400
        answer = tenant.application.request("GET", f"/users/{employee.email}/sign/{digest_of(b'y')}")
        assert answer.status_code == 410 and "CA" in answer.json()["description"], answer.text
        new = tenant.new_application().request  # no certificate for anybody, either
        assert new("POST", f"/users/{employee.email}/identity", json={"subject_dn": {}}).status_code in (200, 410)
        crl = x509.load_der_x509_crl(call(service, "ca", "CURRENT_CRLS").crls[1])
        (tmp_path / "arl.pem").write_bytes(crl.public_bytes(serialization.Encoding.PEM))
        pki = service.directory / "pki"
        verified = openssl("verify", "-CAfile", pki / "root.pem", "-crl_check", "-CRLfile", tmp_path / "arl.pem",
                           pki / "issuing.pem")
        assert "certificate revoked" in verified.stdout + verified.stderr
        for name in ("qss-sam", "qss-ca"):
            service.kill(name)
        service.wait_ready()
        assert code_of(key.open_session) == "gone"
