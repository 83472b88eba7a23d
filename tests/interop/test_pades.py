"""A PDF at PAdES B-LTA with a key of this service: pyHanko builds it, the QSS API signs the hash of its signed
attributes and stamps it, and status comes from the URLs in the certificates. Judges: pyHanko's own validator
with nothing but the root given, and poppler's pdfsig (NSS).
"""

import asyncio
import base64
import hashlib
import io
import subprocess
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from asn1crypto import algos, cms, ocsp, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.pdf_utils import generic
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation import RevocationInfoValidationType, validate_pdf_ltv_signature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend
from pyhanko_certvalidator.registry import SimpleCertificateStore

from service import Employee, wait_until

PUBLIC_HOST = "pki.qss-sandbox.com"


def certificate_of(text):
    return x509.Certificate.load(pem.unarmor(text.encode())[2])


class QssSigner(signers.Signer):
    """Asks the service for the signature over the signed attributes; the employee approves."""

    def __init__(self, employee, key_type):
        application = employee.tenant.application
        issuing = certificate_of(application.get("/certificate_path")["path"])
        store = SimpleCertificateStore()
        store.register(issuing)
        mechanism = {"RSA-3072": "sha256_rsa", "P-256": "sha256_ecdsa"}[key_type]
        super().__init__(signing_cert=certificate_of(employee.identity["signing_cert"]), cert_registry=store,
                         signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": mechanism}))
        self.employee, self.size = employee, {"RSA-3072": 384, "P-256": 72}[key_type]

    async def async_sign_raw(self, data, digest_algorithm, dry_run=False):
        assert digest_algorithm == "sha256"
        if dry_run:
            return bytes(self.size)
        answer = self.employee.sign([hashlib.sha256(data).hexdigest()])
        return bytes.fromhex(answer["signatures"][0])


class QssTimeStamper(TimeStamper):
    """GET /timestamp/{digest}: the bare token, without a nonce."""

    def __init__(self, application):
        super().__init__(include_nonce=False)
        self.application = application

    async def async_timestamp(self, message_digest, md_algorithm):
        assert md_algorithm == "sha256"
        token = self.application.get(f"/timestamp/{message_digest.hex()}")["token"]
        return cms.ContentInfo.load(base64.b64decode(token))


@pytest.fixture
def public(service, monkeypatch):
    """The URLs in certificates lead to this service's public listener. Returns what was asked for."""
    asked = []
    send = requests.adapters.HTTPAdapter.send

    def redirected(adapter, request, **options):
        parts = urlsplit(request.url)
        if parts.hostname == PUBLIC_HOST:
            asked.append((request.method, parts.path))
            request.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{service.ports['public']}"))
        return send(adapter, request, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", redirected)
    return asked


def one_page():
    writer = PdfFileWriter()
    content = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.insert_page(PageObject(contents=content, media_box=generic.ArrayObject(
        [generic.NumberObject(edge) for edge in (0, 0, 595, 842)]), resources=generic.DictionaryObject()))
    out = io.BytesIO()
    writer.write(out)
    out.seek(0)
    return out


def context(service, **options):
    root = certificate_of(open(service.root_file).read())
    return ValidationContext(trust_roots=[root], revocation_mode="require", **options)


def sign_at_b_lta(service, employee, key_type):
    metadata = PdfSignatureMetadata(
        field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, embed_validation_info=True,
        use_pades_lta=True, signer_key_usage={"non_repudiation"},
        validation_context=context(service, allow_fetching=True, fetcher_backend=RequestsFetcherBackend()))
    signer = PdfSigner(metadata, QssSigner(employee, key_type),
                       timestamper=QssTimeStamper(employee.tenant.application))
    out = io.BytesIO()
    signer.sign_pdf(IncrementalPdfFileWriter(one_page()), output=out)
    return out.getvalue()


def judge(service, pdf):
    """pyHanko with the root alone: everything has to be in the document, but for the last time-stamp's own status."""
    reader = PdfFileReader(io.BytesIO(pdf))
    (signature,) = reader.embedded_regular_signatures
    root = certificate_of(open(service.root_file).read())
    return validate_pdf_ltv_signature(signature, RevocationInfoValidationType.PADES_LTA,
                                      validation_context_kwargs={"trust_roots": [root]})


def has_identity(employee):
    answer = employee.tenant.application.request("POST", f"/users/{employee.email}/identity", json={"subject_dn": {}})
    employee.identity = answer.json()
    return answer.status_code == 200


@pytest.fixture(params=["RSA-3072", "P-256"])
def signed(request, service, public):
    employee = Employee.create(service.tenant(key_type=request.param))
    employee.register_phone()
    wait_until(lambda: has_identity(employee), "an identity: a key of the pool is ready", seconds=120)
    return sign_at_b_lta(service, employee, request.param)


def test_pyhanko_says_b_lta_is_valid(service, public, signed):
    assert any(path.startswith("/ocsp") for _, path in public)
    public.clear()
    status = judge(service, signed)
    assert status.bottom_line, status.pretty_print_details()
    assert status.intact and status.valid and status.trusted
    assert status.timestamp_validity.valid and status.timestamp_validity.trusted
    assert len(public) <= 2 and all(path == "/ocsp" for _, path in public)


def test_pyhanko_refuses_a_changed_document(service, signed):
    at = signed.index(b"BT ET")
    with pytest.raises(SignatureValidationError):  # the document time-stamp is the first to say no
        judge(service, signed[:at] + b"BT ex" + signed[at + 5:])


def nss_database(service, directory):
    """With the root as the one anchor."""
    directory.mkdir()
    for command in (["-N", "--empty-password"],
                    ["-A", "-n", "root", "-t", "CT,C,C", "-a", "-i", service.root_file]):
        subprocess.run(["certutil", *command, "-d", f"sql:{directory}"], check=True, timeout=60)
    return directory


def test_pdfsig_says_valid(service, signed, tmp_path):
    """Of the signature. Its word on the certificate is that of NSS, asked directly: poppler 22.12 asks it in a way
    that has no answer for certificates with contentCommitment alone.
    """
    document = tmp_path / "signed.pdf"
    database = nss_database(service, tmp_path / "nss")

    def first_signature(pdf):
        document.write_bytes(pdf)
        shown = subprocess.run(["pdfsig", "-no-ocsp", "-nssdir", database, document], capture_output=True, text=True,
                               timeout=60).stdout
        return shown.split("Signature #2")[0]

    said = first_signature(signed)
    assert "Signature Validation: Signature is Valid." in said and "Signature Type: ETSI.CAdES.detached" in said
    at = signed.index(b"BT ET")
    assert "Signature is Valid." not in first_signature(signed[:at] + b"BT ex" + signed[at + 5:])


def test_nss_says_the_chain_is_good(service, employee, tmp_path):
    leaf = tmp_path / "leaf.pem"
    leaf.write_text(employee.identity["signing_cert"])
    database = nss_database(service, tmp_path / "nss")
    issuing = service.directory / "pki" / "issuing.pem"

    def judge(*chain):
        done = subprocess.run(["vfychain", "-d", f"sql:{database}", "-pp", "-u", "4", "-a", *chain],
                              capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    assert "Chain is good!" in judge(leaf, issuing)
    assert "Chain is bad!" in judge(leaf)


def test_what_the_identity_call_gives_is_enough_for_lt(service, public, employee):
    """Leaf's OCSP from the identity call, the issuer's from /trustchain: no URL has to be asked."""
    chain = employee.tenant.application.get("/trustchain")
    responses = [ocsp.OCSPResponse.load(base64.b64decode(text))
                 for text in (employee.identity["ocsp_response"], *chain["ocsp_revocation_info"])]
    leaf = certificate_of(employee.identity["signing_cert"])
    issuing = certificate_of(chain["trustchain"][0])
    validator = CertificateValidator(leaf, [issuing],
                                     validation_context=context(service, ocsps=responses, allow_fetching=False))
    path = asyncio.run(validator.async_validate_usage({"non_repudiation"}))
    assert len(path) == 3 and public == []
