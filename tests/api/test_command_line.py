"""What `qss` says to somebody who mistypes, or starts it where something is in the way."""

import json
import re
import socket
import subprocess

import pytest

from service import ROOT, binaries


def qss(*arguments, **options):
    return subprocess.run([binaries() / "qss", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          **options)


@pytest.mark.parametrize("arguments, said", [
    (["bogus"], "not known here: bogus"),
    (["officer", "bogus"], "not known here: bogus"),
    (["sign"], "files is required"),
    (["init", "--bogus"], "--bogus"),
    (["officer"], "A subcommand is required")])
def test_what_is_not_understood_is_named(arguments, said):
    done = qss(*arguments)
    assert done.returncode == 2 and said in done.stderr and "--help" in done.stderr
    done = qss("--json", *arguments)
    error = json.loads(done.stderr)["error"]
    assert done.returncode == 2 and error["code"] == "invalid_argument" and said in error["detail"]


def test_help_is_no_error():
    for arguments in ([], ["--help"], ["sign", "--help"], ["--version"]):
        done = qss(*arguments)
        assert done.returncode == 0 and done.stdout and not done.stderr


def test_a_taken_port_ends_the_start(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        made = qss("init", tmp_path / "data", "--mtls-port", port, "--tls-port=0", "--health-port=0")
        assert made.returncode == 0, made.stderr
        done = qss("serve", "--directory", tmp_path / "data")
    assert done.returncode == 1
    assert re.search(rf"port {port} is taken.*\[listeners.mtls\] of qss.toml", done.stderr), done.stderr
    assert "child started" not in done.stderr


def test_evidence_that_is_none_or_another_roots(service):
    employee = service.tenant().employee()
    answer = employee.sign(["0" * 64])
    evidence = service.directory.with_name("some.evidence")
    evidence.write_bytes(employee.tenant.application.request(
        "GET", f"/sessions/{answer['session_id']}/evidence").content)
    root = service.directory / "pki" / "root.pem"

    def refusal(file, root, rp_id="localhost"):
        done = qss("evidence", "verify", file, "--root", root, "--rp-id", rp_id)
        assert done.returncode == 1
        return done.stderr

    assert qss("evidence", "verify", evidence, "--root", root, "--rp-id", "localhost").returncode == 0
    assert "no evidence file" in refusal(ROOT / "README.md", root)
    assert "another relying party: localhost" in refusal(evidence, root, "example.com")
    assert "not issued by this root" in refusal(evidence, service.directory / "pki" / "access-ca.pem")
    assert "README.md" in refusal(evidence, ROOT / "README.md")


def test_init_refuses_a_country_that_is_none(tmp_path):
    done = qss("init", tmp_path / "data", "--country", "XX")
    assert done.returncode == 1 and "--country: country is not an ISO 3166-1" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_suspended_credential_is_refused(service):
    tenant = service.tenant()
    application = tenant.application
    application.log_in()
    done = qss("credential", "suspend", application.credential_id, "--directory", service.directory)
    assert done.returncode == 0 and "suspended" in done.stdout
    listed = qss("credential", "list", "--pack", tenant.pack_id, "--directory", service.directory)
    assert re.search(rf"{application.credential_id}\s+SUSPENDED", listed.stdout)
    assert application.request("GET", "/quotas/users").status_code == 401
    unknown = qss("credential", "suspend", "0" * 32, "--directory", service.directory)
    assert unknown.returncode == 1 and "no such credential" in unknown.stderr
