"""A CA and a responder after their ceremony, with the officer's and the SAM's evidence key in our hands:
what tests of the PKI need, and what an attacker with those keys could send."""

import hashlib
import os
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import sap
from wire import Role

SANDBOX = ("--sandbox",)


def p256():
    return ec.generate_private_key(ec.SECP256R1())


def spki_of(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed(encoding, key):
    return sap.signed_statement(encoding, spki_of(key), key.sign(encoding, ec.ECDSA(hashes.SHA256())))


def unix_ms():
    return int(time.time() * 1000)


class Person:
    """A signer as the officer's statement has them."""

    def __init__(self, given_name="Anna", surname="Bērziņa", identity_number="PNOLV-010180-12345", **changes):
        self.signer_id = os.urandom(16)
        self.fields = dict(statement_id=os.urandom(16), signer_id=self.signer_id, enterprise_id=os.urandom(16),
                           sequence=1, organisation="SIA Paraugs", country="LV", email="anna@example.com",
                           mobile="+37120000000", given_name=given_name, surname=surname,
                           identity_number=identity_number, verified_at_unix_ms=unix_ms())
        self.fields.update(changes)
        self.enrolment_keys = {}

    def enrolment_key(self, sequence=1):
        """Of the statement with that number: each has its own."""
        return self.enrolment_keys.setdefault(sequence, p256())

    def statement(self, **changes):
        fields = {**self.fields, **changes}
        fields.setdefault("enrolment_spki", spki_of(self.enrolment_key(fields["sequence"])))
        return sap.registration_statement(**fields)


class Pki:
    """qss-ca and qss-ocsp, initialised as a sandbox."""

    def __init__(self, directory, *, key_type="", crl_shards=1, ca_flags=(), ocsp_flags=()):
        self.officer = p256()
        self.evidence = p256()
        self.key_type = key_type
        self.crl_shards = crl_shards
        self.tsa_spki = b""  # no time-stamping unit
        self.ca = Role("qss-ca", directory / "ca", *SANDBOX, *ca_flags)
        self.ocsp = Role("qss-ocsp", directory / "ocsp", *SANDBOX, *ocsp_flags)

    def __enter__(self):
        self.ca.start()
        self.ocsp.start()
        self.ocsp_spki = self.ocsp.call("ocsp", "INITIALISE", sandbox=True).spki
        self.ceremony = self.initialise()
        self.complete()
        return self

    def __exit__(self, *_):
        self.ca.stop()
        self.ocsp.stop()

    def initialise(self, **changes):
        fields = dict(sandbox=True, country="LV", organisation="SIA Uzticama",
                      organisation_identifier="NTRLV-40003000000", key_type=self.key_type, crl_shards=self.crl_shards,
                      officers=[dict(name="Officer One", spki=spki_of(self.officer))],
                      sam_evidence_spki=spki_of(self.evidence), ocsp_spki=self.ocsp_spki, tsa_spki=self.tsa_spki,
                      server_names=["qss-sandbox.com", "127.0.0.1"])
        fields.update(changes)
        return self.ca.call("ca", "INITIALISE", **fields)

    def complete(self):
        c = self.ceremony
        self.ocsp.call("ocsp", "COMPLETE", authorities=[
            dict(issuer_certificate=c.issuing_certificate, responder_certificate=c.ocsp_issuing_certificate),
            dict(issuer_certificate=c.root_certificate, responder_certificate=c.ocsp_root_certificate)])

    def nonce(self):
        return self.ca.call("ca", "GET_NONCE").nonce

    def attest(self, person, statement, spki, *, key=None, **changes):
        fields = dict(key_id=os.urandom(16), signer_id=person.signer_id, pack_id=os.urandom(16), spki=spki,
                      statement_hash=hashlib.sha256(statement).digest(), ca_nonce=b"", key_store="software",
                      sandbox=1, attested_at_unix_ms=unix_ms())
        fields.update(changes)
        fields["ca_nonce"] = fields["ca_nonce"] or self.nonce()
        return signed(sap.key_attestation(**fields), key or self.evidence)

    def request(self, person=None, spki=None, **changes):
        """Fields of an ISSUE_IDENTITY that the CA accepts, unless `changes` spoil the attestation."""
        person = person or Person()
        statement = person.statement()
        return dict(key_attestation=self.attest(person, statement, spki or spki_of(p256()), **changes),
                    registration_statement=signed(statement, self.officer))

    def issue(self, **fields):
        return self.ca.call("ca", "ISSUE_IDENTITY", **(fields or self.request())).certificate

    def publish_crls(self):
        crls = self.ca.call("ca", "CURRENT_CRLS").crls
        for crl in crls:
            self.ocsp.call("ocsp", "UPDATE_CRL", crl=crl)
        return crls

    def respond(self, certificate, nonce=b""):
        return self.ocsp.call("ocsp", "RESPOND", singles=[dict(certificate=certificate)], nonce=nonce).response
