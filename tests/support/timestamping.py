"""Time-stamps as clients have them: requests made and answers verified by openssl, read by asn1crypto; and a unit by
itself, whose clock's state the test states.
"""

import hashlib
import os
import subprocess
from pathlib import Path

from asn1crypto import cms, core, tsp, x509

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
        return caller("tsa", "STAMP", request=request).response

    @property
    def certificate(self):
        return x509.Certificate.load(self.ceremony.tsu_certificate)
