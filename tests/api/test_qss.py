"""Every call and error of the QSS API against the real service, over mutual TLS, as its clients send it."""

import base64
import hashlib
import socket
import ssl
import uuid

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.x509 import ocsp

from phone import expect
from service import Employee, Service, digest_of

UNKNOWN_ID = "0" * 32


def check_error(response, status, description=None, error=None):
    """The contract's error object (QSS API 1), on every error."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json;charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) <= {"description", "id", "errors"} and isinstance(body["description"], str)
    if description is not None:
        assert body["description"] == description
    if error is not None:
        assert error in str(body), body
    return body


def login(application, body=None, **options):
    body = body or {"api_key": application.api_key, "api_secret": application.api_secret}
    return application.http.post(f"{application.service.qss_url}/login", json=body, **options)


def verify(employee, signature_hex, digest_hex):
    """The signature holds for this digest under the identity's certificate."""
    key, signature, digest = employee.certificate.public_key(), bytes.fromhex(signature_hex), bytes.fromhex(digest_hex)
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    else:
        key.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


def raw_request(application, text):
    """Bytes on a TLS connection of their own, for what `requests` would not send; the status and the rest."""
    context = ssl.create_default_context(cafile=application.service.ca_file)
    context.load_cert_chain(application.certificate_file, application.key_file)
    with socket.create_connection(("localhost", application.service.ports["mtls"]), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(text.replace("\n", "\r\n").encode())
            data = b""
            while chunk := tls.recv(65536):
                data += chunk
    return int(data.split(b" ", 2)[1]), data.decode()


# --- transport -----------------------------------------------------------------------------------------


def test_without_client_certificate_tls_fails(service):
    with pytest.raises(requests.exceptions.ConnectionError):
        service.https().get(f"{service.qss_url}/trustchain")


def test_tls_1_2_with_rsa_and_p256_works(tenant):
    """What Go clients of the contract pin: TLS 1.2, ECDHE-RSA, P-256."""
    application, context = tenant.application, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(tenant.service.ca_file)
    context.load_cert_chain(application.certificate_file, application.key_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    context.set_ecdh_curve("prime256v1")
    with socket.create_connection(("localhost", tenant.service.ports["mtls"]), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            assert tls.version() == "TLSv1.2"


def test_unknown_path_and_wrong_method(tenant):
    check_error(tenant.application.request("GET", "/nothing"), 404, "Not found")
    response = tenant.application.request("PUT", "/users")
    check_error(response, 405)
    assert response.headers["Allow"] == "POST"


def test_missing_length_and_chunks_are_411(tenant):
    head = "POST /login HTTP/1.1\nHost: localhost\nContent-Type: application/json;charset=utf-8\nConnection: close\n"
    status, text = raw_request(tenant.application, head + "\n")
    assert status == 411 and '"description":"Content-Length required"' in text
    status, text = raw_request(tenant.application, head + "Transfer-Encoding: chunked\n\n2\n{}\n0\n\n")
    assert status == 411 and '"description":"Content-Length required"' in text
    check_error(tenant.application.request("POST", "/users", data=b""), 411, "Content-Length required")


@pytest.mark.parametrize("content_type", [
    "application/json;charset=utf-8", "application/json; charset=utf-8", "application/json; charset=UTF-8",
    "application/json;charset=UTF-8"])
def test_content_type_spellings(tenant, content_type):
    application = tenant.application
    body = f'{{"api_key":"{application.api_key}","api_secret":"{application.api_secret}"}}'
    response = application.http.post(f"{tenant.service.qss_url}/login", data=body,
                                     headers={"Content-Type": content_type})
    expect(response, 200)
    assert response.headers["Content-Type"] == "application/json;charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"


def test_other_content_types_are_415(tenant):
    response = tenant.application.http.post(f"{tenant.service.qss_url}/login", data="{}",
                                            headers={"Content-Type": "text/plain"})
    check_error(response, 415, "Bad Content-Type")


def test_trailing_slash_and_get_with_body(tenant):
    answer = tenant.application.request("GET", "/trustchain/", data="{}\n",
                                        headers={"Content-Type": "application/json"})
    assert expect(answer, 200)["trustchain"]


# --- /login ----------------------------------------------------------------------------------------------


def test_login_gives_the_token_twice_and_each_time_another(tenant):
    first, second = login(tenant.application), login(tenant.application)
    body = expect(first, 200)
    assert first.headers["Authorization"] == "Bearer " + body["access_token"]
    assert body["expires_in"] == 1800
    assert expect(second, 200)["access_token"] != body["access_token"]
    for token in (body["access_token"], second.json()["access_token"]):  # several are valid at once
        tenant.application.token = token
        tenant.application.get("/quotas/signatures")


def test_login_ignores_an_empty_bearer_and_the_front_ends_header(tenant):
    expect(login(tenant.application, headers={"Authorization": "Bearer ", "X-SSL-Client-Serial": "1234"}), 200)


def test_login_takes_key_and_secret_in_either_case(tenant):
    application = tenant.application
    expect(login(application, {"api_key": application.api_key.upper(),
                               "api_secret": application.api_secret.upper()}), 200)


@pytest.mark.parametrize("text,status,description", [
    ("{", 400, "Bad Request"),
    ("[]", 400, "Bad Request"),
    ('{"api_key":"a","api_key":"b"}', 400, "Bad Request"),
    ("[" * 100, 400, "Bad Request"),
    ('{"api_key":"anything","api_secret":"but valid"}', 422, "Invalid login request"),
    ('{"api_key":1}', 422, "Invalid login request"),
    ("{}", 422, "Invalid login request"),
])
def test_login_that_is_malformed(tenant, text, status, description):
    response = tenant.application.http.post(f"{tenant.service.qss_url}/login", data=text,
                                            headers={"Content-Type": "application/json;charset=utf-8"})
    check_error(response, status, description)


def test_login_with_wrong_secret_or_unknown_key_says_the_same(tenant):
    application = tenant.application
    wrong = check_error(login(application, {"api_key": application.api_key, "api_secret": "0" * 40}), 401,
                        "Unauthorized")
    unknown = check_error(login(application, {"api_key": "0" * 16, "api_secret": application.api_secret}), 401)
    assert wrong == unknown


def test_login_with_a_certificate_that_is_not_linked(tenant):
    other = tenant.new_application(name="Other")
    response = other.http.post(f"{tenant.service.qss_url}/login", json={
        "api_key": tenant.application.api_key, "api_secret": tenant.application.api_secret})
    check_error(response, 401, "Unauthorized", "not linked")


def test_a_client_certificate_that_has_expired_says_so(tmp_path):
    """Issued by a CA whose clock is two years behind: expired on arrival. TLS lets it in, to be told why."""
    offset_ms = -2 * 365 * 86_400_000
    behind = Service(tmp_path / "data").start(f"--sandbox-clock-offset-ms={offset_ms}")
    try:
        check_error(login(behind.tenant().application), 401, "Unauthorized", "expired")
    finally:
        behind.stop()


def test_login_rate(service):
    tenant = service.tenant(logins_per_minute=3)
    responses = [login(tenant.application) for _ in range(6)]
    limited = [r for r in responses if r.status_code == 429]
    assert limited and responses[0].status_code == 200
    check_error(limited[0], 429, "Rate Limit Reached")
    assert int(limited[0].headers["Retry-After"]) > 0


# --- tokens ------------------------------------------------------------------------------------------------


def test_calls_without_a_valid_token_are_401(tenant):
    http, url = tenant.application.http, f"{tenant.service.qss_url}/trustchain"
    check_error(http.get(url), 401, "Unauthorized")
    token = tenant.application.log_in()
    head, payload, mac = token.split(".")
    forged = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for wrong in ("", "x", token[:-2], f"{forged}.{payload}.", f"{forged}.{payload}.{mac}", f"{head}.{payload}"):
        check_error(http.get(url, headers={"Authorization": f"Bearer {wrong}"}), 401, "Unauthorized")
    check_error(http.get(url, headers={"Authorization": f"Basic {token}"}), 401, "Unauthorized")
    expect(http.get(url, headers={"Authorization": f"bearer {token}"}), 200)  # RFC 9110 11.1


def test_a_token_is_bound_to_its_client_certificate(tenant):
    other = tenant.new_application(name="Other")
    response = other.http.get(f"{tenant.service.qss_url}/trustchain",
                              headers={"Authorization": f"Bearer {tenant.application.log_in()}"})
    check_error(response, 401, "Unauthorized")


def test_a_suspended_credential_is_refused_at_once(tenant):
    application = tenant.application
    application.get("/quotas/users")
    expect(tenant.service.operator().request("POST", f"/credentials/{application.credential_id}/suspend"), 204)
    check_error(application.request("GET", "/quotas/users"), 401, "Unauthorized")
    check_error(login(application), 401, "Unauthorized")


# --- users ---------------------------------------------------------------------------------------------------

PERSON = {"given_name": "Anna", "surname": "Ozola", "mobile_no": "0037120000001"}


def new_email():
    return f"u{uuid.uuid4().hex[:12]}@example.com"


def test_user_life(tenant):
    application, email = tenant.application, new_email()
    made = application.post("/users", {"email": email.upper(), **PERSON}, 201)
    user = application.get(f"/users/{email}")
    assert user["user_id"] == made["user_id"] and user["email"] == email
    assert user["mobile_no"] == "+37120000001" and user["given_name"] == "Anna"
    assert user["status"] in ("REQUESTED", "APPROVED")
    assert application.get(f"/users/{email.upper()}")["user_id"] == made["user_id"]
    check_error(application.request("POST", "/users", json={"email": email, **PERSON}), 409)
    response = application.request("DELETE", f"/users/{email}")
    assert response.status_code == 204 and response.content == b""
    check_error(application.request("GET", f"/users/{email}"), 404, "Not found")
    check_error(application.request("DELETE", f"/users/{email}"), 404)


def test_email_raw_and_encoded_with_plus_and_apostrophe(tenant):
    email = f"john+x.o'd{uuid.uuid4().hex[:8]}@example.com"
    made = tenant.application.post("/users", {"email": email, **PERSON}, 201)
    encoded = email.replace("+", "%2B").replace("@", "%40").replace("'", "%27")
    for spelling in (email, encoded):
        assert tenant.application.get(f"/users/{spelling}")["user_id"] == made["user_id"]


@pytest.mark.parametrize("change", [
    {"email": "no address"}, {"email": 1}, {"mobile_no": "12"}, {"mobile_no": None}, {"given_name": ""},
    {"surname": "x" * 300}, {"surname": "a\u0000b"}, {"more": 1}, {"identity_number": "nonsense"}])
def test_user_that_is_wrong_is_422(tenant, change):
    body = {"email": new_email(), **PERSON, **change}
    check_error(tenant.application.request("POST", "/users", json=body), 422)


def test_user_quota_is_402(service):
    tenant = service.tenant(user_quota=1)
    assert tenant.application.get("/quotas/users") == {"value": 1}
    tenant.application.post("/users", {"email": new_email(), **PERSON}, 201)
    assert tenant.application.get("/quotas/users") == {"value": 0}
    response = tenant.application.request("POST", "/users", json={"email": new_email(), **PERSON})
    check_error(response, 402, "Quota Reached")


def test_another_tenants_user_is_404(service, employee):
    other = service.tenant().application
    for method, path, body in [("GET", "", None), ("DELETE", "", None), ("GET", "/devices", None),
                               ("POST", "/identity", {}), ("DELETE", "/identity", None),
                               ("GET", f"/sign/{'0' * 64}", None), ("POST", "/sign", {"digests": ["0" * 64]}),
                               ("DELETE", f"/devices/{employee.phone.device_id}", None)]:
        check_error(other.request(method, f"/users/{employee.email}{path}", json=body), 404, "Not found")
    assert employee.tenant.application.get(f"/users/{employee.email}/devices")


# --- devices ---------------------------------------------------------------------------------------------------


def test_devices(employee):
    application, path = employee.tenant.application, f"/users/{employee.email}/devices"
    device, = application.get(path)
    assert device["device_id"] == employee.phone.device_id and device["status"] == "ACTIVE"
    assert device["device_name"] == employee.phone.name
    response = application.request("GET", f"{path}/{device['device_id']}")  # a client's bug: must not delete
    check_error(response, 405)
    assert response.headers["Allow"] == "DELETE"
    check_error(application.request("DELETE", f"{path}/{UNKNOWN_ID}"), 404)
    check_error(application.request("DELETE", f"{path}/x"), 404)
    application.delete(f"{path}/{device['device_id']}")
    assert application.get(path) == []


def test_removing_the_last_device_revokes_the_identity_and_the_phone(employee):
    application = employee.tenant.application
    employee.phone.log_in()
    application.delete(f"/users/{employee.email}/devices/{employee.phone.device_id}")
    check_error(application.request("POST", f"/users/{employee.email}/sign", json={"digests": ["0" * 64]}), 409)
    assert employee.phone.call("GET", "/sessions").status_code == 401


# --- identity ----------------------------------------------------------------------------------------------------


def test_identity_is_get_or_create(employee):
    application, path = employee.tenant.application, f"/users/{employee.email}/identity"
    for body in ({"subject_dn": []}, {"subject_dn": {}}, {}, {"subject_dn": {"given_name": "Anna"}}):
        again = application.post(path, body)
        assert again["signing_cert"] == employee.identity["signing_cert"]
    pem = employee.identity["signing_cert"]
    assert pem.startswith("-----BEGIN CERTIFICATE-----\n") and max(map(len, pem.splitlines())) == 64
    status = ocsp.load_der_ocsp_response(base64.b64decode(employee.identity["ocsp_response"]))
    assert status.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    assert status.certificate_status == ocsp.OCSPCertStatus.GOOD
    assert status.serial_number == employee.certificate.serial_number


@pytest.mark.parametrize("subject", [{"common_name": "Somebody Else"}, {"organization": "Another AG"},
                                     {"country": "XX"}, {"testing": "123"}, {"organization_unit": "x"}, "x", ["x"]])
def test_a_subject_that_contradicts_is_422(employee, subject):
    response = employee.tenant.application.request("POST", f"/users/{employee.email}/identity",
                                                   json={"subject_dn": subject})
    check_error(response, 422)


def test_identity_needs_a_user_with_a_device(tenant):
    check_error(tenant.application.request("POST", "/users/nobody@example.com/identity", json={}), 404)
    waiting = Employee.create(tenant)
    check_error(tenant.application.request("POST", f"/users/{waiting.email}/identity", json={}), 409)


def test_revoked_identity_is_gone_and_a_new_one_is_another(employee):
    application, path = employee.tenant.application, f"/users/{employee.email}/identity"
    application.delete(path)
    check_error(application.request("DELETE", path), 404)
    check_error(application.request("POST", f"/users/{employee.email}/sign", json={"digests": ["0" * 64]}), 409)
    assert application.post(path, {})["signing_cert"] != employee.identity["signing_cert"]


# --- sign ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key_type", ["P-256", "RSA-3072"])
def test_sign_many(service, key_type):
    employee = service.tenant(key_type=key_type).employee()
    digests = [digest_of(b"one"), digest_of(b"two").upper(), digest_of(b"three")]
    answer = employee.sign(digests)
    assert len(answer["signatures"]) == 3
    for signature, digest in zip(answer["signatures"], digests):
        assert signature == signature.upper()
        verify(employee, signature, digest)
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 997}


def test_sign_one(employee):
    digest = digest_of(b"one")
    call = employee.tenant.application.in_background("GET", f"/users/{employee.email}/sign/{digest}")
    expect(employee.phone.approve(employee.phone.wait_for_session()), 200)
    answer = expect(call.result(30), 200)
    verify(employee, answer["signature"], digest)
    assert call.result().headers["Cache-Control"] == "no-store"


def test_labels_are_shown_on_the_phone(employee):
    documents = [{"digest": digest_of(b"1"), "label": "Līgums.pdf"}, {"digest": digest_of(b"2"), "label": "Annex"}]
    call = employee.tenant.application.in_background("POST", f"/users/{employee.email}/sign",
                                                     json={"documents": documents})
    session = employee.phone.wait_for_session()
    assert session["display"]["labels"] == ["Līgums.pdf", "Annex"]
    assert session["display"]["enterprise"] == employee.tenant.name
    assert session["digests"] == [d["digest"] for d in documents]
    expect(employee.phone.approve(session), 200)
    expect(call.result(30), 200)


def test_rejected_is_403(employee):
    call, session = employee.begin_signing([digest_of(b"x")])
    expect(employee.phone.reject(session), 204)
    check_error(call.result(30), 403)
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 1000}


def test_asking_again_after_a_rejection_asks_the_signer_again(employee):
    call, session = employee.begin_signing([digest_of(b"again")])
    expect(employee.phone.reject(session), 204)
    check_error(call.result(30), 403)
    call, another = employee.begin_signing([digest_of(b"again")])
    assert another["session_id"] != session["session_id"]
    expect(employee.phone.approve(another), 200)
    expect(call.result(30), 200)


def test_expired_is_504(service):
    employee = service.tenant(session_lifetime_ms=1000).employee()
    call, session = employee.begin_signing([digest_of(b"x")])
    check_error(call.result(30), 504, "Approval timed out")
    late = employee.phone.approve(session)
    assert late.status_code in (409, 410)


@pytest.mark.parametrize("digest", ["abc", "0" * 63, "0" * 65, "g" * 64, "0" * 96])
def test_malformed_digest_is_422(employee, digest):
    path = f"/users/{employee.email}/sign"
    body = check_error(employee.tenant.application.request("GET", f"{path}/{digest}"), 422)
    assert body["description"].startswith("Malformed digest")
    body = check_error(employee.tenant.application.request("POST", path, json={"digests": [digest]}), 422)
    assert body["description"].startswith("Malformed digest")


@pytest.mark.parametrize("body,status", [
    ({"digests": []}, 422), ({}, 422), ({"digests": "0" * 64}, 422), ({"digests": [1]}, 422),
    ({"digests": ["0" * 64], "more": 1}, 422), ({"documents": [{"digest": "0" * 64}]}, 422),
    ({"documents": [{"digest": "0" * 64, "label": "x" * 201}]}, 422),
    ({"documents": [], "digests": []}, 422), ({"digests": ["0" * 64] * 101}, 429)])
def test_sign_request_that_is_wrong(employee, body, status):
    check_error(employee.tenant.application.request("POST", f"/users/{employee.email}/sign", json=body), status)


@pytest.mark.parametrize("body", [{}, {"hashes": ["0" * 64]}, {
    "digests": ["0" * 64], "documents": [{"digest": "0" * 64, "label": "x"}]}])
def test_sign_request_names_both_ways_to_say_what(employee, body):
    answer = employee.tenant.application.request("POST", f"/users/{employee.email}/sign", json=body)
    assert check_error(answer, 422)["description"] == 'either "digests" or "documents" is required, not both'


def test_a_hundred_are_fine_and_quota_is_exact(service):
    employee = service.tenant(signature_quota=100).employee()
    answer = employee.sign([digest_of(bytes([i])) for i in range(100)])
    for i, signature in enumerate(answer["signatures"]):
        verify(employee, signature, digest_of(bytes([i])))
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 0}
    response = employee.tenant.application.request("POST", f"/users/{employee.email}/sign",
                                                   json={"digests": [digest_of(b"x")]})
    check_error(response, 402, "Quota Reached")


