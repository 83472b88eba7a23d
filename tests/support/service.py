"""A real service for tests: `qss init` in a directory of its own, `qss serve` on free ports, and what a
test needs to talk to it: URLs, client certificates, tenants, employees with phones.

    def test_something(service):
        employee = service.tenant().employee()
        ...

Readiness is polled on /readyz; nothing sleeps blindly. Only processes that were started here are ended,
by their process ids.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from phone import Phone, expect

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 30
POLL_SECONDS = 0.02
_BACKGROUND = ThreadPoolExecutor(max_workers=64)


def binaries():
    """QSS_BIN, or the release build."""
    return Path(os.environ.get("QSS_BIN", ROOT / "build" / "release" / "bin"))


def wait_until(condition, what, seconds=READY_SECONDS):
    """The first true value of condition(), polled; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"not within {seconds} s: {what}")


class Service:
    """One data directory and the processes that serve it."""

    def __init__(self, directory, settings=None, init_flags=()):
        self.directory = Path(directory)
        self.log_path = self.directory.with_name(self.directory.name + ".log")
        self.process = None
        self.ports = None
        self.run_tool("init", str(self.directory), "--mtls-port=0", "--tls-port=0", "--health-port=0", "--public-port=0",
                      "--rsa-3072-pool=1", "--rsa-4096-pool=1", *init_flags)
        self._configure(settings or {})

    # --- processes --------------------------------------------------------------------------------

    def run_tool(self, *arguments, **options):
        """`qss …` to its end; returns its standard output."""
        done = subprocess.run([binaries() / "qss", *arguments], capture_output=True, text=True, timeout=120,
                              **options)
        assert done.returncode == 0, f"qss {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def _configure(self, settings):
        """Sets `name = value` wherever qss.toml has that name, in inline tables too."""
        path = self.directory / "qss.toml"
        text = path.read_text()
        for name, value in settings.items():
            pattern = rf'(?m)(^|[{{,]\s*){name} = (?:"[^"\n]*"|\[[^\]\n]*\]|[^\s,}}]+)'
            text, count = re.subn(pattern, lambda match: f"{match[1]}{name} = {json.dumps(value)}", text)
            assert count, f"qss.toml has no {name}"
        path.write_text(text)

    def start(self, *arguments, env=None):
        (self.directory / "run" / "ports.json").unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [binaries() / "qss", "--directory", str(self.directory), "serve", *arguments],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, **(env or {})})
        self.wait_ready()
        return self

    def ready(self):
        process = self.process
        if process is None:  # stop() in another thread
            return False
        assert process.poll() is None, f"qss serve ended: {self.log_path.read_text()[-4000:]}"
        try:
            self.ports = json.loads((self.directory / "run" / "ports.json").read_text())
            return requests.get(f"{self.health_url}/readyz", timeout=2).status_code == 200
        except (OSError, ValueError, requests.RequestException):
            return False

    def find_ports(self):
        """Free ports are others when qss-api starts again. The old ones stay until the new ones are known."""
        try:
            self.ports = json.loads((self.directory / "run" / "ports.json").read_text())
        except (OSError, ValueError):
            pass

    def wait_ready(self):
        try:
            wait_until(self.ready, "the service is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_path.read_text()[-4000:]}") from None

    def pids(self):
        """{"qss-api": pid, …} of the supervisor's children."""
        return json.loads((self.directory / "run" / "pids.json").read_text())

    def kill(self, name, signal_number=signal.SIGKILL):
        """Ends one child, e.g. "qss-sam"; the supervisor starts it again. Returns its old pid."""
        pid = self.pids()[name]
        os.kill(pid, signal_number)
        wait_until(lambda: self.pids().get(name) not in (None, pid), f"{name} is started again")
        return pid

    def stop(self):
        """SIGTERM, as an operator would; returns the exit status of `qss serve`."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)  # its own session: ours alone
                self.process.wait()
        status, self.process = self.process.returncode, None
        return status

    # --- addresses and credentials -----------------------------------------------------------------

    @property
    def qss_url(self):
        return f"https://localhost:{self.ports['mtls']}"

    @property
    def management_url(self):
        return f"{self.qss_url}/management/v1"

    @property
    def authenticator_url(self):
        return f"https://localhost:{self.ports['tls']}/authenticator/v1"

    @property
    def health_url(self):
        return f"http://127.0.0.1:{self.ports['health']}"

    @property
    def public_url(self):
        return f"http://127.0.0.1:{self.ports['public']}"

    @property
    def ca_file(self):
        """What the service's server certificates are checked against."""
        return str(self.directory / "pki" / "access-ca.pem")

    @property
    def root_file(self):
        return str(self.directory / "pki" / "root.pem")

    @property
    def origin(self):
        """The first origin that the SAM accepts for authenticators."""
        text = (self.directory / "qss.toml").read_text()
        return re.search(r'(?m)^\s*origins\s*=\s*\[\s*"([^"]+)"', text).group(1)

    def https(self, certificate=None, key=None):
        session = requests.Session()
        session.verify = self.ca_file
        session.trust_env = False
        if certificate is not None:
            session.cert = (str(certificate), str(key))
        return session

    def operator(self):
        """The management API as the operator that `qss init` made."""
        directory = self.directory / "operator"
        return Management(self, self.https(directory / "certificate.pem", directory / "key.pem"))

    def phone(self, **options):
        return Phone(self.authenticator_url, self.ca_file, self.origin, **options)

    def messages(self, address):
        """Texts of the outbox files to that e-mail address or mobile number, oldest first."""
        name = re.sub(r"[^A-Za-z0-9@.+_-]", "_", address)
        files = (self.directory / "outbox").glob(f"*-{name}-*.txt")
        return [path.read_text() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)]

    def tenant(self, **pack):
        """A new enterprise with one signing pack and one API credential."""
        return Tenant(self, **pack)


