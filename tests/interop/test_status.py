"""What the public listener says about certificates, judged by others: GnuTLS's ocsptool and certtool, and pkilint; and
that lists and OCSP never disagree, whoever reads while certificates are revoked.
"""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from service import wait_until

TOOLS = Path(sys.executable).parent


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)


class Relying:
    """A relying party: the URLs of one service and files for tools."""

    def __init__(self, service, directory):
        self.url, self.directory = service.public_url, directory
        self.http = requests.Session()
        self.http.trust_env = False
        self.issuing = x509.load_der_x509_certificate(self.get("/ca/issuing.cer"))
        (directory / "issuing.pem").write_bytes(self.issuing.public_bytes(Encoding.PEM))
        (directory / "root.pem").write_bytes(Path(service.root_file).read_bytes())

    def get(self, path):
        answer = self.http.get(self.url + path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content

    def request(self, certificate, hash_=hashes.SHA1()):
        return ocsp.OCSPRequestBuilder().add_certificate(certificate, self.issuing, hash_).build().public_bytes(
            Encoding.DER)

    def ask(self, certificate, hash_=hashes.SHA1()):
        answer = self.http.post(f"{self.url}/ocsp", data=self.request(certificate, hash_),
                                headers={"Content-Type": "application/ocsp-request"})
        assert answer.status_code == 200
        return answer.content

    def listed(self, certificate):
        crl = x509.load_der_x509_crl(self.get("/crl/issuing.crl"))
        return crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None

    def revoked(self, certificate):
        status = ocsp.load_der_ocsp_response(self.ask(certificate)).certificate_status
        assert status != ocsp.OCSPCertStatus.UNKNOWN
        return status == ocsp.OCSPCertStatus.REVOKED

    def save(self, name, content):
        (self.directory / name).write_bytes(content)
        return self.directory / name


@pytest.fixture
def relying(service, tmp_path):
    return Relying(service, tmp_path)


def gnutls_status(relying, certificate, response):
    """What ocsptool says of it: its signature against the issuer, and the certificate's status."""
    leaf = relying.save("leaf.pem", certificate.public_bytes(Encoding.PEM))
    path = relying.save("response.der", response)
    verified = run("ocsptool", "--verify-response", "--load-response", path, "--load-issuer",
                   relying.directory / "issuing.pem", "--load-cert", leaf, "--load-trust",
                   relying.directory / "issuing.pem")
    shown = run("ocsptool", "--response-info", "--infile", path)
    return verified.returncode == 0, next(line.split(":")[1].strip() for line in shown.stdout.splitlines()
                                          if line.strip().startswith("Certificate Status:"))


@pytest.mark.parametrize("hash_", [hashes.SHA1(), hashes.SHA256()], ids=lambda hash_: hash_.name)
def test_gnutls_and_pkilint_read_good_and_revoked(relying, tenant, hash_):
    employee = tenant.employee()
    certificate = employee.certificate
    good = relying.ask(certificate, hash_)
    assert gnutls_status(relying, certificate, good) == (True, "good")
    tenant.application.delete(f"/users/{employee.email}/identity")
    revoked = relying.ask(certificate, hash_)
    assert gnutls_status(relying, certificate, revoked) == (True, "revoked")
    for response in (good, revoked):
        path = relying.save("linted.der", response)
        done = run(TOOLS / "lint_ocsp_response", "lint", "-s", "NOTICE", path)
        assert done.returncode == 0, done.stdout


def test_an_unknown_one_is_clean_too(relying, service, employee):
    builder = ocsp.OCSPRequestBuilder().add_certificate(employee.certificate, relying.issuing, hashes.SHA1())
    asked = builder.build()
    request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number ^ 1, hashes.SHA1()).build()
    answer = relying.http.post(f"{relying.url}/ocsp", data=request.public_bytes(Encoding.DER),
                               headers={"Content-Type": "application/ocsp-request"}).content
    assert ocsp.load_der_ocsp_response(answer).certificate_status == ocsp.OCSPCertStatus.UNKNOWN
    assert run(TOOLS / "lint_ocsp_response", "lint", "-s", "NOTICE", relying.save("unknown.der", answer)).returncode == 0


def test_gnutls_refuses_an_altered_response(relying, employee):
    response = bytearray(relying.ask(employee.certificate))
    at = response.index(employee.certificate.serial_number.to_bytes(17, "big"))
    response[at + 16] ^= 1
    leaf = relying.save("leaf.pem", employee.certificate.public_bytes(Encoding.PEM))
    assert run("ocsptool", "--verify-response", "--load-response", relying.save("bad.der", bytes(response)),
               "--load-issuer", relying.directory / "issuing.pem", "--load-cert", leaf, "--load-trust",
               relying.directory / "issuing.pem").returncode != 0


@pytest.mark.parametrize("name, issuer", [("issuing", "issuing"), ("root", "root")])
def test_gnutls_and_pkilint_read_the_lists(relying, name, issuer):
    der = relying.get(f"/crl/{name}.crl")
    crl = x509.load_der_x509_crl(der)

    def judge(list_):
        return run("certtool", "--verify-crl", "--load-ca-certificate", relying.directory / f"{issuer}.pem", "--infile",
                   relying.save("list.pem", list_.public_bytes(Encoding.PEM)))

    assert judge(crl).returncode == 0
    altered = x509.load_der_x509_crl(der[:-1] + bytes([der[-1] ^ 1]))
    assert judge(altered).returncode != 0
    assert run(TOOLS / "lint_crl", "lint", "-t", "CRL", "-p", "PKIX", "-s", "NOTICE",
               relying.save("list.crl", der)).returncode == 0


def test_list_and_status_never_disagree(service, tenant, tmp_path):
    """Readers all the while: what the list says first, OCSP says after it, and the other way round."""
    employees = [tenant.employee() for _ in range(6)]
    stop, wrong, read = threading.Event(), [], [0]

    def reader(number):
        (tmp_path / str(number)).mkdir()
        relying = Relying(service, tmp_path / str(number))
        while not stop.is_set():
            for employee in employees:
                certificate = employee.certificate
                first, then = (relying.listed, relying.revoked) if number % 2 else (relying.revoked, relying.listed)
                if first(certificate) and not then(certificate):
                    wrong.append((number, employee.email))
                read[0] += 1

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for employee in employees:
            seen = read[0]
            wait_until(lambda: read[0] >= seen + 20 or not any(thread.is_alive() for thread in threads),
                       "readers are at work between revocations")
            tenant.application.delete(f"/users/{employee.email}/identity")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong
    relying = Relying(service, tmp_path)
    assert all(relying.listed(one.certificate) and relying.revoked(one.certificate) for one in employees)
