"""What holds for the running service as a whole: health, waiting, clients that go and come back, the end."""

import glob
import json
import os
import signal
import socket
import ssl
from pathlib import Path

import pytest
import requests

from phone import expect
from service import Service, digest_of, wait_until


@pytest.fixture(scope="module")
def tight(tmp_path_factory):
    """One business thread, and little patience with clients that went."""
    running = Service(tmp_path_factory.mktemp("tight") / "data",
                      {"workers": 1, "attach_grace_ms": 300, "result_grace_ms": 60000}).start()
    yield running
    running.stop()


def status_of(employee, session_id):
    history = expect(employee.phone.call("GET", "/history"), 200)["sessions"]
    return next(s["status"] for s in history if s["session_id"] == session_id)


def sign_and_hang_up(employee, digest):
    """A client that sends a sign call and closes its connection; the session that it leaves behind."""
    application = employee.tenant.application
    context = ssl.create_default_context(cafile=application.service.ca_file)
    context.load_cert_chain(application.certificate_file, application.key_file)
    plain = socket.create_connection(("localhost", application.service.ports["mtls"]), timeout=10)
    tls = context.wrap_socket(plain, server_hostname="localhost")
    tls.sendall(f"GET /users/{employee.email}/sign/{digest} HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {application.token}\r\n\r\n".encode())
    session = employee.phone.wait_for_session()
    tls.close()
    return session


def test_health(service):
    assert requests.get(f"{service.health_url}/healthz", timeout=5).json() == {"status": "ok"}
    assert requests.get(f"{service.health_url}/readyz", timeout=5).json() == {"status": "ready"}
    assert requests.get(f"{service.health_url}/nothing", timeout=5).status_code == 404
    assert requests.post(f"{service.health_url}/healthz", data="x", timeout=5).status_code == 405


def test_qss_api_may_start_no_program_and_get_no_privilege(service):
    status = Path(f"/proc/{service.pids()['qss-api']}/status").read_text()
    assert "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status


def test_connections_are_kept_alive(service):
    """The kernel asks a silent client whether it is still there: timer 02 of proc(5), net/tcp."""
    port = service.ports["health"]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        own = client.getsockname()[1]

        def timer():
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
                _, local, remote, _, _, timer = line.split()[:6]
                if local.endswith(f":{port:04X}") and remote.endswith(f":{own:04X}"):
                    return timer.startswith("02:")
            return False

        wait_until(timer, "a keep-alive timer")


def test_waiting_calls_hold_no_thread(tight):
    """With one business thread, five calls wait and a sixth is answered at once."""
    employee = tight.tenant().employee()
    calls = [employee.begin_signing([digest_of(bytes([i]))]) for i in range(5)]
    assert employee.tenant.application.get("/quotas/signatures")["value"] <= 1000
    for call, session in calls:
        expect(employee.phone.approve(session), 200)
        expect(call.result(30), 200)


def test_long_polls_hold_no_thread(tight):
    employee = tight.tenant().employee()
    employee.phone.log_in()
    other = tight.phone()
    other.device_id, other.device_key = employee.phone.device_id, employee.phone.device_key
    with socket.create_connection(("localhost", tight.ports["tls"]), timeout=10) as plain:
        context = ssl.create_default_context(cafile=tight.ca_file)
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(f"GET /authenticator/v1/sessions?wait_seconds=30 HTTP/1.1\r\nHost: localhost\r\n"
                        f"Authorization: Bearer {employee.phone.log_in()}\r\n\r\n".encode())
            assert other.sessions() == []  # answered while that one waits


def test_client_that_hangs_up_and_stays_away_withdraws_its_session(tight):
    employee = tight.tenant().employee()
    session = sign_and_hang_up(employee, digest_of(b"x"))
    wait_until(lambda: status_of(employee, session["session_id"]) == "cancelled", "the session is withdrawn")
    assert employee.phone.approve(session).status_code == 410
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 1000}


def test_client_that_comes_back_attaches(service):
    employee = service.tenant().employee()
    session = sign_and_hang_up(employee, digest_of(b"x"))
    call = employee.tenant.application.in_background("GET", f"/users/{employee.email}/sign/{digest_of(b'x')}")
    expect(employee.phone.approve(session), 200)
    assert expect(call.result(30), 200)["session_id"] == session["session_id"]
    assert employee.tenant.application.get("/quotas/signatures") == {"value": 999}


def test_answer_that_was_not_delivered_can_be_fetched(service):
    employee = service.tenant().employee()
    session = sign_and_hang_up(employee, digest_of(b"x"))
    expect(employee.phone.approve(session), 200)
    answer = employee.tenant.application.get(f"/users/{employee.email}/sign/{digest_of(b'x')}")
    assert answer["session_id"] == session["session_id"]


def test_a_delivered_answer_is_not_given_again(employee):
    first = employee.sign([digest_of(b"x")])
    second = employee.sign([digest_of(b"x")])
    assert first["session_id"] != second["session_id"]


def test_sigterm_answers_who_waits_and_ends_cleanly(fresh_service):
    employee = fresh_service.tenant().employee()
    call, _ = employee.begin_signing([digest_of(b"x")])
    assert fresh_service.stop() == 0
    response = call.result(30)
    assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0
    assert response.json()["id"]


def test_not_ready_without_a_role_and_ready_again(fresh_service):
    """The SAM is stopped, not ended, so that the supervisor does not start it again."""
    pid = fresh_service.pids()["qss-sam"]
    assert fresh_service.ready()

    os.kill(pid, signal.SIGSTOP)
    try:
        threads = [Path(path) for path in glob.glob(f"/proc/{pid}/task/*/stat")]
        wait_until(lambda: all(t.read_text().rsplit(")", 1)[1].split()[0] == "T" for t in threads), "it has stopped")
        answer = requests.get(f"{fresh_service.health_url}/readyz", timeout=30)
        assert answer.status_code == 503 and answer.json() == {"status": "role away"}
        assert requests.get(f"{fresh_service.health_url}/healthz", timeout=5).status_code == 200
    finally:
        os.kill(pid, signal.SIGCONT)
    fresh_service.wait_ready()


def test_no_secret_is_logged(service, employee):
    """Invariant 11, for what passes through the APIs."""
    employee.sign([digest_of(b"x")])
    application = employee.tenant.application
    log = service.log_path.read_text()
    for secret in (application.api_secret, application.token, employee.phone._token, employee.last_invitation,
                   employee.email, employee.mobile, json.dumps(employee.surname)):
        assert secret not in log