class Management:
    def __init__(self, service, http):
        self.service, self.http = service, http

    def request(self, method, path, **options):
        return self.http.request(method, self.service.management_url + path, **options)

    def get(self, path):
        return expect(self.request("GET", path), 200)

    def post(self, path, body, status=201):
        return expect(self.request("POST", path, json=body), status)


class Tenant:
    """An enterprise, a signing pack and an API credential with a client certificate of its own."""

    def __init__(self, service, name=None, country="LV", key_type="P-256", signature_quota=1000,
                 user_quota=100, **pack):
        self.service = service
        operator = service.operator()
        self.name = name or f"Example {uuid.uuid4().hex[:8]} SIA"
        self.enterprise_id = operator.post("/enterprises", {"name": self.name, "country": country})[
            "enterprise_id"]
        self.pack_id = operator.post("/packs", {
            "enterprise_id": self.enterprise_id, "name": "Signing", "kind": "signing", "key_type": key_type,
            "signature_quota": signature_quota, "user_quota": user_quota, **pack})["pack_id"]
        self.application = self.new_application()

    def new_application(self, pack_id=None, name="Contracts"):
        """A further credential, by default of the same pack."""
        return Application.create(self.service, pack_id or self.pack_id, name)

    def employee(self, **options):
        """A user with a registered phone and an identity."""
        return Employee.enrol(self, **options)


@dataclass
class Application:
    """A client of the QSS API. Logs in at the first call; tests that need raw HTTP use `http`."""

    service: Service
    credential_id: str
    api_key: str
    api_secret: str
    certificate_file: Path
    key_file: Path
    http: requests.Session
    token: str = None

    @staticmethod
    def create(service, pack_id, name):
        key = ec.generate_private_key(ec.SECP256R1())
        csr = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])).sign(key, hashes.SHA256())
        made = service.operator().post("/credentials", {
            "pack_id": pack_id, "name": name, "csr": csr.public_bytes(serialization.Encoding.PEM).decode()})
        directory = service.directory.with_name(service.directory.name + "-clients")
        directory.mkdir(exist_ok=True)
        certificate_file = directory / f"{made['credential_id']}.pem"
        key_file = directory / f"{made['credential_id']}.key"
        certificate_file.write_text(made["certificate"])
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                               serialization.NoEncryption()))
        return Application(service, made["credential_id"], made["api_key"], made["api_secret"],
                           certificate_file, key_file, service.https(certificate_file, key_file))

    def log_in(self):
        answer = self.http.post(f"{self.service.qss_url}/login",
                                json={"api_key": self.api_key, "api_secret": self.api_secret})
        self.token = expect(answer, 200)["access_token"]
        return self.token

    def request(self, method, path, **options):
        """`path` goes out as it is, e-mail addresses raw, as QSS clients send them."""
        if self.token is None:
            self.log_in()
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.http.request(method, self.service.qss_url + path, headers=headers, **options)

    def in_background(self, method, path, **options):
        """A future of the response, on a connection of its own: for calls that wait for a phone."""
        if self.token is None:
            self.log_in()
        other = replace(self, http=self.service.https(self.certificate_file, self.key_file))
        return _BACKGROUND.submit(other.request, method, path, **options)

    def get(self, path, status=200):
        return expect(self.request("GET", path), status)

    def post(self, path, body, status=200):
        return expect(self.request("POST", path, json=body), status)

    def delete(self, path, status=204):
        return expect(self.request("DELETE", path), status)


