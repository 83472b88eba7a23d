"""The structures of docs/protocol-sam.md, written from that page and not from the C++ code.

Used by the Python test client (which computes every challenge itself, as a phone does) and to make
tests/vectors/sap.json, which the C++ unit tests must reproduce:

    python3 tests/support/sap.py tests/vectors/sap.json
"""

import base64
import hashlib
import json
import sys
from dataclasses import dataclass, field

HASH_OIDS = {
    "SHA256": "2.16.840.1.101.3.4.2.1",
    "SHA384": "2.16.840.1.101.3.4.2.2",
    "SHA512": "2.16.840.1.101.3.4.2.3",
}


def canonical(tag, *fields):
    """Section 1: each field as a 4-byte big-endian length and its bytes, the tag first."""
    out = b""
    for value in (tag, *fields):
        if isinstance(value, bool):
            value = int(value)
        if isinstance(value, int):
            value = value.to_bytes(8, "big")
        elif isinstance(value, str):
            value = value.encode("utf-8")
        out += len(value).to_bytes(4, "big") + value
    return out


def fields_of(encoding):
    """The fields of an encoding, its tag first."""
    fields, at = [], 0
    while at < len(encoding):
        size = int.from_bytes(encoding[at:at + 4], "big")
        fields.append(encoding[at + 4:at + 4 + size])
        at += 4 + size
    return fields


def listed(items):
    """A list: its count, then its elements."""
    return [len(items), *items]


def sha256(data):
    return hashlib.sha256(data).digest()


def hash_oid(signature_algorithm):
    """The OID of the hash that a signature algorithm's name ends with: "RSA-PKCS1-SHA256"."""
    return HASH_OIDS[signature_algorithm.rsplit("-", 1)[1]]


@dataclass
class DisplayRecord:
    enterprise: str
    pack: str
    application: str
    language: str
    consent_version: str
    labels: list = field(default_factory=list)

    def encode(self):
        return canonical("QSS-DISPLAY-v1", self.enterprise, self.pack, self.application, self.language,
                         self.consent_version, *listed(self.labels))


@dataclass
class ChallengeInput:
    session_id: bytes
    nonce: bytes
    expires_at_unix_ms: int
    signer_id: bytes
    key_id: bytes
    certificate_sha256: bytes
    signature_algorithm: str
    digests: list
    display_hash: bytes
    rp_id: str

    def encode(self):
        return canonical("QSS-SAD-v1", self.session_id, self.nonce, self.expires_at_unix_ms, self.signer_id,
                         self.key_id, self.certificate_sha256, hash_oid(self.signature_algorithm),
                         self.signature_algorithm, *listed(self.digests), self.display_hash, self.rp_id)

    def challenge(self):
        return sha256(self.encode())


def challenge_of_session(session):
    """The challenge for one element of GET /authenticator/v1/sessions, from what it shows."""
    display = DisplayRecord(**session["display"])
    given = ChallengeInput(
        session_id=bytes.fromhex(session["session_id"]),
        nonce=from_base64url(session["nonce"]),
        expires_at_unix_ms=session["expires_at_unix_ms"],
        signer_id=bytes.fromhex(session["signer_id"]),
        key_id=bytes.fromhex(session["key_id"]),
        certificate_sha256=bytes.fromhex(session["certificate_sha256"]),
        signature_algorithm=session["signature_algorithm"],
        digests=[bytes.fromhex(digest) for digest in session["digests"]],
        display_hash=sha256(display.encode()),
        rp_id=session["rp_id"])
    if session["hash_algorithm_oid"] != hash_oid(session["signature_algorithm"]):
        raise ValueError("hash and signature algorithm do not belong together")
    return given.challenge()


def addition_challenge(signer_id, binding_challenge, new_spki, rp_id):
    return sha256(canonical("QSS-ADD-v1", signer_id, binding_challenge, new_spki, rp_id))


def enrolment_message(signer_id, binding_challenge, new_spki, rp_id):
    """What the enrolment key of the registration statement signs for the first authenticator."""
    return canonical("QSS-ENROL-v1", signer_id, binding_challenge, new_spki, rp_id)


def registration_token(enrolment_spki):
    return to_base64url(sha256(canonical("QSS-INVITATION-v1", enrolment_spki)))


