"""Time-stamps as clients have them: requests made and answers verified by openssl, read by asn1crypto; and a unit by
itself, whose clock's state the test states.
"""

import datetime
import hashlib
import os
import subprocess
from pathlib import Path

from asn1crypto import cms, core, tsp, x509
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import ceremony
from wire import Role

TEST_POLICY = "1.3.6.1.4.1.32473.1.2"
QUERY = {"Content-Type": "application/timestamp-query"}


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)


def query(directory, data=b"a document", hash_="sha256", *options):
    """A TimeStampReq of `openssl ts -query`."""
    document, out = Path(directory) / "document", Path(directory) / "query.tsq"
    document.write_bytes(data)
    done = run("openssl", "ts", "-query", "-data", document, f"-{hash_}", *options, "-out", out)
    assert done.returncode == 0, done.stderr
    return out.read_bytes()


def request(data=b"a document", hash_="sha256", **fields):
    """Any TimeStampReq; `fields` replace those of asn1crypto."""
    imprint = {"hash_algorithm": {"algorithm": hash_},
               "hashed_message": hashlib.new(hash_, data).digest()}
    return tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, **fields})


def verify(directory, reply, root, *, query=None, data=None, more=()):
    """What `openssl ts -verify` says of a reply: for the query, or for the data."""
    directory = Path(directory)
    (directory / "reply.tsr").write_bytes(reply)
    if query is not None:
        (directory / "query.tsq").write_bytes(query)
        what = ["-queryfile", directory / "query.tsq"]
    else:
        (directory / "document").write_bytes(data)
        what = ["-data", directory / "document"]
    done = run("openssl", "ts", "-verify", "-in", directory / "reply.tsr", *what, "-CAfile", root, *more)
    return done.returncode == 0 and "Verification: OK" in done.stdout + done.stderr


def failure(reply):
    """(status, failInfo) of a refusal, as names; there is no token with it."""
    info = status_of(reply)
    fail_info = info["fail_info"].native
    return info["status"].native, next(iter(fail_info)) if fail_info else None


def status_of(reply):
    """PKIStatusInfo of a response without a token; asn1crypto's own TimeStampResp wants one always."""
    return tsp.PKIStatusInfo.load(core.Sequence.load(reply, strict=True).contents, strict=True)


class Token:
    """A granted response, or a bare token."""

    def __init__(self, der, bare=False):
        if bare:
            self.content = cms.ContentInfo.load(der, strict=True)
        else:
            response = tsp.TimeStampResp.load(der, strict=True)
            assert response["status"]["status"].native == "granted", response["status"].native
            self.content = response["time_stamp_token"]
        self.signed = self.content["content"]
        self.info = tsp.TSTInfo.load(self.signed["encap_content_info"]["content"].parsed.dump(), strict=True)

    @property
    def serial(self):
        return self.info["serial_number"].native

    @property
    def certificates(self):
        return [] if self.signed["certificates"].native is None else list(self.signed["certificates"])

    @property
    def attributes(self):
        signer, = self.signed["signer_infos"]
        return {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}


class Tsu:
    """qss-tsa under a CA of its own; `state` is what its clock's source says."""

    def __init__(self, directory, key_type="P-256"):
        self.pki = ceremony.Pki(directory)
        self.clock = directory / "clock"
        self.state()
        self.key_type = key_type
        self.role = Role("qss-tsa", directory / "tsa", "--sandbox", "--sandbox-clock-state", str(self.clock))

    def state(self, synchronised="yes", offset_us=0, uncertainty_us=1000, leap="none"):
        new = self.clock.with_suffix(".new")
        new.write_text(f"synchronised {synchronised}\noffset_us {offset_us}\nuncertainty_us {uncertainty_us}\n"
                       f"leap {leap}\n")
        os.replace(new, self.clock)

    def __enter__(self):
        self.role.start()
        spki = self.role.call("tsa", "INITIALISE", sandbox=True, key_type=self.key_type).spki
        self.pki.tsa_spki = spki
        self.pki.__enter__()
        self.ceremony = self.pki.ceremony
        self.role.call("tsa", "COMPLETE", certificate=self.ceremony.tsu_certificate,
                       issuer_certificate=self.ceremony.issuing_certificate,
                       root_certificate=self.ceremony.root_certificate)
        return self

    def __exit__(self, *_):
        self.role.stop()
        self.pki.__exit__()

    def stamp(self, request, connection=None):
        caller = connection.call if connection else self.role.call
        return caller("tsa", "STAMP", requests=[request]).responses[0]

    @property
    def certificate(self):
        return x509.Certificate.load(self.ceremony.tsu_certificate)


class Authority:
    """A root and an issuing CA in the test's own hands."""

    def __init__(self):
        self.now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.root_key, self.issuing_key = ceremony.p256(), ceremony.p256()
        ca = [(pyca.BasicConstraints(True, None), True),
              (pyca.KeyUsage(False, False, False, False, False, True, True, False, False), True)]
        self.root = self._certificate("Root", self.root_key.public_key(), "Root", self.root_key, ca)
        self.issuing = self._certificate("Issuing", self.issuing_key.public_key(), "Root", self.root_key, ca)
        self.root, self.issuing = (one.public_bytes(Encoding.DER) for one in (self.root, self.issuing))

    @staticmethod
    def _name(text):
        return pyca.Name([pyca.NameAttribute(NameOID.COUNTRY_NAME, "LV"), pyca.NameAttribute(NameOID.COMMON_NAME, text)])

    def _certificate(self, subject, key, issuer, issuer_key, extensions):
        builder = pyca.CertificateBuilder(
            self._name(issuer), self._name(subject), key, pyca.random_serial_number(), self.now,
            self.now + datetime.timedelta(days=30))
        extensions = [(pyca.SubjectKeyIdentifier.from_public_key(key), False),
                      (pyca.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False), *extensions]
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())

    def unit(self, spki):
        return self._certificate("Unit", serialization.load_der_public_key(spki), "Issuing", self.issuing_key, [
            (pyca.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
            (pyca.KeyUsage(True, False, False, False, False, False, False, False, False), True)])

    def crl(self, *revoked):
        builder = pyca.CertificateRevocationListBuilder(
            self._name("Issuing"), self.now, self.now + datetime.timedelta(hours=1)).add_extension(
            pyca.CRLNumber(1), False).add_extension(
            pyca.AuthorityKeyIdentifier.from_issuer_public_key(self.issuing_key.public_key()), False)
        for one in revoked:
            builder = builder.add_revoked_certificate(pyca.RevokedCertificateBuilder(one.serial_number, self.now).build())
        return builder.sign(self.issuing_key, hashes.SHA256()).public_bytes(Encoding.DER)
