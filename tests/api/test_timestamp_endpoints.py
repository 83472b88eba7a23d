"""Time-stamps over HTTP: GET /timestamp of the QSS API with its quota, RFC 3161 at /tsa for anyone, and every error."""

import base64
import hashlib

import pytest
import requests

from phone import expect
from service import Service, wait_until
from timestamping import QUERY, Token, failure, request

DIGEST = hashlib.sha256(b"a document").hexdigest()


@pytest.fixture(scope="module")
def http():
    session = requests.Session()
    session.trust_env = False
    return session


def check_error(response, status, description=None):
    body = expect(response, status)
    assert response.headers["Content-Type"] == "application/problem+json;charset=utf-8"
    if description:
        assert body["description"] == description
    return body


# --- QSS API

@pytest.mark.parametrize("hash_", ["sha256", "sha384", "sha512"])
def test_a_token_for_a_digest(tenant, hash_):
    digest = hashlib.new(hash_, b"a document").hexdigest()
    answer = tenant.application.get(f"/timestamp/{digest.upper()}")
    assert set(answer) == {"token"}
    token = Token(base64.b64decode(answer["token"], validate=True), bare=True)
    imprint = token.info["message_imprint"]
    assert imprint["hashed_message"].native.hex() == digest
    assert imprint["hash_algorithm"]["algorithm"].native == hash_
    assert token.info["nonce"].native is None and len(token.certificates) == 2


@pytest.mark.parametrize("digest", ["x" * 64, DIGEST[:-1], DIGEST[:-2], DIGEST + "00", "0" * 40, "0" * 56])
def test_a_malformed_digest_is_422_and_costs_nothing(tenant, digest):
    body = check_error(tenant.application.request("GET", f"/timestamp/{digest}"), 422)
    assert body["description"].startswith("Malformed digest")
    assert tenant.application.get("/quotas/timestamps") == {"value": 1000}


def test_the_quota_is_exact_and_the_packs_own(service):
    tenant = service.tenant(timestamp_quota=2)
    application = tenant.application
    assert application.get("/quotas/timestamps") == {"value": 2}
    for left in (1, 0):
        application.get(f"/timestamp/{DIGEST}")
        assert application.get("/quotas/timestamps") == {"value": left}
    check_error(application.request("GET", f"/timestamp/{DIGEST}"), 402, "Quota Reached")
    assert application.get("/quotas/signatures") == {"value": 1000}
    service.tenant().application.get(f"/timestamp/{DIGEST}")


def test_without_a_quota_of_its_own_a_pack_has_that_of_signatures(service):
    assert service.tenant(signature_quota=7).application.get("/quotas/timestamps") == {"value": 7}


def test_only_with_a_token_and_only_get(service, tenant):
    answer = tenant.application.http.get(f"{service.qss_url}/timestamp/{DIGEST}")
    check_error(answer, 401)
    refused = tenant.application.request("POST", f"/timestamp/{DIGEST}", json={})
    assert refused.status_code == 405 and refused.headers["Allow"] == "GET"


# --- RFC 3161

def test_anyone_by_http_and_by_https(service, http):
    https = service.authenticator_url.removesuffix("/authenticator/v1")
    sent = request(nonce=5, cert_req=True)
    for session, url in ((http, service.public_url), (service.https(), https)):
        answer = session.post(f"{url}/tsa", data=sent.dump(), headers=QUERY)
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/timestamp-reply"
        assert answer.headers["Cache-Control"] == "no-store"
        assert Token(answer.content).info["nonce"].native == 5


def test_what_http_itself_refuses(service, http):
    url, body = f"{service.public_url}/tsa", request().dump()
    for media_type in ("application/json", "application/timestamp-reply", "application/timestamp-query; x=y", None):
        assert http.post(url, data=body, headers={"Content-Type": media_type}).status_code == 415
    assert http.post(url, data=b"x" * 1025, headers=QUERY).status_code == 413
    refused = http.get(url)
    assert refused.status_code == 405 and refused.headers["Allow"] == "POST"
    assert failure(http.post(url, data=b"x" * 1024, headers=QUERY).content) == ("rejection", "bad_data_format")


# --- limits and absences, each in a service of its own

def test_strangers_have_one_rate_together_and_applications_their_own(tmp_path, http):
    service = Service(tmp_path / "data", {"per_minute": 3}).start()
    try:
        url, body = f"{service.public_url}/tsa", request().dump()
        answers = [http.post(url, data=body, headers=QUERY) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        service.tenant().application.get(f"/timestamp/{DIGEST}")
    finally:
        service.stop()


def test_strangers_may_be_shut_out(tmp_path, http):
    service = Service(tmp_path / "data", {"public": False}).start()
    try:
        assert http.post(f"{service.public_url}/tsa", data=request().dump(), headers=QUERY).status_code == 404
        service.tenant().application.get(f"/timestamp/{DIGEST}")
    finally:
        service.stop()


def test_a_doubtful_clock_is_503_and_is_not_counted(tmp_path, http):
    service = Service(tmp_path / "data")
    clock = tmp_path / "clock"
    clock.write_text("synchronised yes\n")
    flags = [flag for part in ("--sandbox-clock-state", str(clock)) for flag in ("--child-flag", f"qss-tsa={part}")]
    service.start(*flags)
    try:
        application = service.tenant().application
        application.get(f"/timestamp/{DIGEST}")
        clock.write_text("synchronised no\n")
        body = check_error(application.request("GET", f"/timestamp/{DIGEST}"), 503)
        assert body["id"]
        assert application.get("/quotas/timestamps") == {"value": 999}
        url = f"{service.public_url}/tsa"
        answer = http.post(url, data=request().dump(), headers=QUERY)
        assert failure(answer.content) == ("rejection", "time_not_available")
        assert "the clock cannot be trusted" in service.log_path.read_text()
        clock.write_text("synchronised yes\n")
        application.get(f"/timestamp/{DIGEST}")
    finally:
        service.stop()


def test_while_the_unit_is_away_503_and_afterwards_all_is_well(fresh_service, http):
    service = fresh_service
    application = service.tenant().application
    application.get(f"/timestamp/{DIGEST}")
    service.kill("qss-tsa")
    url = f"{service.public_url}/tsa"

    def again():
        answer = application.request("GET", f"/timestamp/{DIGEST}")
        assert answer.status_code in (200, 503)
        other = http.post(url, data=request().dump(), headers=QUERY)
        assert other.status_code in (200, 503)
        return answer.status_code == other.status_code == 200

    wait_until(again, "time-stamps after the unit was killed")
    used = 1000 - application.get("/quotas/timestamps")["value"]
    assert used >= 2


def test_the_services_own_certificate_has_a_status(service, http):
    """The unit's certificate is one of those whose status anyone can ask."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ocsp
    unit = x509.load_pem_x509_certificate((service.directory / "pki" / "tsu.pem").read_bytes())
    issuing = x509.load_pem_x509_certificate((service.directory / "pki" / "issuing.pem").read_bytes())
    asked = ocsp.OCSPRequestBuilder().add_certificate(unit, issuing, hashes.SHA1()).build()
    answer = http.post(f"{service.public_url}/ocsp", data=asked.public_bytes(Encoding.DER),
                       headers={"Content-Type": "application/ocsp-request"})
    assert ocsp.load_der_ocsp_response(answer.content).certificate_status == ocsp.OCSPCertStatus.GOOD
