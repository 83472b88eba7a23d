"""The public listener: what anyone may read, how long it may be kept, and what it refuses."""

import base64
import subprocess
from urllib.parse import quote

import pytest
import requests
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

NOBODYS_SERIAL = 0x01_0123456789ABCDEF0123456789ABCDEF


@pytest.fixture
def http(service):
    session = requests.Session()
    session.trust_env = False
    session.base = service.public_url
    return session


@pytest.fixture(scope="module")
def issuing(service):
    http = requests.get(f"{service.public_url}/ca/issuing.cer", timeout=10)
    return x509.load_der_x509_certificate(http.content)


def question(certificate, issuer, hash_=hashes.SHA1(), nonce=None):
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hash_)
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def ask(http, request):
    return http.post(f"{http.base}/ocsp", data=request, headers={"Content-Type": "application/ocsp-request"})


def max_age(response):
    directives = [part.strip() for part in response.headers["Cache-Control"].split(",")]
    assert {"public", "no-transform", "must-revalidate"} <= set(directives)
    return next(int(part.removeprefix("max-age=")) for part in directives if part.startswith("max-age="))


# --- files

@pytest.mark.parametrize("path, media_type", [
    ("/ca/root.cer", "application/pkix-cert"), ("/ca/issuing.cer", "application/pkix-cert"),
    ("/crl/root.crl", "application/pkix-crl"), ("/crl/issuing.crl", "application/pkix-crl"),
    ("/pds/en", "text/plain;charset=utf-8"), ("/cps", "text/plain;charset=utf-8")])
def test_files_can_be_read_and_kept(http, path, media_type):
    full = http.get(http.base + path)
    assert full.status_code == 200 and full.headers["Content-Type"] == media_type and full.content
    assert 0 < max_age(full) <= 86_400
    head = http.head(http.base + path)
    assert head.status_code == 200 and head.content == b"" and head.headers["ETag"] == full.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(full.content))
    for condition in ({"If-None-Match": full.headers["ETag"]}, {"If-None-Match": "*"},
                      {"If-None-Match": f'"other", W/{full.headers["ETag"]}'},
                      {"If-Modified-Since": full.headers["Last-Modified"]}):
        known = http.get(http.base + path, headers=condition)
        assert known.status_code == 304 and known.content == b"" and "Content-Length" not in known.headers
        assert known.headers["ETag"] == full.headers["ETag"]
    for condition in ({"If-None-Match": '"other"'}, {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
        assert http.get(http.base + path, headers=condition).content == full.content


def test_files_are_those_in_the_certificates(service, http, employee):
    certificate = employee.certificate
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    urls = [points[0].full_name[0].value, *(entry.access_location.value for entry in access)]
    assert all(url.startswith("http://pki.qss-sandbox.com/") for url in urls)
    paths = {url.removeprefix("http://pki.qss-sandbox.com") for url in urls}
    assert paths == {"/crl/issuing.crl", "/ca/issuing.cer", "/ocsp"}
    issuing = x509.load_der_x509_certificate(http.get(f"{http.base}/ca/issuing.cer").content)
    certificate.verify_directly_issued_by(issuing)
    assert x509.load_der_x509_crl(http.get(f"{http.base}/crl/issuing.crl").content).is_signature_valid(
        issuing.public_key())


def test_the_disclosure_statement_is_there_by_https_as_well(service):
    root = service.authenticator_url.removesuffix("/authenticator/v1")
    answer = service.https().get(f"{root}/pds/en")
    assert answer.status_code == 200 and "(TEST)" in answer.text


@pytest.mark.parametrize("path", ["/", "/ca/other.cer", "/crl/access.crl", "/ca", "/crl/../ca/root.cer", "/healthz",
                                  "/trustchain", "/authenticator/v1/sessions", "/management/v1/packs", "/ca/root.pem"])
def test_there_is_nothing_else(http, path):
    request = requests.Request("GET", http.base).prepare()
    request.url = http.base + path  # as it stands
    assert http.send(request).status_code in (400, 404)


@pytest.mark.parametrize("method, path, allow", [("POST", "/ca/root.cer", {"GET", "HEAD"}), ("DELETE", "/cps", {"GET", "HEAD"}),
                                                 ("GET", "/ocsp", {"POST"}), ("PUT", "/ocsp", {"POST"})])
def test_wrong_methods_say_which_are_right(http, method, path, allow):
    answer = http.request(method, http.base + path, data=b"x")
    assert answer.status_code == 405 and set(answer.headers["Allow"].split(", ")) == allow


# --- OCSP over HTTP

@pytest.mark.parametrize("hash_", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()],
                         ids=lambda hash_: hash_.name)
def test_post_and_get_say_good_with_the_certid_as_asked(http, employee, issuing, hash_):
    request = question(employee.certificate, issuing, hash_)
    text = base64.b64encode(request).decode()
    answers = [ask(http, request), http.get(f"{http.base}/ocsp/{quote(text, safe='')}"), http.get(f"{http.base}/ocsp/{text}")]
    for answer in answers:
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/ocsp-response"
        response = ocsp.load_der_ocsp_response(answer.content)
        assert response.certificate_status == ocsp.OCSPCertStatus.GOOD
        assert response.serial_number == employee.certificate.serial_number
        assert response.hash_algorithm.name == hash_.name
    assert answers[1].content == answers[0].content  # kept
    assert 0 < max_age(answers[0]) <= 3600
    known = http.get(f"{http.base}/ocsp/{text}", headers={"If-None-Match": answers[0].headers["ETag"]})
    assert known.status_code == 304


def test_base64_with_slashes_at_its_ends_is_no_path(http, employee, issuing):
    """What follows /ocsp/ is data: double and trailing slashes belong to it. Found by asking until one occurs."""
    for number in range(2000):
        request = question(employee.certificate, issuing, nonce=number.to_bytes(3, "big"))
        text = base64.b64encode(request).decode()
        if "//" in text or text.endswith("/"):
            break
    else:
        pytest.fail("no nonce of these gives such a text")
    assert ocsp.load_der_ocsp_response(http.get(f"{http.base}/ocsp/{text}").content).certificate_status == \
        ocsp.OCSPCertStatus.GOOD


def test_a_nonce_is_repeated_and_nobody_keeps_that(http, employee, issuing):
    request = question(employee.certificate, issuing, nonce=bytes(range(32)))
    answer = ask(http, request)
    response = ocsp.load_der_ocsp_response(answer.content)
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == bytes(range(32))
    assert answer.headers["Cache-Control"] == "no-store" and "ETag" not in answer.headers
    assert ask(http, request).content != answer.content


@pytest.mark.parametrize("size, status", [(1, "successful"), (128, "successful"), (129, "malformed")])
def test_nonces_have_their_limits(http, employee, issuing, size, status):
    response = ocsp.load_der_ocsp_response(ask(http, question(employee.certificate, issuing, nonce=bytes(size))).content)
    expected = ocsp.OCSPResponseStatus.SUCCESSFUL if status == "successful" else ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert response.response_status == expected


def test_a_serial_that_nobody_issued_is_never_good(http, issuing):
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        *issuer_hashes(issuing), NOBODYS_SERIAL, hashes.SHA256())
    answer = ask(http, builder.build().public_bytes(Encoding.DER))
    response = ocsp.load_der_ocsp_response(answer.content)
    assert response.certificate_status == ocsp.OCSPCertStatus.UNKNOWN