def device_message(device_id, challenge):
    """What a device key signs to log in (authenticator API, POST /device-tokens)."""
    return canonical("QSS-DEVICE-v1", device_id, challenge)


def registration_statement(statement_id, signer_id, enterprise_id, sequence, organisation, country, email, mobile,
                           given_name, surname, identity_number, enrolment_spki, verified_at_unix_ms):
    return canonical("QSS-REG-v1", statement_id, signer_id, enterprise_id, sequence, organisation, country, email,
                     mobile, given_name, surname, identity_number, enrolment_spki, verified_at_unix_ms)


def key_attestation(key_id, signer_id, pack_id, spki, statement_hash, ca_nonce, key_store, sandbox,
                    attested_at_unix_ms):
    return canonical("QSS-KEY-v1", key_id, signer_id, pack_id, spki, statement_hash, ca_nonce, key_store, sandbox,
                     attested_at_unix_ms)


def link_record(signer_id, authenticator_id, credential_id, public_key_spki, aaguid, statement_hash,
                attestation_hash, bound_at_unix_ms):
    return canonical("QSS-LINK-v1", signer_id, authenticator_id, credential_id, public_key_spki, aaguid,
                     statement_hash, attestation_hash, bound_at_unix_ms)


def revocation_receipt(key_id, signer_id, certificate_sha256, reason, revoked_at_unix_ms, requested_by,
                       requested_at_unix_ms):
    return canonical("QSS-REVOKED-v1", key_id, signer_id, certificate_sha256, reason, revoked_at_unix_ms,
                     requested_by, requested_at_unix_ms)


def signed_statement(encoding, spki, signature):
    """The transport form of section 2; `signature` is DER ECDSA-Sig-Value over SHA-256(encoding)."""
    return canonical("QSS-SIGNED-v1", encoding, sha256(spki), signature)


def evidence(input_encoding, display_record, assertion, link, registration, signatures, signing_certificate,
             issuing_ca_certificate, evidence_certificate, officer_certificate, used_at_unix_ms):
    return canonical("QSS-EVIDENCE-v1", input_encoding, display_record, assertion["credential_id"],
                     assertion["authenticator_data"], assertion["client_data_json"], assertion["signature"], link,
                     registration, *listed(signatures), signing_certificate, issuing_ca_certificate,
                     evidence_certificate, officer_certificate, used_at_unix_ms)


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- vectors ---------------------------------------------------------------------------------------


def _id(number):
    return bytes([number]) * 16