@pytest.mark.parametrize("method, path, body", [
    ("GET", "", None), ("DELETE", "", None), ("GET", "/devices", None), ("DELETE", f"/devices/{UNKNOWN_ID}", None),
    ("POST", "/identity", {}), ("DELETE", "/identity", None), ("GET", f"/sign/{'0' * 64}", None),
    ("POST", "/sign", {"digests": ["0" * 64]})])
def test_what_is_no_address_is_no_user(tenant, method, path, body):
    for address in ("anna", "anna@", "an na@example.com", "x" * 300 + "@example.com"):
        refused = tenant.application.request(method, f"/users/{address}{path}", json=body)
        assert check_error(refused, 404, "Not found")["errors"] == {"not_found": "no such user"}


def test_sign_without_device_or_user(tenant):
    body = check_error(tenant.application.request("GET", f"/users/nobody@example.com/sign/{'0' * 64}"), 404, "Not found")
    assert body["errors"] == {"not_found": "no such user"}
    waiting = Employee.create(tenant)
    check_error(tenant.application.request("GET", f"/users/{waiting.email}/sign/{'0' * 64}"), 409)


def test_the_same_request_attaches_and_never_signs_twice(employee):
    options = {"headers": {"Idempotency-Key": uuid.uuid4().hex}}
    first, session = employee.begin_signing([digest_of(b"x")], **options)
    second = employee.tenant.application.in_background("POST", f"/users/{employee.email}/sign",
                                                       json={"digests": [digest_of(b"x")]}, **options)
    expect(employee.phone.approve(session), 200)
    assert expect(first.result(30), 200) == expect(second.result(30), 200)
    third = employee.tenant.application.request("POST", f"/users/{employee.email}/sign",
                                                json={"digests": [digest_of(b"x")]}, **options)
    assert expect(third, 200) == first.result().json()
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 999}
    other = employee.tenant.application.request("POST", f"/users/{employee.email}/sign",
                                                json={"digests": [digest_of(b"y")]}, **options)
    check_error(other, 422)


