"""Every call and error of the management API against the real service."""

import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from phone import expect
from service import Employee

UNKNOWN_ID = "0" * 32


@pytest.fixture
def operator(service):
    return service.operator()


def check_problem(response, status, code=None):
    """RFC 9457, on every error."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json;charset=utf-8"
    body = response.json()
    assert body["type"] == "about:blank" and body["status"] == status and body["title"]
    if code:
        assert body["code"] == code, body
    return body


def csr(key=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def test_who_is_no_operator_is_401(service, tenant):
    application = tenant.application
    for method, path in [("GET", "/enterprises"), ("POST", "/enterprises"), ("GET", "/packs"),
                         ("GET", "/credentials"), ("GET", "/registration-requests"),
                         ("GET", f"/users?enterprise_id={UNKNOWN_ID}")]:
        body = {"name": "X", "country": "LV"} if method == "POST" else None
        check_problem(application.http.request(method, service.management_url + path, json=body), 401,
                      "unauthenticated")


def test_an_operators_certificate_is_no_application(service, tenant, operator):
    response = operator.http.post(f"{service.qss_url}/login", json={
        "api_key": tenant.application.api_key, "api_secret": tenant.application.api_secret})
    assert response.status_code == 401


def test_unknown_path_method_and_type(operator):
    check_problem(operator.request("GET", "/nothing"), 404)
    response = operator.request("DELETE", "/packs")
    check_problem(response, 405)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "POST"}
    check_problem(operator.request("POST", "/packs", data="{}", headers={"Content-Type": "text/plain"}), 415)
    check_problem(operator.request("POST", "/packs", data="{",
                                   headers={"Content-Type": "application/json"}), 400)


def test_enterprises(operator):
    name = f"Kalns {uuid.uuid4().hex[:8]} SIA"
    made = operator.post("/enterprises", {"name": name, "country": "LV"})
    assert made in operator.get("/enterprises")["enterprises"]


@pytest.mark.parametrize("body", [{}, {"name": "X"}, {"name": "", "country": "LV"}, {"name": "X", "country": "Latvia"},
                                  {"name": "X", "country": "lv"}, {"name": "X", "country": "LV", "more": 1},
                                  {"name": "x" * 201, "country": "LV"}])
def test_enterprise_that_is_wrong(operator, body):
    check_problem(operator.request("POST", "/enterprises", json=body), 422)


def test_packs(operator, tenant):
    packs = operator.get(f"/packs?enterprise_id={tenant.enterprise_id}")["packs"]
    assert [pack["pack_id"] for pack in packs] == [tenant.pack_id]
    assert packs[0]["key_type"] == "P-256" and packs[0]["kind"] == "signing"
    assert len(operator.get("/packs")["packs"]) >= 1


@pytest.mark.parametrize("change", [
    {"enterprise_id": "x"}, {"kind": "sealing"}, {"key_type": "RSA-1024"}, {"signature_quota": -1},
    {"signature_quota": "5"}, {"user_quota": None}, {"session_lifetime_ms": 1_800_001}, {"more": 1}])
def test_pack_that_is_wrong(operator, tenant, change):
    body = {"enterprise_id": tenant.enterprise_id, "name": "P", "kind": "signing", "signature_quota": 1,
            "user_quota": 1, **change}
    check_problem(operator.request("POST", "/packs", json=body), 422)


def test_pack_of_an_unknown_enterprise_is_404(operator):
    check_problem(operator.request("POST", "/packs", json={
        "enterprise_id": UNKNOWN_ID, "name": "P", "kind": "signing", "signature_quota": 1, "user_quota": 1}), 404)


def test_credentials(operator, tenant):
    key = ec.generate_private_key(ec.SECP256R1())
    made = operator.post("/credentials", {"pack_id": tenant.pack_id, "name": "ERP", "csr": csr(key)})
    assert len(made["api_key"]) == 16 and len(made["api_secret"]) == 40
    certificate = x509.load_pem_x509_certificate(made["certificate"].encode())
    assert certificate.public_key() == key.public_key()
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(made["access_ca"].encode()))
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    listed = operator.get(f"/credentials?pack_id={tenant.pack_id}")["credentials"]
    assert {c["credential_id"] for c in listed} == {made["credential_id"], tenant.application.credential_id}
    assert "api_secret" not in str(listed)  # shown once


def test_credential_that_is_wrong(operator, tenant):
    body = {"pack_id": tenant.pack_id, "name": "ERP", "csr": csr()}
    check_problem(operator.request("POST", "/credentials", json={**body, "csr": "nonsense"}), 422)
    weak = csr(rsa.generate_private_key(65537, 1024))
    problem = check_problem(operator.request("POST", "/credentials", json={**body, "csr": weak}), 422)
    assert "RSA-2048" in problem["detail"] and "P-256" in problem["detail"]
    check_problem(operator.request("POST", "/credentials", json={**body, "pack_id": "x"}), 422)
    check_problem(operator.request("POST", "/credentials", json={**body, "pack_id": UNKNOWN_ID}), 404)
    check_problem(operator.request("POST", "/credentials", json={"pack_id": tenant.pack_id}), 422)
    lines = csr().splitlines()  # its own signature does not hold: no proof of possession
    lines[-2] = lines[-2][:-6] + ("AAAA" if lines[-2][-6:-2] != "AAAA" else "BBBB") + lines[-2][-2:]
    check_problem(operator.request("POST", "/credentials", json={**body, "csr": "\n".join(lines)}), 422)


def test_suspension(operator, tenant):
    path = f"/credentials/{tenant.application.credential_id}/suspend"
    assert operator.request("POST", path).status_code == 204
    listed = operator.get(f"/credentials?pack_id={tenant.pack_id}")["credentials"]
    assert [c["status"] for c in listed] == ["SUSPENDED"]
    check_problem(operator.request("POST", f"/credentials/{UNKNOWN_ID}/suspend"), 404)
    check_problem(operator.request("POST", "/credentials/x/suspend"), 404)


def test_users(operator, tenant):
    waiting = Employee.create(tenant)
    users = operator.get(f"/users?enterprise_id={tenant.enterprise_id}")["users"]
    assert [(user["email"], user["user_id"]) for user in users] == [(waiting.email, waiting.user_id)]
    check_problem(operator.request("GET", "/users"), 422)
    check_problem(operator.request("GET", "/users?enterprise_id=x"), 422)


def test_queries_are_strict(operator, tenant):
    for query in ("?more=1", f"?enterprise_id={tenant.enterprise_id}&enterprise_id={tenant.enterprise_id}"):
        check_problem(operator.request("GET", f"/packs{query}"), 422)


def test_registration_is_for_registration_officers_alone(operator):
    check_problem(operator.request("GET", "/registration-requests?status=pending"), 403, "forbidden")
    check_problem(operator.request("POST", f"/registration-requests/{UNKNOWN_ID}/statement",
                                   json={"statement": "AAAA"}), 403)


@pytest.fixture
def officer(service):
    directory = service.directory / "officer"
    certificate, key = directory / "client-certificate.pem", directory / "client-key.pem"
    return service.https(certificate, key), service.management_url


def test_officers_requests_and_statements(officer):
    http, url = officer
    assert "requests" in expect(http.get(f"{url}/registration-requests?status=pending"), 200)
    check_problem(http.get(f"{url}/registration-requests?status=done"), 422)
    check_problem(http.get(f"{url}/registration-requests?wait_seconds=31"), 422)
    statement = f"{url}/registration-requests/{{}}/statement"
    check_problem(http.post(statement.format(UNKNOWN_ID), json={"statement": "***"}), 422)
    check_problem(http.post(statement.format("x"), json={"statement": "AAAA"}), 404)
    check_problem(http.post(statement.format(UNKNOWN_ID), json={}), 422)
    assert http.post(statement.format(UNKNOWN_ID), json={"statement": "AAAA"}).status_code in (404, 422)


def test_an_officer_is_no_operator(officer):
    http, url = officer
    check_problem(http.post(f"{url}/enterprises", json={"name": "X", "country": "LV"}), 403, "forbidden")
