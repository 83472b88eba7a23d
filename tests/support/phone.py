"""An employee's phone, independent of the C++ code: device key, WebAuthn authenticator (ES256, packed
self attestation, user verification), and the authenticator API of api/authenticator.yaml. It computes
every challenge itself from what the service shows (sap.py), as the real app does.
"""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

import sap

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, ATTESTED = 0x01, 0x04, 0x08, 0x40


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64u_decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def spki(private_key):
    return private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def cbor(value):
    """The few CBOR types that an attestation object needs (RFC 8949 4.2, deterministic)."""

    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        for info, size in ((24, 1), (25, 2), (26, 4)):
            if number < 1 << 8 * size:
                return bytes([major << 5 | info]) + number.to_bytes(size, "big")
        raise ValueError(number)

    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    raise TypeError(type(value))


@dataclass
class Authenticator:
    """One WebAuthn credential. The attributes may be altered by tests that want it to misbehave."""

    rp_id: str
    origin: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    aaguid: bytes = bytes(16)
    flags: int = USER_PRESENT | USER_VERIFIED
    sign_count: int = 0

    def client_data(self, kind, challenge, **extra):
        return json.dumps(
            {"type": kind, "challenge": b64u(challenge), "origin": self.origin, "crossOrigin": False, **extra},
            separators=(",", ":")).encode()

    def authenticator_data(self, flags=None, attested=b""):
        flags = self.flags if flags is None else flags
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.sign_count) + attested

    def _sign(self, authenticator_data, client_data):
        message = authenticator_data + hashlib.sha256(client_data).digest()
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))

    def create(self, challenge):
        """navigator.credentials.create: (client_data_json, attestation_object)."""
        numbers = self.key.public_key().public_numbers()
        cose = cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = self.aaguid + struct.pack(">H", len(self.credential_id)) + self.credential_id + cose
        data = self.authenticator_data(self.flags | ATTESTED, attested)
        client_data = self.client_data("webauthn.create", challenge)
        statement = {"alg": -7, "sig": self._sign(data, client_data)}
        return client_data, cbor({"fmt": "packed", "attStmt": statement, "authData": data})

    def get(self, challenge):
        """navigator.credentials.get: the assertion as the authenticator API takes it."""
        data = self.authenticator_data()
        client_data = self.client_data("webauthn.get", challenge)
        return {
            "credential_id": b64u(self.credential_id),
            "authenticator_data": b64u(data),
            "client_data_json": b64u(client_data),
            "signature": b64u(self._sign(data, client_data)),
        }


def canonical(tag, *fields):
    """base/canonical.h: each field a 4-byte big-endian length and its bytes, the tag first."""
    return b"".join(struct.pack(">I", len(part)) + part for part in (tag.encode(), *fields))


class Phone:
    """`url` ends in /authenticator/v1; `ca_file` is what the service's certificate is checked against."""

    def __init__(self, url, ca_file, origin, name="Test phone"):
        self.url, self.origin, self.name = url, origin, name
        self.http = requests.Session()
        self.http.verify = ca_file
        self.device_key = ec.generate_private_key(ec.SECP256R1())
        self.device_id = None
        self.signer_id = None
        self.authenticator_id = None
        self.authenticator = None
        self._token = None

    # --- registration -----------------------------------------------------------------------------

    def begin(self, invitation):
        return self.http.post(f"{self.url}/registrations", json={
            "invitation": invitation, "device_name": self.name, "device_public_key": b64u(spki(self.device_key))})

    def send_codes(self, registration_id, email_code, sms_code):
        return self.http.post(f"{self.url}/registrations/{registration_id}/codes",
                              json={"email_code": email_code, "sms_code": sms_code})

    def send_authenticator(self, registration_id, offer, approver=None):
        """`offer`: the answer to the codes. `approver`: the Authenticator bound before, when needed."""
        challenge = b64u_decode(offer["challenge"])
        self.signer_id = offer["signer_id"]
        self.authenticator = self.authenticator or Authenticator(offer["rp_id"], self.origin)
        client_data, attestation = self.authenticator.create(challenge)
        body = {"client_data_json": b64u(client_data), "attestation_object": b64u(attestation)}
        if approver is not None:
            body["approval"] = approver.get(sap.addition_challenge(
                bytes.fromhex(self.signer_id), challenge, spki(self.authenticator.key), offer["rp_id"]))
        return self.http.post(f"{self.url}/registrations/{registration_id}/authenticator", json=body)

    def register(self, invitation, read_codes, approver=None):
        """The whole registration. `read_codes()` gives (email_code, sms_code) when they have arrived."""
        registration = expect(self.begin(invitation), 201)
        email_code, sms_code = read_codes()
        offer = expect(self.send_codes(registration["registration_id"], email_code, sms_code), 200)
        done = expect(self.send_authenticator(registration["registration_id"], offer, approver), 201)
        self.device_id, self.authenticator_id = done["device_id"], done["authenticator_id"]
        return self

    # --- as a registered device -------------------------------------------------------------------

    def sign_device_challenge(self, challenge, device_id=None):
        message = canonical("QSS-DEVICE-v1", bytes.fromhex(device_id or self.device_id), challenge)
        r, s = utils.decode_dss_signature(self.device_key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def device_challenge(self):
        answer = self.http.post(f"{self.url}/device-challenges", json={"device_id": self.device_id})
        return b64u_decode(expect(answer, 200)["challenge"])

    def send_device_signature(self, challenge, signature):
        return self.http.post(f"{self.url}/device-tokens", json={
            "device_id": self.device_id, "challenge": b64u(challenge), "signature": b64u(signature)})

    def log_in(self):
        challenge = self.device_challenge()
        answer = self.send_device_signature(challenge, self.sign_device_challenge(challenge))
        self._token = expect(answer, 200)["access_token"]
        return self._token

    def call(self, method, path, **options):
        """Any call with the device token, logging in at the first."""
        if self._token is None:
            self.log_in()
        return self.http.request(method, self.url + path, headers={"Authorization": f"Bearer {self._token}"},
                                 **options)

    def sessions(self, wait_seconds=0):
        return expect(self.call("GET", f"/sessions?wait_seconds={wait_seconds}"), 200)["sessions"]

    def wait_for_session(self, wait_seconds=30):
        """The first session that waits for this phone; the service answers as soon as there is one."""
        sessions = self.sessions(wait_seconds)
        assert sessions, "no session came"
        return sessions[0]

    def challenge_of(self, session):
        return sap.challenge_of_session(session)

    def send_assertion(self, session_id, assertion):
        return self.call("POST", f"/sessions/{session_id}/approve", json=assertion)

    def approve(self, session):
        """Approves what `session` (from sessions()) shows; returns the response."""
        return self.send_assertion(session["session_id"], self.authenticator.get(self.challenge_of(session)))

    def reject(self, session, reason="not mine"):
        return self.call("POST", f"/sessions/{session['session_id']}/reject", json={"reason": reason})


def expect(response, status):
    """The JSON of an answer with that status; fails with the service's own words otherwise."""
    assert response.status_code == status, f"{response.request.method} {response.url}: " \
                                           f"{response.status_code} {response.text}"
    return response.json() if response.content else None