def test_idempotency_key_is_limited(employee):
    for key in ("x" * 65, "a b"):
        response = employee.tenant.application.request("GET", f"/users/{employee.email}/sign/{'0' * 64}",
                                                       headers={"Idempotency-Key": key})
        check_error(response, 422)


def test_expired_subscription_logs_in_and_does_not_sign(service):
    tenant = service.tenant(valid_until_unix_ms=1)
    tenant.application.log_in()
    email = Employee.create(tenant).email
    body = check_error(tenant.application.request("GET", f"/users/{email}/sign/{'0' * 64}"), 403)
    assert "subscription" in body["description"]


# --- evidence, chain ------------------------------------------------------------------------------------------------


def test_evidence(service, employee):
    answer = employee.sign([digest_of(b"x")])
    application, path = employee.tenant.application, f"/sessions/{answer['session_id']}/evidence"
    response = application.request("GET", path)
    assert response.status_code == 200 and response.headers["Content-Type"] == "application/octet-stream"
    assert b"QSS-EVIDENCE-v1" in response.content
    check_error(application.request("GET", f"/sessions/{UNKNOWN_ID}/evidence"), 404)
    check_error(application.request("GET", "/sessions/x/evidence"), 404)
    check_error(service.tenant().application.request("GET", path), 404, "Not found")


