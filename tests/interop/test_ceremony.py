"""`qss ceremony FILE`, officers' orders and the transcript, as operators and officers meet them; openssl judges
signatures, certificates and paths."""

import datetime
import json
import signal
import subprocess

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from attacker import GROUP, IS_ROOT, UIDS, call
from service import ROOT, Service, binaries, wait_until

SERVICE = """
[service]
sandbox = {sandbox}
country = "LV"
organisation = "SIA Uzticama"
organisation_identifier = "NTRLV-40003000000"
public_url = "pki.qss-sandbox.com"
rp_id = "sign.example.com"
rp_name = "Uzticama"
origins = ["https://sign.example.com"]
"""
PORTS = "\n[ports]\nmtls = 0\ntls = 0\nhealth = 0\npublic = 0\n"
DIGEST = "00" * 32
SANDBOX = SERVICE.format(sandbox="true") + PORTS
PRODUCTION = (SERVICE.format(sandbox="false").rstrip() + """
policy_oid = "1.3.6.1.4.1.99999.1"
there = ["Anna Ozola, officer", "Juris Liepa, officer", "Ilze Auditore, auditor"]
[root]
name = "Uzticama Root"
key_type = "P-384"
lifetime_days = 5475
arl_days = 180
[issuing_ca]
name = "Uzticama Qualified"
key_type = "P-256"
lifetime_days = 2555
[responder]
lifetime_days = 30
[[officer]]
name = "Anna Ozola"
public_key = "anna/public-key.pem"
certificate_request = "anna/client.csr"
[[officer]]
name = "Juris Liepa"
public_key = "juris/public-key.pem"
certificate_request = "juris/client.csr"
[[operator]]
name = "Operations"
role = "operator"
certificate_request = "operator.csr"
[sam]
rsa_3072_pool = 1
rsa_4096_pool = 1
attestation_roots = ["fido-root.pem"]
""" + PORTS)


