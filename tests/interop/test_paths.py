"""One path, three validators that share no code: OpenSSL, GnuTLS and pyHanko's agree on good ones and on bad ones."""

import asyncio
import datetime
import subprocess

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from ceremony import Person, Pki, spki_of

TWO_YEARS_MS = 2 * 365 * 24 * 60 * 60 * 1000


class Path:
    """A leaf, its issuer, the anchor, and CRLs of both CAs, all DER; without CRLs, no status is asked for."""

    def __init__(self, leaf, issuing, root, crls):
        self.leaf, self.issuing, self.root, self.crls = leaf, issuing, root, crls

    def write(self, directory):
        for name in ("leaf", "issuing", "root"):
            (directory / f"{name}.pem").write_bytes(pem_of(getattr(self, name)))
        (directory / "chain.pem").write_bytes(pem_of(self.leaf) + pem_of(self.issuing))
        (directory / "crls.pem").write_bytes(b"".join(
            x509.load_der_x509_crl(crl).public_bytes(serialization.Encoding.PEM) for crl in self.crls))


def pem_of(der):
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def accepted_by_openssl(path, directory):
    path.write(directory)
    status = ["-crl_check_all", "-CRLfile", directory / "crls.pem"] if path.crls else []
    return subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", directory / "root.pem", "-untrusted",
                           directory / "issuing.pem", *status, directory / "leaf.pem"], capture_output=True,
                          timeout=30).returncode == 0


def accepted_by_gnutls(path, directory):
    path.write(directory)
    status = ["--load-crl", directory / "crls.pem"] if path.crls else []
    return subprocess.run(["certtool", "--verify", "--load-ca-certificate", directory / "root.pem", *status,
                           "--infile", directory / "chain.pem"], capture_output=True, timeout=30).returncode == 0


def accepted_by_pyhanko(path, _):
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(path.root)], revocation_mode="require" if path.crls else "soft-fail",
        allow_fetching=False,
        crls=[asn1_crl.CertificateList.load(crl) for crl in path.crls])
    validator = CertificateValidator(asn1_x509.Certificate.load(path.leaf),
                                     [asn1_x509.Certificate.load(path.issuing)], validation_context=context)
    try:
        asyncio.run(validator.async_validate_usage({"non_repudiation"}))
    except (PathError, ValidationError):
        return False
    return True


JUDGES = [accepted_by_openssl, accepted_by_gnutls, accepted_by_pyhanko]


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    with Pki(tmp_path_factory.mktemp("pki")) as running:
        yield running


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    with Pki(tmp_path_factory.mktemp("other")) as running:
        yield running


def path_of(pki, leaf, crls=None):
    return Path(leaf, pki.ceremony.issuing_certificate, pki.ceremony.root_certificate,
                crls if crls is not None else list(pki.publish_crls()))


def revoke(pki, leaf):
    serial = x509.load_der_x509_certificate(leaf).serial_number
    pki.ca.call("ca", "REVOKE", serial=serial.to_bytes(serial.bit_length() // 8 + 1, "big"), reason=1)


def altered(der, offset):
    return der[:offset] + bytes([der[offset] ^ 1]) + der[offset + 1:]


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("key", [lambda: ec.generate_private_key(ec.SECP256R1()),
                                 lambda: ec.generate_private_key(ec.SECP384R1()),
                                 lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072)])
def test_a_signers_certificate_is_good(pki, tmp_path, judge, key):
    assert judge(path_of(pki, pki.issue(**pki.request(Person(), spki_of(key())))), tmp_path)


@pytest.mark.parametrize("judge", JUDGES)
def test_a_revoked_one_is_bad(pki, tmp_path, judge):
    leaf = pki.issue()
    assert judge(path_of(pki, leaf), tmp_path)
    revoke(pki, leaf)
    assert not judge(path_of(pki, leaf), tmp_path)


@pytest.mark.parametrize("judge", JUDGES)
def test_an_altered_one_is_bad(pki, tmp_path, judge):
    leaf = pki.issue()
    name = leaf.index("Bērziņa".encode())
    assert not judge(path_of(pki, altered(leaf, name)), tmp_path)
    assert not judge(path_of(pki, altered(leaf, len(leaf) - 1)), tmp_path)


@pytest.mark.parametrize("judge", JUDGES)
def test_one_under_another_root_is_bad(pki, other, tmp_path, judge):
    path = path_of(pki, pki.issue())
    path.root = other.ceremony.root_certificate
    assert not judge(path, tmp_path)
    path = path_of(pki, other.issue())  # the issuer has the right name and another key
    assert not judge(path, tmp_path)


@pytest.mark.parametrize("judge", [accepted_by_openssl, accepted_by_pyhanko])  # GnuTLS takes a CRL when it has one
def test_without_a_crl_nothing_is_known(pki, tmp_path, judge):
    assert not judge(path_of(pki, pki.issue(), crls=list(pki.publish_crls())[1:]), tmp_path)


@pytest.mark.parametrize("judge", [accepted_by_openssl, accepted_by_pyhanko])
def test_an_altered_crl_says_nothing(pki, tmp_path, judge):
    issuing, root = pki.publish_crls()
    leaf = pki.issue()
    assert judge(path_of(pki, leaf, crls=[issuing, root]), tmp_path)
    assert not judge(path_of(pki, leaf, crls=[altered(issuing, len(issuing) - 1), root]), tmp_path)


@pytest.mark.parametrize("judge", JUDGES)
def test_an_expired_one_is_bad(pki, tmp_path_factory, tmp_path, judge):
    """Issued two years ago, by the clocks of its CA."""
    assert judge(path_of(pki, pki.issue(), crls=[]), tmp_path)
    offset = ("--sandbox-clock-offset-ms", f"-{TWO_YEARS_MS}")
    with Pki(tmp_path_factory.mktemp("old"), ca_flags=offset, ocsp_flags=offset) as old:
        leaf = old.issue()
        ends = x509.load_der_x509_certificate(leaf).not_valid_after_utc
        assert ends < datetime.datetime.now(datetime.timezone.utc)
        assert not judge(path_of(old, leaf, crls=[]), tmp_path)
