"""Officers' orders, written from src/statements/order.h and not with the officer's tool: what officers sign,
and what somebody with a socket could make of it."""

import hashlib
import os
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import sap
from ceremony import signed
from wire import messages  # noqa: F401  (compiles them)

HOUR_MS = 3_600_000


def unix_ms():
    return int(time.time() * 1000)


def named_values(**values):
    """QSS-VALUES-v1: count, then name and value, in the order of the names."""
    fields = [field for name in sorted(values) for field in (name, values[name])]
    return sap.canonical("QSS-VALUES-v1", len(values), *fields)


def revocation(certificate_der, reason="keyCompromise"):
    return named_values(certificate=certificate_der, revocation_reason=reason)


def order(installation, role, parameters, action="revoke", reason="", order_id=None, issued_at=None, life_ms=HOUR_MS):
    """QSS-ORDER-v1."""
    at = unix_ms() if issued_at is None else issued_at
    return sap.canonical("QSS-ORDER-v1", order_id or os.urandom(16), installation, role, action, parameters, reason,
                         at, at + life_ms)


def installation_of(root_der):
    return hashlib.sha256(root_der).digest()


class Officers:
    """The officers of a service that `qss init` made: the keys are theirs, and out of qss-api's reach."""

    def __init__(self, service):
        self.service = service
        self.key = serialization.load_pem_private_key((service.directory / "officer" / "key.pem").read_bytes(), None)
        self.root = self.certificate("root")

    def certificate(self, name):
        """DER of one in pki/."""
        pem = (self.service.directory / "pki" / f"{name}.pem").read_bytes()
        return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)

    def order(self, role, certificate_der, reason="keyCompromise", **changes):
        return order(changes.pop("installation", installation_of(self.root)), role,
                     revocation(certificate_der, reason), **changes)

    def signed(self, encoding, key=None):
        return signed(encoding, key or self.key)


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def check_receipt(transport, evidence_certificate_pem):
    """The fields of a SAM's receipt, whose signature holds."""
    key = x509.load_pem_x509_certificate(evidence_certificate_pem).public_key()
    tag, encoding, signer, signature = sap.fields_of(transport)
    assert tag == b"QSS-SIGNED-v1"
    key.verify(signature, encoding, ec.ECDSA(hashes.SHA256()))
    names = ("tag", "key_id", "signer_id", "certificate_sha256", "reason", "revoked_at", "requested_by",
             "requested_at")
    receipt = dict(zip(names, sap.fields_of(encoding), strict=True))
    assert receipt["tag"] == b"QSS-REVOKED-v1"
    return receipt
