"""A SAM and a CA after their ceremony, with an officer's key in our hands, and the people whom that officer
vouches for: what attacks on the SAM start from. The attacker speaks to the SAM's socket as qss-api may.

    with SamBed(directory) as bed:
        anna = bed.signer().enrol()
        session = anna.open()
        session.activate(anna.phone.assertion(session.challenge()))
"""

import hashlib
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import sap
from ceremony import Person, p256, signed, spki_of
from webauthn import ORIGIN, RP_ID, SoftwareAuthenticator
from wire import Connection, Role, RoleError, messages

READY, SUSPENDED = 2, 3  # RoleState
DISPLAY = sap.DisplayRecord("SIA Paraugs", "Signing", "ERP", "lv", "1")


def sha256(data):
    return hashlib.sha256(data).digest()


def refused(codes, attempt, *arguments, **fields):
    """Fails unless the SAM refuses with one of `codes` ("a" or "a b")."""
    try:
        answer = attempt(*arguments, **fields)
    except RoleError as error:
        assert error.code in codes.split(), error
        return error
    raise AssertionError(f"the SAM did it: {answer}")


class SamBed:
    """One SAM (`sam`) and the CA that certifies its keys (`ca`)."""

    def __init__(self, directory, *sam_flags, production=False, sam_uid=None):
        self.sandbox = not production
        self.officer = p256()
        mode = () if production else ("--sandbox",)
        self.sam = Role("qss-sam", directory / "sam", *mode, *sam_flags, uid=sam_uid)
        self.ca = Role("qss-ca", directory / "ca", "--sandbox")

    def __enter__(self):
        self.sam.start()
        self.ca.start()
        self.initialise()
        self.complete()
        return self

    def __exit__(self, *_):
        self.sam.stop()
        self.ca.stop()

    def call(self, message, **fields):
        return self.sam.call("sam", message, **fields)

    def connect(self):
        return Connection(self.sam.directory / "role.sock")

    # --- ceremony ---------------------------------------------------------------------------------

    def initialisation(self):
        return dict(sandbox=self.sandbox, rp_id=RP_ID, origins=[ORIGIN], rsa_3072_pool=1, rsa_4096_pool=1,
                    officers=[dict(name="Officer One", spki=spki_of(self.officer))], attestation_roots=self.roots())

    def roots(self):
        return []

    def initialise(self):
        self.evidence_spki = self.call("INITIALISE", **self.initialisation()).evidence_spki
        made = self.ca.call("ca", "INITIALISE", sandbox=True, country="LV", organisation="SIA Uzticama",
                            organisation_identifier="NTRLV-40003000000", server_names=["qss-sandbox.com"],
                            officers=[dict(name="Officer One", spki=spki_of(self.officer))],
                            sam_evidence_spki=self.evidence_spki, ocsp_spki=spki_of(p256()))
        self.completion = dict(evidence_certificate=made.sam_evidence_certificate,
                               issuing_ca_certificate=made.issuing_certificate,
                               root_certificate=made.root_certificate,
                               officer_certificates=made.officer_certificates)

    def complete(self):
        self.call("COMPLETE", **self.completion)

    # --- people -----------------------------------------------------------------------------------

    def signer(self, **person):
        return Signer(self, **person)


def new_phone():
    return SoftwareAuthenticator(RP_ID, ORIGIN)


