"""Each process is killed in turn: `qss serve` starts it again, the others live on, and everything works as before."""

import base64

import pytest
from cryptography.x509 import ocsp

from service import digest_of, wait_until
from wire import ConnectionClosed, RoleError
from attacker import SamKey, call

PROCESSES = ["qss-api", "qss-sam", "qss-ca", "qss-ocsp", "qss-tsa"]


def status_of(service, certificate):
    """What the responder says now, or None while it is away."""
    try:
        answer = ocsp.load_der_ocsp_response(call(service, "ocsp", "RESPOND", singles=[{"certificate": certificate}]).response)
    except (OSError, RoleError, ConnectionClosed):
        return None
    return answer.certificate_status if answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL else None


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back(fresh_service, name):
    service = fresh_service
    tenant = service.tenant()
    employee = tenant.employee()
    first = employee.sign([digest_of(b"before")])
    before = service.pids()
    service.kill(name)
    service.wait_ready()
    after = service.pids()
    assert {child for child in before if before[child] != after[child]} == {name}, "the others were left alone"
    employee.phone.url = service.authenticator_url  # free ports are others when qss-api starts again

    # It signs: for whom it knew before, and the evidence of before is still there.
    assert employee.sign([digest_of(b"after")])["signatures"]
    evidence = tenant.application.request("GET", f"/sessions/{first['session_id']}/evidence")
    assert evidence.status_code == 200 and evidence.content
    # It enrols: officer, one-time codes, key, certificate, responder, all of them.
    colleague = tenant.employee()
    stapled = ocsp.load_der_ocsp_response(base64.b64decode(colleague.identity["ocsp_response"]))
    assert stapled.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert colleague.sign([digest_of(b"colleague")])["signatures"]
    # It says what the certificates are: of before, of after, and what is revoked after.
    old, new = SamKey(employee).certificate, SamKey(colleague).certificate
    assert status_of(service, old) is ocsp.OCSPCertStatus.GOOD and status_of(service, new) is ocsp.OCSPCertStatus.GOOD
    tenant.application.delete(f"/users/{employee.email}/identity")
    wait_until(lambda: status_of(service, old) is ocsp.OCSPCertStatus.REVOKED, "the responder says revoked")
    assert status_of(service, new) is ocsp.OCSPCertStatus.GOOD
