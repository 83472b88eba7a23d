"""Certificates, CRLs and OCSP responses of qss-ca and qss-ocsp, judged by others: OpenSSL's command line
and pkilint. Nothing above INFO; the OCSP responder's and the SAM's certificates are no ETSI end-entity type and are linted as RFC 5280 has it.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ceremony import Person, Pki, p256, spki_of

TOOLS = Path(sys.executable).parent
QCP_N_QSCD = "QCP-N-QSCD-EIDAS-FINAL-CERTIFICATE"
NONCE = bytes(range(32))


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    with Pki(tmp_path_factory.mktemp("pki")) as running:
        yield running


@pytest.fixture(scope="module")
def files(pki, tmp_path_factory):
    """Everything that the CA made, as files."""
    directory = tmp_path_factory.mktemp("files")
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    nameless = Person(given_name="Jānis", surname="Kalniņš", identity_number="", email="janis@example.com")
    certificates = {
        "root": pki.ceremony.root_certificate,
        "issuing": pki.ceremony.issuing_certificate,
        "access": pki.ceremony.access_ca_certificate,
        "sam": pki.ceremony.sam_evidence_certificate,
        "officer": pki.ceremony.officer_certificates[0],
        "ocsp_issuing": pki.ceremony.ocsp_issuing_certificate,
        "ocsp_root": pki.ceremony.ocsp_root_certificate,
        "person": pki.issue(),
        "person_rsa": pki.issue(**pki.request(Person(), spki_of(rsa_key))),
        "person_own_number": pki.issue(**pki.request(nameless)),
        "revoked": pki.issue(),
        "client": access(pki, 0, "application"),
        "server": access(pki, 1, "localhost"),
    }
    for name, der in certificates.items():
        (directory / f"{name}.der").write_bytes(der)
        pem = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
        (directory / f"{name}.pem").write_bytes(pem)
    revoke(pki, certificates["revoked"], 1)
    for name, crl in zip(("issuing", "root"), pki.publish_crls()):
        (directory / f"{name}.crl").write_bytes(crl)
    return directory


def serial_contents(certificate):
    serial = x509.load_der_x509_certificate(certificate).serial_number
    return serial.to_bytes(serial.bit_length() // 8 + 1, "big")


def revoke(pki, certificate, reason):
    return pki.ca.call("ca", "REVOKE", serial=serial_contents(certificate), reason=reason).crl


def access(pki, kind, common_name):
    key = p256()
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return pki.ca.call("ca", "ISSUE_ACCESS", kind=kind, csr=csr.public_bytes(serialization.Encoding.DER),
                       common_name=common_name).certificate


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    return result.stdout + result.stderr


def lint(tool, *arguments):
    """Findings at or above NOTICE make the exit code."""
    return run(TOOLS / tool, *arguments)


@pytest.mark.parametrize("name", ["person", "person_rsa", "person_own_number"])
def test_qualified_certificates_are_clean(files, name):
    lint("lint_etsi_cert", "lint", "-t", QCP_N_QSCD, "-s", "NOTICE", files / f"{name}.pem")


@pytest.mark.parametrize("name", ["root", "issuing", "access", "sam", "officer", "ocsp_issuing", "ocsp_root",
                                  "client", "server"])
def test_other_certificates_are_clean(files, name):
    lint("lint_pkix_cert", "lint", "-s", "NOTICE", files / f"{name}.pem")


@pytest.mark.parametrize("issuer, subject", [("root", "root"), ("root", "issuing"), ("root", "sam"),
                                             ("root", "officer"), ("root", "ocsp_root"), ("issuing", "person"),
                                             ("issuing", "ocsp_issuing"), ("access", "client"),
                                             ("access", "server")])
def test_chains_are_clean(files, issuer, subject):
    lint("lint_pkix_signer_signee_cert_chain", "lint", "-s", "NOTICE", files / f"{issuer}.pem",
         files / f"{subject}.pem")


@pytest.mark.parametrize("anchor, path, leaf", [
    ("root", ["issuing"], "person"), ("root", ["issuing"], "person_rsa"), ("root", ["issuing"], "ocsp_issuing"),
    ("root", [], "sam"), ("root", [], "officer"), ("root", [], "ocsp_root"), ("access", [], "client"),
    ("access", [], "server")])
def test_openssl_verifies_the_path_strictly(files, anchor, path, leaf):
    untrusted = [part for name in path for part in ("-untrusted", files / f"{name}.pem")]
    run("openssl", "verify", "-x509_strict", "-auth_level", "2", "-CAfile", files / f"{anchor}.pem", *untrusted,
        files / f"{leaf}.pem")


def test_the_two_hierarchies_are_apart(files):
    result = subprocess.run(["openssl", "verify", "-CAfile", files / "root.pem", files / "client.pem"],
                            capture_output=True, check=False)
    assert result.returncode != 0


def test_subject_comes_from_the_statement_and_says_test(files):
    subject = x509.load_pem_x509_certificate((files / "person.pem").read_bytes()).subject.rfc4514_string()
    assert subject == ("CN=TEST Anna Bērziņa,2.5.4.5=PNOLV-010180-12345,2.5.4.42=Anna,2.5.4.4=Bērziņa,"
                       "O=SIA Paraugs,C=LV")
    text = run("openssl", "x509", "-in", files / "person.pem", "-noout", "-text")
    assert "Policy: 0.4.0.194112.1.2" in text and "Policy: 1.3.6.1.4.1.32473.1.1" in text
    assert "X509v3 Key Usage: critical\n                Non Repudiation\n" in text


@pytest.mark.parametrize("name", ["issuing", "root"])
def test_crls_are_clean(files, name):
    lint("lint_crl", "lint", "-t", "CRL", "-p", "PKIX", "-s", "NOTICE", files / f"{name}.crl")
    assert "verify OK" in run("openssl", "crl", "-inform", "DER", "-in", files / f"{name}.crl", "-CAfile",
                              files / f"{name}.pem", "-noout")


def test_crl_lists_the_revoked_one_with_its_reason(files):
    text = run("openssl", "crl", "-inform", "DER", "-in", files / "issuing.crl", "-noout", "-text")
    serial = x509.load_pem_x509_certificate((files / "revoked.pem").read_bytes()).serial_number
    assert f"Serial Number: 0{serial:X}" in text
    assert "Key Compromise" in text
    root = run("openssl", "crl", "-inform", "DER", "-in", files / "root.crl", "-noout", "-text")
    assert "No Revoked Certificates" in root


def judge(files, response, issuer, subject):
    """What openssl ocsp says of a response; with -respin it sends no request, so there is no nonce."""
    path = files / "response.der"
    path.write_bytes(response)
    lint("lint_ocsp_response", "lint", "-s", "NOTICE", path)
    anchor = files / "root.pem"
    return run("openssl", "ocsp", "-respin", path, "-issuer", files / f"{issuer}.pem", "-cert",
               files / f"{subject}.pem", "-CAfile", anchor, "-verify_other", files / f"{issuer}.pem", "-no_nonce")


@pytest.mark.parametrize("issuer, subject", [("issuing", "person"), ("root", "issuing"), ("root", "sam")])
def test_ocsp_says_good(pki, files, issuer, subject):
    text = judge(files, pki.respond((files / f"{subject}.der").read_bytes()), issuer, subject)
    assert "Response verify OK" in text and f"{subject}.pem: good" in text
    assert "Next Update" in text


def test_ocsp_says_revoked_with_time_and_reason(pki, files):
    text = judge(files, pki.respond((files / "revoked.der").read_bytes()), "issuing", "revoked")
    assert "revoked.pem: revoked" in text and "Reason: keyCompromise" in text and "Revocation Time:" in text


def test_ocsp_echoes_the_nonce_and_names_itself_by_key(pki, files):
    path = files / "nonce.der"
    path.write_bytes(pki.respond((files / "person.der").read_bytes(), NONCE))
    text = run("openssl", "ocsp", "-respin", path, "-noverify", "-resp_text")
    assert "Responder Id: 00" not in text
    assert re.search(r"Responder Id: [0-9A-F]{40}", text)
    assert "OCSP Nonce" in text and NONCE.hex().upper() in re.sub(r"\s", "", text)
    assert "OCSP Archive Cutoff" in text


def test_renewed_responder_is_taken_and_clean(pki, files, tmp_path):
    renewed = pki.ca.call("ca", "RENEW_OCSP").responders
    issuing, = (pair.responder_certificate for pair in renewed
                if pair.issuer_certificate == pki.ceremony.issuing_certificate)
    (tmp_path / "renewed.der").write_bytes(issuing)
    lint("lint_pkix_cert", "lint", "-s", "NOTICE", tmp_path / "renewed.der")
    pki.ocsp.call("ocsp", "COMPLETE", authorities=[
        dict(issuer_certificate=pair.issuer_certificate, responder_certificate=pair.responder_certificate)
        for pair in renewed])
    response = pki.respond((files / "person.der").read_bytes())
    assert issuing in response


@pytest.mark.parametrize("key_type", ["P-384", "RSA-3072"])
def test_other_ca_keys_are_clean_too(tmp_path, key_type):
    with Pki(tmp_path, key_type=key_type) as other:
        person = tmp_path / "person.der"
        person.write_bytes(other.issue())
        lint("lint_etsi_cert", "lint", "-t", QCP_N_QSCD, "-s", "NOTICE", person)
        for name, der in (("root", other.ceremony.root_certificate), ("issuing", other.ceremony.issuing_certificate)):
            (tmp_path / f"{name}.der").write_bytes(der)
            lint("lint_pkix_cert", "lint", "-s", "NOTICE", tmp_path / f"{name}.der")
        (tmp_path / "issuing.crl").write_bytes(other.publish_crls()[0])
        lint("lint_crl", "lint", "-t", "CRL", "-p", "PKIX", "-s", "NOTICE", tmp_path / "issuing.crl")
