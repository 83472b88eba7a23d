"""`qss sign` as a user runs it, judged by openssl alone: detached CAdES-B-B with only the root given."""

import subprocess

import pytest

from service import binaries, wait_until

KEY_TYPES = ["RSA-3072", "P-256", "P-384"]


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30)


@pytest.fixture(params=KEY_TYPES)
def signed(request, service, tmp_path):
    """(document, signature): signed with a phone in software that approves by itself."""
    qss, data = binaries() / "qss", str(service.directory)
    tenant = service.tenant(key_type=request.param)
    credential, phone, document = tmp_path / "cred.toml", tmp_path / "phone", tmp_path / "document"
    email, mobile = f"signer.{tenant.pack_id[:12]}@example.com", f"+371{int(tenant.pack_id[:6], 16) % 10**8:08}"
    service.run_tool("--directory", data, "credential", "add", "--pack", tenant.pack_id, "--name", "Interop",
                     "--new-key", "--output", str(credential))
    service.run_tool("user", "add", email, "--credential", str(credential), "--given-name", "Anna", "--surname",
                     "Ozola", "--mobile", mobile)
    service.run_tool("authenticator", "register", "--directory", str(phone), "--sandbox", data, "--email", email,
                     "--mobile", mobile)
    wait_until(lambda: subprocess.run([qss, "user", "identity", email, "--credential", credential], timeout=60,
                                      capture_output=True).returncode == 0, "a key of the pool is ready", seconds=120)
    document.write_bytes(b"line one\r\nline two\n\x00\xff")
    running = subprocess.Popen([qss, "authenticator", "run", "--directory", phone, "--auto-approve"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        service.run_tool("sign", str(document), "--credential", str(credential), "--user", email)
    finally:
        running.terminate()
        running.wait(10)
    return document, tmp_path / "document.p7s"


def verify(service, document, signature, *more):
    return openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", document, "-CAfile",
                   service.root_file, "-purpose", "any", "-out", "/dev/null", *more)


def test_openssl_accepts_the_signature(service, signed):
    document, signature = signed
    for more in ([], ["-cades"]):
        done = verify(service, document, signature, *more)
        assert done.returncode == 0, done.stderr
    document.write_bytes(document.read_bytes() + b"x")
    assert verify(service, document, signature).returncode != 0