def test_trustchain(tenant, service):
    chain = tenant.application.get("/trustchain")
    issuing, root = [x509.load_pem_x509_certificate(pem.encode()) for pem in chain["trustchain"]]
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    with open(service.root_file, "rb") as file:
        assert x509.load_pem_x509_certificate(file.read()) == root
    status = ocsp.load_der_ocsp_response(base64.b64decode(chain["ocsp_revocation_info"][0]))
    assert status.certificate_status == ocsp.OCSPCertStatus.GOOD
    assert status.serial_number == issuing.serial_number


@pytest.mark.parametrize("path", ["/certificate_path", "/v2/certificate_path", "/certificate_path/"])
def test_certificate_path_is_the_issuer_of_signers(tenant, employee, path):
    text = tenant.application.get(path)["path"]
    assert text.startswith("-----BEGIN CER") and text.count("-----BEGIN") == 1
    employee.certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(text.encode()))


def test_signature_is_over_the_digest_itself(employee):
    """CMS SignatureValue: the client hashes, the service does not hash again (RFC 5652 5.4)."""
    content = b"signed attributes"
    answer = employee.sign([hashlib.sha256(content).hexdigest()])
    employee.certificate.public_key().verify(bytes.fromhex(answer["signatures"][0]), content,
                                             ec.ECDSA(hashes.SHA256()))
