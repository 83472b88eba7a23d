"""An employee's phone, independent of the C++ code: the authenticator API of api/authenticator.yaml around
a device key and a WebAuthn credential (webauthn.py). It computes every challenge itself from what the
service shows (sap.py), as the real app does.
"""

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import sap
from webauthn import SoftwareAuthenticator, spki_of

b64u, b64u_decode = sap.to_base64url, sap.from_base64url


def wire(assertion):
    """An assertion of webauthn.py as the API takes it."""
    return {name: b64u(value) for name, value in assertion.items()}


def raw_signature(key, message):
    r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def enrolment_key_of(invitation):
    """The key that the officer made: base64url of d, x and y."""
    raw = b64u_decode(invitation)
    assert len(raw) == 96 and len(invitation) == 128
    d, x, y = (int.from_bytes(raw[at:at + 32], "big") for at in (0, 32, 64))
    return ec.EllipticCurvePrivateNumbers(d, ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())).private_key()


class Phone:
    """`url` ends in /authenticator/v1; `ca_file` is what the service's certificate is checked against."""

    def __init__(self, url, ca_file, origin, name="Test phone"):
        self.url, self.origin, self.name = url, origin, name
        self.http = requests.Session()
        self.http.verify = ca_file
        self.http.trust_env = False  # or an environment variable would replace the CA
        self.device_key = ec.generate_private_key(ec.SECP256R1())
        self.enrolment_key = None
        self.device_id = None
        self.signer_id = None
        self.authenticator_id = None
        self.authenticator = None
        self._token = None

    # --- enrolment --------------------------------------------------------------------------------

    def begin(self, invitation):
        self.enrolment_key = enrolment_key_of(invitation)
        return self.begin_with_token(sap.registration_token(spki_of(self.enrolment_key.public_key())))

    def begin_with_token(self, registration_token):
        return self.http.post(f"{self.url}/enrolments", json={
            "registration_token": registration_token, "device_name": self.name,
            "device_public_key": b64u(spki_of(self.device_key.public_key()))})

    def send_codes(self, enrolment_id, email_code, sms_code):
        return self.http.post(f"{self.url}/enrolments/{enrolment_id}/codes",
                              json={"email_code": email_code, "sms_code": sms_code})

    def send_authenticator(self, enrolment_id, offer, approver=None):
        """`offer`: the answer to the codes. `approver`: the authenticator bound before, when needed."""
        challenge = b64u_decode(offer["challenge"])
        self.signer_id = offer["signer_id"]
        self.authenticator = self.authenticator or SoftwareAuthenticator(offer["rp_id"], self.origin)
        attestation, client_data = self.authenticator.registration(challenge)
        body = {"client_data_json": b64u(client_data), "attestation_object": b64u(attestation)}
        joining = (bytes.fromhex(self.signer_id), challenge, spki_of(self.authenticator.key.public_key()),
                   offer["rp_id"])
        if approver is not None:
            body["approval"] = wire(approver.assertion(sap.addition_challenge(*joining)))
        elif not offer.get("approval_needed"):
            body["enrolment_signature"] = b64u(raw_signature(self.enrolment_key, sap.enrolment_message(*joining)))
        return self.http.post(f"{self.url}/enrolments/{enrolment_id}/authenticator", json=body)

    def register(self, invitation, read_codes, approver=None):
        """The whole enrolment. `read_codes()` gives (email_code, sms_code) when they have arrived."""
        enrolment = expect(self.begin(invitation), 201)
        email_code, sms_code = read_codes()
        offer = expect(self.send_codes(enrolment["enrolment_id"], email_code, sms_code), 200)
        done = expect(self.send_authenticator(enrolment["enrolment_id"], offer, approver), 201)
        self.device_id, self.authenticator_id = done["device_id"], done["authenticator_id"]
        return self

    # --- as a registered device -------------------------------------------------------------------

    def sign_device_challenge(self, challenge, device_id=None):
        return raw_signature(self.device_key, sap.device_message(bytes.fromhex(device_id or self.device_id), challenge))

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
        return self.call("POST", f"/sessions/{session_id}/approve", json=wire(assertion))

    def approve(self, session):
        """Approves what `session` (from sessions()) shows; returns the response."""
        return self.send_assertion(session["session_id"], self.authenticator.assertion(self.challenge_of(session)))

    def reject(self, session, reason="not mine"):
        return self.call("POST", f"/sessions/{session['session_id']}/reject", json={"reason": reason})


def expect(response, status):
    """The JSON of an answer with that status; fails with the service's own words otherwise."""
    assert response.status_code == status, f"{response.request.method} {response.url}: " \
                                           f"{response.status_code} {response.text}"
    return response.json() if response.content else None