def issuer_hashes(issuer):
    """Name and key of an issuer as CertID has them, with SHA-256."""
    name = hashes.Hash(hashes.SHA256())
    name.update(issuer.subject.public_bytes())
    key = hashes.Hash(hashes.SHA256())
    key.update(bytes(asn1.Certificate.load(issuer.public_bytes(Encoding.DER)).public_key["public_key"]))
    return name.finalize(), key.finalize()


def test_a_ca_that_is_not_ours_is_unauthorized(service, http, employee, issuing):
    access = x509.load_pem_x509_certificate(open(service.ca_file, "rb").read())
    response = ocsp.load_der_ocsp_response(ask(http, question(employee.certificate, access)).content)
    assert response.response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_the_service_itself_can_be_asked_about(service, http, issuing):
    root = x509.load_pem_x509_certificate(open(service.root_file, "rb").read())
    for name, issuer in (("issuing", root), ("sam-evidence", root), ("officer", root)):
        certificate = x509.load_pem_x509_certificate((service.directory / "pki" / f"{name}.pem").read_bytes())
        response = ocsp.load_der_ocsp_response(ask(http, question(certificate, issuer)).content)
        assert response.certificate_status == ocsp.OCSPCertStatus.GOOD, name


@pytest.mark.parametrize("data", [b"x", b"\x30\x00", b"\x00" * 9000], ids=["text", "empty", "large"])
def test_what_is_no_request_is_malformed(http, data):
    answer = ask(http, data)
    assert answer.status_code == 200
    assert ocsp.load_der_ocsp_response(answer.content).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize("text", ["!", "AAAA", "%00", "a/b/c", "x" * 15_000], ids=["mark", "zeros", "nul", "path", "long"])
def test_what_is_no_request_in_base64_is_malformed(http, text):
    answer = http.get(f"{http.base}/ocsp/{text}")
    assert answer.status_code == 200
    assert ocsp.load_der_ocsp_response(answer.content).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_another_media_type_is_refused(http, employee, issuing):
    answer = http.post(f"{http.base}/ocsp", data=question(employee.certificate, issuing), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


# --- at once and together

def test_revoked_means_revoked_everywhere_at_once(http, tenant, issuing):
    employee = tenant.employee()
    certificate = employee.certificate
    request = question(certificate, issuing)
    assert ocsp.load_der_ocsp_response(ask(http, request).content).certificate_status == ocsp.OCSPCertStatus.GOOD
    tenant.application.delete(f"/users/{employee.email}/identity")
    listed = x509.load_der_x509_crl(http.get(f"{http.base}/crl/issuing.crl").content)
    entry = listed.get_revoked_certificate_by_serial_number(certificate.serial_number)
    response = ocsp.load_der_ocsp_response(ask(http, request).content)
    assert response.certificate_status == ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_time_utc == entry.revocation_date_utc


def test_openssl_asks_and_believes(service, http, employee, issuing, tmp_path):
    (tmp_path / "leaf.pem").write_bytes(employee.identity["signing_cert"].encode())
    (tmp_path / "issuing.pem").write_bytes(issuing.public_bytes(Encoding.PEM))
    done = subprocess.run(["openssl", "ocsp", "-url", f"{http.base}/ocsp", "-issuer", tmp_path / "issuing.pem", "-cert",
                           tmp_path / "leaf.pem", "-CAfile", service.root_file, "-verify_other", tmp_path / "issuing.pem"],
                          capture_output=True, text=True, timeout=30)
    assert "Response verify OK" in done.stdout + done.stderr and "leaf.pem: good" in done.stdout