class Signer:
    """A person, a phone, and the key that the SAM made for them."""

    def __init__(self, bed, **person):
        self.bed = bed
        self.person = Person(**person)
        self.id = self.person.signer_id
        self.pack_id = os.urandom(16)
        self.phone = new_phone()
        self.authenticator_id = self.key_id = self.certificate = None
        self.sequence = 1  # of the statement that the SAM has

    def call(self, message, **fields):
        return self.bed.call(message, **fields)

    def statement(self, key=None, **changes):
        return signed(self.person.statement(**changes), key or self.bed.officer)

    def register(self, key=None, **changes):
        done = self.call("REGISTER_SIGNER", registration_statement=self.statement(key, **changes))
        self.sequence = max(self.sequence, changes.get("sequence", 1))
        return done

    def begin_binding(self):
        return self.call("BEGIN_BINDING", signer_id=self.id).challenge

    def bind(self, phone=None, approver=None, challenge=None, **attestation):
        """Binds `phone`. `approver`: a phone bound before; `attestation`: knobs of its registration."""
        phone = phone or self.phone
        challenge = challenge or self.begin_binding()
        approval = approver and approver.assertion(self.addition_challenge(challenge, phone))
        signature = None if approver else self.enrolment_signature(challenge, phone)
        return self.send_binding(challenge, *phone.registration(challenge, **attestation), approval, signature)

    def send_binding(self, challenge, attestation_object, client_data_json, approval=None, enrolment_signature=None):
        more = {"approval": messages("sam").Assertion(**approval)} if approval else {}
        return self.call("BIND", signer_id=self.id, challenge=challenge, attestation_object=attestation_object,
                         client_data_json=client_data_json, enrolment_signature=enrolment_signature or b"", **more)

    def enrolment_signature(self, challenge, phone, key=None, signer_id=None, rp_id=RP_ID):
        """What the holder of the invitation signs for `phone`."""
        message = sap.enrolment_message(signer_id or self.id, challenge, spki_of(phone.key), rp_id)
        return (key or self.person.enrolment_key(self.sequence)).sign(message, ec.ECDSA(hashes.SHA256()))

    def addition_challenge(self, challenge, phone):
        return sap.addition_challenge(self.id, challenge, spki_of(phone.key), RP_ID)

    def remove(self, authenticator_id=None):
        return self.call("REMOVE_AUTHENTICATOR", signer_id=self.id,
                         authenticator_id=authenticator_id or self.authenticator_id)

    def make_key(self, key_type="P-256"):
        return self.call("MAKE_KEY", signer_id=self.id, pack_id=self.pack_id, key_type=key_type)

    def certify(self, key_id=None):
        """A certificate of the CA's for the key, not yet linked."""
        nonce = self.bed.ca.call("ca", "GET_NONCE").nonce
        attested = self.call("ATTEST_KEY", key_id=key_id or self.key_id, ca_nonce=nonce)
        return self.bed.ca.call("ca", "ISSUE_IDENTITY", key_attestation=attested.key_attestation,
                                registration_statement=attested.registration_statement).certificate

    def link(self, certificate, key_id=None):
        return self.call("LINK_CERTIFICATE", key_id=key_id or self.key_id, certificate=certificate)

    def enrol(self):
        self.register()
        self.authenticator_id = self.bind().authenticator_id
        return self.make_identity()

    def make_identity(self):
        self.key_id = self.make_key().key_id
        self.certificate = self.certify()
        self.link(self.certificate)
        return self

    def open(self, **changes):
        return Session(self, **changes)

    def sign(self, **changes):
        """Opens, approves, signs: (session, result)."""
        session = self.open(**changes)
        return session, session.approve()


class Session:
    """A signing session, opened unless the SAM refuses."""

    def __init__(self, signer, **changes):
        self.signer = signer
        self.asked = {"signer_id": signer.id, "key_id": signer.key_id,
                      "certificate_sha256": sha256(signer.certificate or b""), "signature_algorithm": "ECDSA-SHA256",
                      "digests": [sha256(b"one"), sha256(b"two")], "display_record": DISPLAY.encode(), **changes}
        opened = signer.call("OPEN_SESSION", **self.asked)
        self.id, self.nonce, self.expires_at_unix_ms = opened.session_id, opened.nonce, opened.expires_at_unix_ms

    def input(self, **changes):
        return sap.ChallengeInput(**{
            **dict(session_id=self.id, nonce=self.nonce, expires_at_unix_ms=self.expires_at_unix_ms,
                   signer_id=self.asked["signer_id"], key_id=self.asked["key_id"],
                   certificate_sha256=self.asked["certificate_sha256"],
                   signature_algorithm=self.asked["signature_algorithm"], digests=self.asked["digests"],
                   display_hash=sha256(self.asked["display_record"]), rp_id=RP_ID), **changes})

    def challenge(self, **changes):
        return self.input(**changes).challenge()

    def activate(self, assertion=None, connection=None):
        more = {"assertion": messages("sam").Assertion(**assertion)} if assertion else {}
        return (connection or self.signer.bed.sam.connection).call("sam", "ACTIVATE", session_id=self.id,
                                                                   **more).result

    def assertion(self, **knobs):
        return self.signer.phone.assertion(self.challenge(), **knobs)

    def approve(self, connection=None):
        return self.activate(self.assertion(), connection)

    def cancel(self, connection=None):
        return (connection or self.signer.bed.sam.connection).call("sam", "CANCEL_SESSION", session_id=self.id)

    def acknowledge(self):
        return self.signer.call("ACKNOWLEDGE", session_ids=[self.id])

    def check_signed(self, result):
        """The result has one good signature for each digest, in order."""
        key = x509.load_der_x509_certificate(self.signer.certificate).public_key()
        assert len(result.signatures) == len(self.asked["digests"]) and result.evidence
        for digest, signature in zip(self.asked["digests"], result.signatures):
            key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