@dataclass
class Employee:
    tenant: Tenant
    email: str
    mobile: str
    user_id: str
    given_name: str = "Anna"
    surname: str = "Ozola"
    phone: Phone = None
    last_invitation: str = field(default=None, repr=False)
    identity: dict = field(default=None, repr=False)
    _seen: set = field(default_factory=set, repr=False)

    @staticmethod
    def create(tenant, email=None, mobile=None, **names):
        """POST /users only: the officer approves, and writes the invitation."""
        number = uuid.uuid4().int
        email = email or f"anna.{number % 10**10:010}@example.com"
        mobile = mobile or f"+371{number % 10**8:08}"
        employee = Employee(tenant, email, mobile, "", **names)
        employee.user_id = tenant.application.post("/users", {
            "email": email, "given_name": employee.given_name, "surname": employee.surname,
            "mobile_no": mobile}, 201)["user_id"]
        return employee

    @staticmethod
    def enrol(tenant, **options):
        employee = Employee.create(tenant, **options)
        employee.register_phone()
        employee.make_identity()
        return employee

    @property
    def service(self):
        return self.tenant.service

    def _next_message(self, address, pattern, what):
        """The first match in a message to `address` that was not taken before."""

        def look():
            for text in self.service.messages(address):
                found = re.search(pattern, text)
                if found and (address, found.group(1)) not in self._seen:
                    self._seen.add((address, found.group(1)))
                    return found.group(1)
            return None

        return wait_until(look, f"{what} to {address}")

    def invitation(self):
        return self._next_message(self.email, r"(?m)^invitation: (\S+)$", "invitation")

    def codes(self):
        code = r"(?m)^code: (\d{8})$"
        return (self._next_message(self.email, code, "code by e-mail"),
                self._next_message(self.mobile, code, "code by SMS"))

    def register_phone(self, invitation=None, approver=None):
        self.last_invitation = invitation or self.invitation()
        self.phone = self.service.phone()
        self.phone.register(self.last_invitation, self.codes, approver)
        return self.phone

    def make_identity(self):
        self.identity = self.tenant.application.post(f"/users/{self.email}/identity", {"subject_dn": {}})
        return self.identity

    def begin_signing(self, digests, **options):
        """POST …/sign under way, and its session as the phone sees it."""
        shown = {session["session_id"] for session in self.phone.sessions()}
        call = self.tenant.application.in_background("POST", f"/users/{self.email}/sign",
                                                     json={"digests": digests}, **options)

        def look():
            if call.done():
                raise AssertionError(f"sign ended early: {call.result().status_code} {call.result().text}")
            return next((session for session in self.phone.sessions() if session["session_id"] not in shown), None)

        return call, wait_until(look, "the session on the phone")

    def sign(self, digests):
        """Signs and approves; the answer's JSON."""
        call, session = self.begin_signing(digests)
        expect(self.phone.approve(session), 200)
        return expect(call.result(30), 200)

    @property
    def certificate(self):
        return x509.load_pem_x509_certificate(self.identity["signing_cert"].encode())


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """One service for the whole run; tests make tenants of their own in it."""
    running = Service(tmp_path_factory.mktemp("qss") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def fresh_service(tmp_path):
    """A service for one test alone, which may break it."""
    running = Service(tmp_path / "data").start()
    yield running
    running.stop()


@pytest.fixture
def tenant(service):
    return service.tenant()


@pytest.fixture
def employee(tenant):
    return tenant.employee()
