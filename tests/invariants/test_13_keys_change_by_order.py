"""Invariant 13: after the ceremony a role's keys and officers change by officers' orders alone. The owner of
qss-api tries it with its own signature, with an order for something else, and past the orders."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from attacker import call, code_of, isolated_service
from ceremony import spki_of
from orders import Officers, installation_of, named_values, new_key, order

CA_ORDERS = {
    "rekey-authority": {"authority": "issuing", "key-type": "P-256"},
    "renew-authority": {"authority": "issuing"},
    "add-officer": {"name": "Mallory"},
    "remove-officer": {},
    "certify-sam-evidence": {},
    "certify-ocsp": {},
    "export-root-key": {},
    "detach-root": {"sha256": bytes(32)},
}
WITH_A_KEY = ("add-officer", "remove-officer", "certify-sam-evidence", "certify-ocsp")


@pytest.fixture(scope="module")
def service():
    with isolated_service() as running:
        yield running


@pytest.fixture(scope="module")
def officers(service):
    return Officers(service)


def carry_out(service, role, *signatures):
    return call(service, role, "CARRY_OUT", signatures=signatures).outcome


def parameters_of(action):
    values = dict(CA_ORDERS[action])
    if action in WITH_A_KEY:
        values["spki"] = spki_of(new_key())
    return named_values(**values)


def chain(service):
    return call(service, "ca", "CHAIN").SerializeToString(deterministic=True)


@pytest.mark.parametrize("action", CA_ORDERS)
def test_the_ca_obeys_officers_alone(service, officers, action):
    before = chain(service)
    wanted = order(installation_of(officers.root), "ca", parameters_of(action), action=action)
    assert code_of(carry_out, service, "ca", officers.signed(wanted, new_key())) == "verification_failed"
    evidence = order(installation_of(officers.root), "sam", parameters_of(action), action=action)
    assert code_of(carry_out, service, "ca", officers.signed(evidence)) == "forbidden"  # an order, to another role
    assert chain(service) == before


@pytest.mark.parametrize("action", ["make-evidence-key", "adopt-evidence", "adopt-issuing-ca", "add-officer",
                                    "remove-officer"])
def test_the_sam_obeys_officers_alone(service, officers, action):
    wanted = order(installation_of(officers.root), "sam", named_values(), action=action)
    assert code_of(carry_out, service, "sam", officers.signed(wanted, new_key())) == "verification_failed"


def test_a_good_order_with_other_values_is_nobodys(service, officers):
    """The signature covers the values: re-keying to a key of the attacker's choice does not pass as a renewal."""
    before = chain(service)
    good = order(installation_of(officers.root), "ca", named_values(authority="access"), action="renew-authority")
    altered = officers.signed(good).replace(b"\x00\x00\x00\x06access", b"\x00\x00\x00\x06issuin")
    assert code_of(carry_out, service, "ca", altered) == "verification_failed"
    assert chain(service) == before


def test_the_responder_changes_its_key_for_the_cas_word_alone(service, officers):
    """qss-api may have it make a next key; without the CA's certificates for it nothing comes of it."""
    root, issuing = officers.root, officers.certificate("issuing")
    current = officers.certificate("ocsp-issuing")
    forged = (x509.CertificateBuilder()
              .subject_name(x509.load_der_x509_certificate(current).subject)
              .issuer_name(x509.load_der_x509_certificate(issuing).subject)
              .public_key(serialization.load_der_public_key(call(service, "ocsp", "NEXT_KEY").spki))
              .serial_number(1)
              .not_valid_before(x509.load_der_x509_certificate(current).not_valid_before_utc)
              .not_valid_after(x509.load_der_x509_certificate(current).not_valid_after_utc)
              .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
              .sign(new_key(), hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    for issuer, responder, code in ((issuing, forged, "verification_failed"), (root, forged, "verification_failed"),
                                    (issuing, issuing, "verification_failed")):
        assert code_of(call, service, "ocsp", "COMPLETE", authorities=[
            {"issuer_certificate": issuer, "responder_certificate": responder}]) == code
