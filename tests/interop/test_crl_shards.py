"""Lists of a CA that divides its certificates among several, judged by others: pkilint, OpenSSL's path check, which finds
the list for a certificate by both of their distribution points, and GnuTLS; and the last list of a CA.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

import sap
from ceremony import Pki, signed
from service import Service, Tenant, wait_until
from wire import messages

TOOLS = Path(sys.executable).parent
SHARDS = 3
HOST = "http://pki.qss-sandbox.com"
CARRY_OUT = 5


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def named_list(certificate):
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return points[0].full_name[0].value


def serial_contents(certificate):
    return certificate.serial_number.to_bytes(certificate.serial_number.bit_length() // 8 + 1, "big")


def order(pki, action, **parameters):
    """One that the officer of a sandbox signs: as src/statements/order.h and named_values.h have it."""
    root = x509.load_der_x509_certificate(pki.ceremony.root_certificate)
    values = sap.canonical("QSS-VALUES-v1", len(parameters), *(part for pair in sorted(parameters.items())
                                                               for part in pair))
    now = int(time.time() * 1000)
    encoding = sap.canonical("QSS-ORDER-v1", os.urandom(16), root.fingerprint(hashes.SHA256()), "ca", action, values,
                             "", now, now + 3_600_000)
    request = messages("wire").CarryOutRequest(signatures=[signed(encoding, pki.officer)])
    status, body = pki.ca.connection.exchange(CARRY_OUT, request.SerializeToString())
    if status != 0:
        error = messages("wire").ErrorReply.FromString(body)
        pytest.fail(f"{action}: {error.detail}")


class Files:
    """Certificates and lists as PEM files."""

    def __init__(self, pki, directory):
        self.pki, self.directory = pki, directory
        self.certificate("root", pki.ceremony.root_certificate)
        self.certificate("issuing", pki.ceremony.issuing_certificate)

    def certificate(self, name, der):
        certificate = x509.load_der_x509_certificate(der)
        (self.directory / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        return certificate

    def lists(self):
        """The current ones, by path."""
        reply = self.pki.ca.call("ca", "CURRENT_CRLS")
        assert reply.next == 0 and len(reply.paths) == len(reply.crls)
        for path, der in zip(reply.paths, reply.crls):
            crl = x509.load_der_x509_crl(der)
            self.path(path).write_bytes(crl.public_bytes(Encoding.PEM))
            self.path(path).with_suffix(".der").write_bytes(der)
        return dict(zip(reply.paths, reply.crls))

    def path(self, list_path):
        return self.directory / list_path.rsplit("/", 1)[1]

    def verify(self, name, *lists):
        crls = [part for path in lists for part in ("-CRLfile", self.path(path))]
        return run("openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", self.directory / "root.pem",
                   "-untrusted", self.directory / "issuing.pem", *crls, self.directory / f"{name}.pem")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    with Pki(tmp_path_factory.mktemp("shards"), crl_shards=SHARDS) as running:
        yield running


@pytest.fixture(scope="module")
def files(pki, tmp_path_factory):
    return Files(pki, tmp_path_factory.mktemp("files"))


def test_each_list_is_clean(files):
    lists = files.lists()
    assert sorted(lists) == ["/crl/issuing-0.crl", "/crl/issuing-1.crl", "/crl/issuing-2.crl", "/crl/root.crl"]
    for path, der in lists.items():
        linted = run(TOOLS / "lint_crl", "lint", "-t", "CRL", "-p", "PKIX", "-s", "NOTICE",
                     files.path(path).with_suffix(".der"))
        assert linted.returncode == 0, linted.stdout + linted.stderr
        issuer = "root" if path == "/crl/root.crl" else "issuing"
        judged = run("certtool", "--verify-crl", "--load-ca-certificate", files.directory / f"{issuer}.pem",
                     "--infile", files.path(path))
        assert judged.returncode == 0, judged.stdout + judged.stderr
        extensions = x509.load_der_x509_crl(der).extensions
        if issuer == "root":
            with pytest.raises(x509.ExtensionNotFound):
                extensions.get_extension_for_class(x509.IssuingDistributionPoint)
            continue
        scope = extensions.get_extension_for_class(x509.IssuingDistributionPoint)
        assert scope.critical
        assert scope.value == x509.IssuingDistributionPoint(
            full_name=[x509.UniformResourceIdentifier(HOST + path)], relative_name=None,
            only_contains_user_certs=False, only_contains_ca_certs=False, only_some_reasons=None, indirect_crl=False,
            only_contains_attribute_certs=False)


def test_openssl_takes_the_list_that_the_certificate_names_and_no_other(pki, files):
    certificate = files.certificate("person", pki.issue())
    own = named_list(certificate).removeprefix(HOST)
    others = [path for path in files.lists() if path not in (own, "/crl/root.crl")]
    assert files.verify("person", own).returncode == 0
    refused = files.verify("person", *others)
    assert refused.returncode != 0
    assert "different CRL scope" in refused.stderr, refused.stderr


def test_openssl_finds_the_revoked_one_on_its_list(pki, files):
    certificate = files.certificate("revoked", pki.issue())
    own = named_list(certificate).removeprefix(HOST)
    files.lists()
    assert files.verify("revoked", own).returncode == 0
    pki.ca.call("ca", "REVOKE", serial=serial_contents(certificate), reason=1)
    files.lists()
    refused = files.verify("revoked", own)
    assert refused.returncode != 0 and "certificate revoked" in refused.stderr, refused.stderr


def test_the_responder_agrees_with_the_lists(pki):
    """For certificates of every list, before and after they are revoked."""
    people = {}
    while len(people) < SHARDS:
        der = pki.issue()
        people.setdefault(named_list(x509.load_der_x509_certificate(der)), der)

    def statuses():
        pki.publish_crls()
        return {ocsp.load_der_ocsp_response(pki.respond(der)).certificate_status for der in people.values()}
    assert statuses() == {ocsp.OCSPCertStatus.GOOD}
    for der in people.values():
        pki.ca.call("ca", "REVOKE", serial=serial_contents(x509.load_der_x509_certificate(der)), reason=0)
    assert statuses() == {ocsp.OCSPCertStatus.REVOKED}


def test_the_last_list_has_no_next_and_is_clean(tmp_path):
    with Pki(tmp_path, crl_shards=2) as pki:
        files = Files(pki, tmp_path)
        person = files.certificate("person", pki.issue())
        pki.ca.call("ca", "REVOKE", serial=serial_contents(person), reason=0)
        order(pki, "last-crl", authority="issuing")
        lists = files.lists()
        for path in ("/crl/issuing-0.crl", "/crl/issuing-1.crl"):
            text = run("openssl", "crl", "-inform", "DER", "-in", files.path(path).with_suffix(".der"), "-noout",
                       "-nextupdate").stdout
            assert text.strip() == "nextUpdate=Dec 31 23:59:59 9999 GMT"
            assert b"\x18\x0f99991231235959Z" in lists[path]
            linted = run(TOOLS / "lint_crl", "lint", "-t", "CRL", "-p", "PKIX", "-s", "NOTICE",
                         files.path(path).with_suffix(".der"))
            assert linted.returncode == 0, linted.stdout + linted.stderr
        own = named_list(person).removeprefix(HOST)
        refused = files.verify("person", own)
        assert refused.returncode != 0 and "certificate revoked" in refused.stderr, refused.stderr


def test_a_service_publishes_them_and_its_responder_agrees(tmp_path):
    """Through qss init, the officer's order and the public listener."""
    service = Service(tmp_path / "data", init_flags=("--crl-shards=2",)).start()
    try:
        http = requests.Session()
        http.trust_env = False

        def get(path):
            answer = http.get(service.public_url + path)
            assert answer.status_code == 200, path
            return answer

        def listed(certificate):
            crl = x509.load_der_x509_crl(get(named_list(certificate).removeprefix(HOST)).content)
            return crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None

        def status(certificate):
            asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuing, hashes.SHA1()).build()
            answer = http.post(service.public_url + "/ocsp", data=asked.public_bytes(Encoding.DER),
                               headers={"Content-Type": "application/ocsp-request"})
            return ocsp.load_der_ocsp_response(answer.content).certificate_status

        issuing = x509.load_der_x509_certificate(get("/ca/issuing.cer").content)
        assert http.get(service.public_url + "/crl/issuing.crl").status_code == 404
        tenant = Tenant(service)
        employees = [tenant.employee() for _ in range(3)]
        assert [(listed(one.certificate), status(one.certificate)) for one in employees] == [
            (False, ocsp.OCSPCertStatus.GOOD)] * 3
        for employee in employees:
            tenant.application.delete(f"/users/{employee.email}/identity")
            assert (listed(employee.certificate), status(employee.certificate)) == (True, ocsp.OCSPCertStatus.REVOKED)

        def carry_out(name, *what):
            path, directory = str(tmp_path / f"{name}.json"), ("--directory", str(service.directory))
            service.run_tool(*directory, "officer", "order", *what, "--reason", "end of service", "-o", path)
            service.run_tool(*directory, "order", "carry-out", path)
        last = ("last-crl", "--role", "ca", "--text", "authority=issuing")
        with pytest.raises(AssertionError, match="1 certificates are neither expired nor revoked"):
            carry_out("early", *last)
        carry_out("tsu", "revoke", "--certificate", str(service.directory / "pki" / "tsu.pem"), "--revocation-reason",
                  "cessationOfOperation")
        carry_out("last", *last)

        def years():
            lists = (x509.load_der_x509_crl(get(f"/crl/issuing-{shard}.crl").content) for shard in range(2))
            return [crl.next_update_utc.year for crl in lists]
        service.stop()
        service.start()  # sooner than the next look at the lists, minutes later
        wait_until(lambda: years() == [9999, 9999], "the last lists are published")
    finally:
        service.stop()