def qss(*arguments):
    return subprocess.run([str(binaries() / "qss"), *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)


def done(*arguments):
    ended = qss(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)


def write(directory, text, name="ceremony.toml"):
    file = directory / name
    file.write_text(text)
    return file


def sha256_of(file, directory):
    return json.loads(done("--json", "ceremony", file, directory, "--dry-run"))["sha256"]


def hold(file, directory):
    return done("ceremony", file, directory, "--confirm", sha256_of(file, directory))


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


# --- the file ---------------------------------------------------------------------------------------------


def test_a_dry_run_shows_everything_and_changes_nothing(tmp_path):
    file = write(tmp_path, SANDBOX)
    shown = done("ceremony", file, tmp_path / "data", "--dry-run")
    assert "qss-ca makes root" in shown and "SHA-256 of the file" in shown and 'rp_id = "sign.example.com"' in shown
    assert openssl("dgst", "-sha256", "-r", file).stdout.split()[0] in shown
    assert [path.name for path in tmp_path.iterdir()] == ["ceremony.toml"]


def test_only_the_reviewed_file_is_carried_out(tmp_path):
    file = write(tmp_path, SANDBOX)
    reviewed = sha256_of(file, tmp_path / "data")
    file.write_text(SANDBOX + "# a changed byte\n")
    for confirm in ([], ["--confirm", reviewed], ["--confirm", reviewed, "--dry-run"]):
        assert qss("ceremony", file, tmp_path / "data", *confirm).returncode == 1
    assert not (tmp_path / "data").exists() and not (tmp_path / "data.partial").exists()
    done("ceremony", file, tmp_path / "data", "--confirm", sha256_of(file, tmp_path / "data"))


@pytest.mark.parametrize("text, complaint", [
    (SANDBOX + "[surprise]\n", "surprise is not known"),
    (SANDBOX + "[root]\ncolour = 1\n", "root.colour is not known"),
    (SANDBOX + "[root]\nlifetime_days = 7301\n", "root.lifetime_days must be a whole number from 1 to 7300"),
    (SANDBOX + "[root]\nkey_type = \"RSA-2048\"\n", "root.key_type must be"),
    (SANDBOX + "[root]\nkey_store = \"pkcs11\"\n", "root.key_store pkcs11 is not built yet"),
    (SANDBOX + "[root]\narl_days = 366\n", "root.arl_days must be"),
    (SANDBOX.replace('"LV"', '"XX"'), "country"),
    (SANDBOX.replace("country = \"LV\"\n", ""), "service.country is missing"),
    (SANDBOX.replace("sandbox = true", "sandbox = 1"), "service.sandbox must be true or false"),
    (SANDBOX.replace("sandbox = true\n", ""), "service.sandbox is missing"),
    (SANDBOX.replace("https://sign", "http://sign"), "origins"),
    (SANDBOX + "[[officer]]\nname = \"A\"\n", "officer.public_key is missing"),
    (SANDBOX + "[[officer]]\nname = \"A\"\npublic_key = \"absent.pem\"\n", "absent.pem"),
    (SANDBOX.replace("sandbox = true", "sandbox = false"), "service.policy_oid is missing"),
    (SANDBOX.replace("sandbox = true", "sandbox = false\npolicy_oid = \"1.2.3\""), "officer must be two at least"),
    ("[service\n", "line 1"),
])
def test_what_is_wrong_in_the_file_is_named(tmp_path, text, complaint):
    ended = qss("ceremony", write(tmp_path, text), tmp_path / "data", "--dry-run")
    assert ended.returncode == 1 and complaint in ended.stderr, ended.stderr


def test_an_unknown_key_is_named_with_its_line(tmp_path):
    line = SANDBOX.count("\n") + 2
    ended = qss("ceremony", write(tmp_path, SANDBOX + "[root]\ncolour = 1\n"), tmp_path / "data", "--dry-run")
    assert f"ceremony file line {line}: root.colour" in ended.stderr


# --- production, as far as it goes here -----------------------------------------------------------------------


def certificate_request(name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """(directory, officers' directories) after a ceremony outside a sandbox."""
    if not IS_ROOT:
        pytest.skip("users of their own need root")
    base = tmp_path_factory.mktemp("production")
    for parent in [base, *base.parents][:3]:
        parent.chmod(0o755)
    for name, people in (("anna", "Anna Ozola"), ("juris", "Juris Liepa")):
        done("officer", "init", "--officer-directory", base / name, "--name", people)
    (base / "operator.csr").write_bytes(pem(certificate_request("Operations")))
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Phones")])
    now = datetime.datetime.now(datetime.timezone.utc)
    root = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    (base / "fido-root.pem").write_bytes(pem(root))
    users = "\n[users]\n" + "".join(f'{role} = "{uid}"\n' for role, uid in UIDS.items()) + f'group = "{GROUP}"\n'
    hold(write(base, PRODUCTION + users), base / "data")
    return base


def test_a_production_ceremony_has_two_officers_and_says_no_test(production):
    data = production / "data"
    root = x509.load_pem_x509_certificate((data / "pki" / "root.pem").read_bytes())
    issuing = x509.load_pem_x509_certificate((data / "pki" / "issuing.pem").read_bytes())
    assert "TEST" not in root.subject.rfc4514_string() + issuing.subject.rfc4514_string()
    assert root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Uzticama Root"
    assert root.public_key().curve.name == "secp384r1" and issuing.public_key().curve.name == "secp256r1"
    assert (root.not_valid_after_utc - root.not_valid_before_utc).days == 5474
    assert openssl("verify", "-x509_strict", "-CAfile", data / "pki" / "root.pem", data / "pki" / "issuing.pem",
                   data / "pki" / "officer-1.pem", data / "pki" / "officer-2.pem").returncode == 0
    assert len(list((data / "clients").iterdir())) == 3
    for role in ("sam", "ca", "ocsp"):
        assert (data / role).stat().st_uid == UIDS[role]


def test_the_users_are_asked_for_outside_a_sandbox(production):
    ended = qss("ceremony", write(production, PRODUCTION, "no-users.toml"), production / "other", "--dry-run")
    assert ended.returncode == 1 and "a user of its own" in ended.stderr


def test_openssl_alone_verifies_the_transcript(production):
    """The command of docs/operating.md. Both officers sign; a changed byte is noticed."""
    transcript = production / "data" / "pki" / "transcript.jsonl"
    for name in ("anna", "juris"):
        signed = json.loads(done("--json", "officer", "sign-transcript", transcript, "--officer-directory",
                                 production / name))["signature"]
        check = ["dgst", "-sha256", "-verify", production / name / "public-key.pem", "-signature", signed]
        assert openssl(*check, transcript).stdout == "Verified OK\n"
        changed = write(production, transcript.read_text().replace("Uzticama", "Uzticamb", 1), "changed")
        assert openssl(*check, changed).returncode == 1


def test_the_transcript_says_what_was_made(production):
    lines = [json.loads(line) for line in (production / "data" / "pki" / "transcript.jsonl").read_text().splitlines()]
    start = lines[0]
    assert start["there"] == ["Anna Ozola, officer", "Juris Liepa, officer", "Ilze Auditore, auditor"]
    assert start["file_sha256"] == openssl("dgst", "-sha256", "-r", production / "ceremony.toml").stdout.split()[0]
    assert lines[-1]["what"] == "end" and not start["sandbox"]
    for name, file in (("root", "root.pem"), ("issuing", "issuing.pem"), ("sam-evidence", "sam-evidence.pem"),
                       ("officer Juris Liepa", "officer-2.pem")):
        certificate = x509.load_pem_x509_certificate((production / "data" / "pki" / file).read_bytes())
        line, = (one for one in lines if one["what"] == "certificate" and one["of"] == name)
        assert line["sha256"] == certificate.fingerprint(hashes.SHA256()).hex()
    events, = (one for one in lines if one["what"] == "ca-events")
    assert events["count"] > 10 and len(events["hash"]) == 64


def test_an_aborted_ceremony_leaves_nothing_that_counts(tmp_path):
    """kill -9 at several moments: the directory is absent, and the next attempt makes all of it."""
    file = write(tmp_path, SANDBOX)
    data = tmp_path / "data"
    confirm = sha256_of(file, data)
    for step in ("[4/", "[7/", "[11/"):
        process = subprocess.Popen([binaries() / "qss", "ceremony", file, data, "--confirm", confirm],
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in process.stderr:
            if line.startswith(step):
                break
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert not data.exists()
    wait_until(lambda: qss("ceremony", file, data, "--confirm", confirm).returncode == 0, "the next one succeeds")
    assert (data / "pki" / "transcript.jsonl").exists()


# --- orders on a running sandbox ------------------------------------------------------------------------------


class Orders:
    """Writes, signs and carries out orders as an officer and an operator do."""

    def __init__(self, service, directory):
        self.service = service
        self.directory = directory
        self.number = 0

    def write(self, role, action, *options):
        self.number += 1
        file = self.directory / f"{self.number}.order"
        done("-d", self.service.directory, "officer", "order", action, "--role", role, *options, "-o", file)
        return file

    def carry_out(self, file):
        return done("-d", self.service.directory, "order", "carry-out", file, "-o", self.directory)

    def __call__(self, role, action, *options):
        return self.carry_out(self.write(role, action, *options))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("orders")
    service = Service(directory / "data").start()
    try:
        yield service, Orders(service, directory)
    finally:
        service.stop()


def convert(der):
    out = der.with_suffix(".pem")
    assert openssl("x509", "-inform", "DER", "-in", der, "-out", out).returncode == 0
    return out


def verify(anchor, leaf, *path):
    untrusted = [part for one in path for part in ("-untrusted", one)]
    return openssl("verify", "-x509_strict", "-CAfile", anchor, *untrusted, leaf).returncode == 0


def test_the_issuing_ca_is_rekeyed_while_the_service_runs(running):
    service, order = running
    directory = order.directory
    tenant = service.tenant()
    before = tenant.employee()
    assert "the responder has its certificates" in order("ca", "rekey-authority", "--text", "authority=issuing", "--text", "key-type=P-384")
    order("sam", "adopt-issuing-ca", "--certificate", directory / "ca-issuing-g2.cer")
    root, second = service.directory / "pki" / "root.pem", convert(directory / "ca-issuing-g2.cer")
    assert verify(root, second)
    after = tenant.employee()
    for employee, issuer in ((before, "issuing"), (after, "issuing-g2")):
        employee.sign([DIGEST])
        leaf = directory / "leaf.pem"
        leaf.write_bytes(pem(employee.certificate))
        issuers = {"issuing": service.directory / "pki" / "issuing.pem", "issuing-g2": second}
        assert [verify(root, leaf, issuers[one]) for one in issuers] == [one == issuer for one in issuers]
    chain = call(service, "ca", "CHAIN")
    assert [one.name for one in chain.authorities] == ["root", "issuing", "issuing-g2", "access"]
    public = f"http://127.0.0.1:{service.ports['public']}"
    for name in ("issuing", "issuing-g2"):
        wait_until(lambda url=f"{public}/crl/{name}.crl": requests.get(url, timeout=5).status_code == 200, name)
        crl = requests.get(f"{public}/crl/{name}.crl", timeout=5)
        (directory / f"{name}.crl").write_bytes(crl.content)
        (directory / f"{name}.pem").write_bytes(pem(x509.load_der_x509_certificate(
            requests.get(f"{public}/ca/{name}.cer", timeout=5).content)))
        assert "verify OK" in openssl("crl", "-inform", "DER", "-in", directory / f"{name}.crl", "-CAfile",
                                      directory / f"{name}.pem", "-noout").stderr


def test_the_responders_key_is_replaced(running):
    service, order = running
    spki = order.directory / "next.spki"
    done("-d", service.directory, "order", "next-ocsp-key", "-o", spki)
    told = order("ca", "certify-ocsp", "--file", f"spki={spki}")
    assert "the responder has its certificates" in told
    public = f"http://127.0.0.1:{service.ports['public']}"
    issuing, root = service.directory / "pki" / "issuing.pem", service.directory / "pki" / "root.pem"
    status = openssl("ocsp", "-issuer", root, "-cert", issuing, "-url", f"{public}/ocsp", "-CAfile", root, "-resp_text")
    assert f"{issuing}: good" in status.stdout and "Response verify OK" in status.stderr
    key = serialization.load_der_public_key(spki.read_bytes())
    responder = x509.load_der_x509_certificate((order.directory / "ca-ocsp-root.cer").read_bytes())
    assert responder.public_key() == key
    held = x509.SubjectKeyIdentifier.from_public_key(key).digest.hex().upper()
    assert f"Responder Id: {held}" in status.stdout


def test_the_evidence_key_is_replaced_and_evidence_stands(running):
    service, order = running
    employee = service.tenant().employee()
    employee.sign([DIGEST])
    order("sam", "make-evidence-key")
    order("ca", "certify-sam-evidence", "--file", f"spki={order.directory / 'sam-spki.der'}")
    order("sam", "adopt-evidence", "--certificate", order.directory / "ca-sam-evidence.cer")
    answer = employee.sign([DIGEST])
    session = next(iter(answer.get("signatures", [answer])))
    assert session
    assert service.tenant().employee().sign([DIGEST])  # attested, certified and signed under the next key


def test_the_root_is_rekeyed_and_crossed_over(running):
    service, order = running
    directory = order.directory
    order("ca", "rekey-authority", "--text", "authority=root", "--text", "key-type=P-384")
    old = service.directory / "pki" / "root.pem"
    new, new_with_old, old_with_new = (convert(directory / f"ca-{name}.cer")
                                       for name in ("root-g2", "new-with-old", "old-with-new"))
    issuing = service.directory / "pki" / "issuing.pem"
    assert verify(new, new) and verify(old, new_with_old) and verify(new, old_with_new)
    assert verify(new, issuing, old_with_new) and not verify(new, issuing)
    order("ca", "renew-authority", "--text", "authority=issuing")
    renewed = convert(directory / "ca-issuing-g2.cer")
    assert verify(new, renewed) and verify(old, renewed, new_with_old) and not verify(old, renewed)


def test_the_roots_key_goes_offline_and_comes_back(running):
    service, order = running
    directory = order.directory
    order("ca", "export-root-key")
    key = directory / "ca-root-key.der"
    held = directory / "held"
    held.write_bytes(bytes.fromhex(openssl("dgst", "-sha256", "-r", key).stdout.split()[0]))
    order("ca", "detach-root", "--file", f"sha256={held}")
    crl = x509.load_der_x509_crl((directory / "ca-root-crl.der").read_bytes())
    assert (crl.next_update_utc - crl.last_update_utc).days == 365
    refused = qss("-d", service.directory, "order", "carry-out",
                  order.write("ca", "renew-authority", "--text", "authority=issuing"))
    assert refused.returncode == 1 and "is offline: officers order attach-root first" in refused.stderr
    assert service.tenant().employee().sign([DIGEST])
    assert openssl("pkey", "-inform", "DER", "-in", key).returncode != 0  # wrapped: no key for anybody else
    order("ca", "attach-root", "--file", f"key={key}")
    order("ca", "renew-authority", "--text", "authority=issuing")


def test_an_order_is_carried_out_once_and_not_altered(running):
    service, order = running
    file = order.write("ca", "renew-authority", "--text", "authority=access")
    assert "done" in order.carry_out(file)
    before = call(service, "ca", "CHAIN").access_ca_certificate
    assert "was done before" in order.carry_out(file)
    assert call(service, "ca", "CHAIN").access_ca_certificate == before
    fresh = order.write("ca", "renew-authority", "--text", "authority=access")
    content = json.loads(fresh.read_text())
    signature = content["orders"][0]["signatures"][0]
    other = signature[:120] + ("A" if signature[120] != "A" else "B") + signature[121:]
    content["orders"][0]["signatures"][0] = other
    fresh.write_text(json.dumps(content))
    assert qss("-d", service.directory, "order", "carry-out", fresh).returncode == 1
    assert call(service, "ca", "CHAIN").access_ca_certificate == before


def test_a_ca_that_dies_in_an_order_did_it_or_did_not(running):
    """kill -9 while it re-keys, several times: the order is either done, and then once, or can be carried out."""
    service, order = running
    for delay_ms in (0, 2, 5, 10, 20):
        generations = len(call(service, "ca", "CHAIN").authorities)
        file = order.write("ca", "rekey-authority", "--text", "authority=issuing", "--text", "key-type=P-256")
        carrying = subprocess.Popen([binaries() / "qss", "-d", service.directory, "order", "carry-out", file],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            carrying.wait(delay_ms / 1000)
        except subprocess.TimeoutExpired:
            pass
        service.kill("qss-ca")
        carrying.wait(60)
        wait_until(lambda: qss("-d", service.directory, "order", "carry-out", file).returncode == 0, "carried out")
        assert len(call(service, "ca", "CHAIN").authorities) == generations + 1


def test_the_example_of_the_page_is_one(production):
    """The file of docs/operating.md, with users that exist here."""
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    example, = (block.split("```")[0] for block in page.split("```toml\n")[1:] if "[service]\nsandbox" in block)
    for role, uid in UIDS.items():
        example = example.replace(f'{role} = "qss-{role}"', f'{role} = "{uid}"')
    example = example.replace('group = "qss"', f'group = "{GROUP}"')
    shown = done("ceremony", write(production, example, "example.toml"), production / "example", "--dry-run")
    assert "Anna Ozola, key " in shown