def _shown(value):
    """Bytes as hexadecimal, for JSON."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


def _vector(function, **inputs):
    return {"input": _shown(inputs), "encoding": function(**inputs).hex()}


def _display_vectors():
    records = [
        DisplayRecord("Kalnrozes SIA", "Contracts", "ERP", "lv", "1", ["Līgums 2026-114.pdf", ""]),
        DisplayRecord("Ελληνική ΑΕ", "Default", "Mailer", "en", "2.0"),
    ]
    return [{"input": record.__dict__, "encoding": record.encode().hex(), "sha256": sha256(record.encode()).hex()}
            for record in records]


def _challenge_vectors():
    display = sha256(DisplayRecord("Kalnrozes SIA", "Contracts", "ERP", "lv", "1").encode())
    inputs = [
        ("RSA-PKCS1-SHA256", [sha256(b"one")]),
        ("ECDSA-SHA256", [sha256(b"one"), sha256(b"two")]),
        ("ECDSA-SHA256", [sha256(b"two"), sha256(b"one")]),
        ("ECDSA-SHA384", [hashlib.sha384(b"one").digest()]),
        ("RSA-PSS-SHA512", [hashlib.sha512(bytes([i])).digest() for i in range(100)]),
    ]
    vectors = []
    for algorithm, digests in inputs:
        given = ChallengeInput(_id(1), bytes(range(32)), 1795507200123, _id(2), _id(3), bytes(range(32, 64)),
                               algorithm, digests, display, "approve.qss-sandbox.com")
        vectors.append({"input": _shown(given.__dict__), "encoding": given.encode().hex(),
                        "challenge": given.challenge().hex()})
    return vectors


# RFC 6979 A.2.5: a published P-256 key, so that nobody takes it for one of ours.
RFC6979_P256 = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721


def _published_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.derive_private_key(RFC6979_P256, ec.SECP256R1())
    return key, key.public_key().public_bytes(serialization.Encoding.DER,
                                              serialization.PublicFormat.SubjectPublicKeyInfo)


def _signed_vector(encoding):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    key, spki = _published_key()
    signature = key.sign(encoding, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return {"input": {"encoding": encoding.hex(), "spki": spki.hex(), "signature": signature.hex()},
            "encoding": signed_statement(encoding, spki, signature).hex(), "hash": sha256(encoding).hex()}


def make_vectors():
    registration = dict(statement_id=_id(1), signer_id=_id(2), enterprise_id=_id(3), sequence=1,
                        organisation="Kalnrozes SIA", country="LV", email="anna.berzina@example.com",
                        mobile="+37120000000", given_name="Anna", surname="Bērziņa",
                        identity_number="PNOLV-010180-12345", enrolment_spki=_published_key()[1],
                        verified_at_unix_ms=1795507200000)
    without_number = dict(registration, identity_number="", sequence=2**40, given_name="Zoé")
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\x04" + bytes(range(64))
    challenge = ChallengeInput(_id(1), bytes(32), 1795507200123, _id(2), _id(3), bytes(range(32)), "ECDSA-SHA256",
                               [sha256(b"one"), sha256(b"two")], sha256(b""), "approve.qss-sandbox.com")
    assertion = dict(credential_id=b"\x01\x02", authenticator_data=bytes(37), client_data_json=b"{}",
                     signature=b"\x30\x00")
    return {
        "origin": "tests/support/sap.py, from docs/protocol-sam.md; bytes are hexadecimal",
        "display_records": _display_vectors(),
        "challenges": _challenge_vectors(),
        "additions": [{
            "input": {"signer_id": _id(2).hex(), "binding_challenge": bytes(range(32)).hex(),
                      "new_spki": spki.hex(), "rp_id": "approve.qss-sandbox.com"},
            "challenge": addition_challenge(_id(2), bytes(range(32)), spki, "approve.qss-sandbox.com").hex(),
        }],
        "enrolments": [_vector(enrolment_message, signer_id=_id(2), binding_challenge=bytes(range(32)), new_spki=spki,
                               rp_id="approve.qss-sandbox.com")],
        "registration_tokens": [{"input": {"enrolment_spki": _published_key()[1].hex()},
                                 "token": registration_token(_published_key()[1])}],
        "registration_statements": [_vector(registration_statement, **registration),
                                    _vector(registration_statement, **without_number)],
        "key_attestations": [_vector(key_attestation, key_id=_id(4), signer_id=_id(2), pack_id=_id(5), spki=spki,
                                     statement_hash=sha256(b"s"), ca_nonce=bytes(range(32)), key_store="software",
                                     sandbox=sandbox, attested_at_unix_ms=1795507200001) for sandbox in (0, 1)],
        "link_records": [_vector(link_record, signer_id=_id(2), authenticator_id=_id(6), credential_id=b"\x07" * 20,
                                 public_key_spki=spki, aaguid=bytes(range(16)), statement_hash=sha256(b"s"),
                                 attestation_hash=sha256(b"a"), bound_at_unix_ms=1795507200002)],
        "revocation_receipts": [_vector(revocation_receipt, key_id=_id(4), signer_id=_id(2), certificate_sha256=c,
                                        reason=reason, revoked_at_unix_ms=1795507200003,
                                        requested_by="operator:āra", requested_at_unix_ms=1795507200001)
                                for c, reason in ((b"", 0), (sha256(b"c"), 5))],
        "signed_statements": [_signed_vector(registration_statement(**registration))],
        "evidence": [_vector(evidence, input_encoding=challenge.encode(),
                             display_record=DisplayRecord("E", "P", "A", "en", "1").encode(), assertion=assertion,
                             link=b"link", registration=b"registration", signatures=[b"\x01", b"\x02\x03"],
                             signing_certificate=b"leaf", issuing_ca_certificate=b"issuing",
                             evidence_certificate=b"sam", officer_certificate=b"officer",
                             used_at_unix_ms=1795507200004)],
    }


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump(make_vectors(), out, ensure_ascii=False, indent=1)
        out.write("\n")
