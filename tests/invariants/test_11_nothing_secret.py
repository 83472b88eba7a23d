"""Invariant 11, nothing secret is logged or published: after whole lives of users, good and bad, with every secret
known to the test, look for them in every log, error and public answer, and at rest in the main database."""

import base64
import json
import sqlite3
from contextlib import closing

import pytest
import requests

import sap
from attacker import files_below, isolated_service
from phone import b64u, expect
from service import Employee, digest_of, wait_until
from webauthn import spki_of

GIVEN_NAME, SURNAME = "Rūdolfs", "Noslēpumainais"
IDENTITY_NUMBER = "PNOLV-290280-98765"
MAIN_DATABASE = ("main.db", "main.db-wal", "main.db-shm")


class Flow:
    """Does everything that has secrets in it, and keeps them: `secrets` must never be seen, `personal` not in logs or
    on public endpoints, `answers` are the bodies and headers of everything that went wrong."""

    def __init__(self, service):
        self.service, self.secrets, self.answers = service, {}, []
        self.tenant = service.tenant()
        self.application = self.tenant.application
        self.secrets["API secret"] = self.application.api_secret
        self.enrol()
        self.sign()
        self.go_wrong()
        self.read_files()
        self.personal = {"e-mail": self.employee.email, "mobile": self.employee.mobile, "surname": SURNAME,
                         "given name": GIVEN_NAME, "identity number": IDENTITY_NUMBER}

    def enrol(self):
        number = 4711
        email, mobile = f"rudolfs.{number}@example.com", "+37129994711"
        self.application.post("/users", {"email": email, "given_name": GIVEN_NAME, "surname": SURNAME,
                                         "mobile_no": mobile, "identity_number": IDENTITY_NUMBER}, 201)
        self.employee = Employee(self.tenant, email, mobile, "", GIVEN_NAME, SURNAME)
        self.secrets["invitation"] = invitation = self.employee.invitation()
        phone = self.employee.phone = self.service.phone()
        enrolment_id = expect(phone.begin(invitation), 201)["enrolment_id"]
        key = phone.enrolment_key
        self.secrets["enrolment key"] = b64u(key.private_numbers().private_value.to_bytes(32, "big"))
        self.secrets["registration token"] = token = sap.registration_token(spki_of(key.public_key()))
        codes = self.employee.codes()
        self.secrets["code by e-mail"], self.secrets["code by SMS"] = codes
        self.keep(phone.send_codes(enrolment_id, codes[1], codes[0]))
        self.keep(phone.begin_with_token(token[:-1] + "!"))
        offer = expect(phone.send_codes(enrolment_id, *codes), 200)
        done = expect(phone.send_authenticator(enrolment_id, offer), 201)
        phone.device_id, phone.authenticator_id = done["device_id"], done["authenticator_id"]
        self.employee.make_identity()

    def sign(self):
        phone = self.employee.phone
        self.secrets["device token"] = phone.log_in()
        call, session = self.employee.begin_signing([digest_of(b"x")])
        assertion = phone.authenticator.assertion(phone.challenge_of(session))
        self.secrets["assertion in use"] = b64u(assertion["signature"])
        spoilt = {**assertion, "client_data_json": assertion["client_data_json"] + b" "}
        self.keep(phone.send_assertion(session["session_id"], spoilt))
        expect(phone.send_assertion(session["session_id"], assertion), 200)
        expect(call.result(30), 200)
        self.secrets["token"] = self.application.token
        self.keep(phone.send_assertion(session["session_id"], assertion))
        call, session = self.employee.begin_signing([digest_of(b"y")])
        expect(phone.reject(session), 204)
        self.keep(call.result(30))

    def go_wrong(self):
        """Secrets where they do not belong: in paths, queries, headers and broken bodies."""
        qss, phone = self.service.qss_url, self.employee.phone
        secret, token, code = (self.secrets[name] for name in ("API secret", "token", "code by SMS"))
        as_json = {"Content-Type": "application/json"}
        for body in (f'{{"api_key":"{self.application.api_key}","api_secret":"{secret}"',
                     f'{{"api_key":"{self.application.api_key}","api_secret":"{secret}","api_secret":"{secret}"}}',
                     f'{{"api_key":"x","api_secret":"{secret}"}}', f'{{"{secret}":1}}',
                     json.dumps({"api_key": "0" * 16, "api_secret": secret})):
            self.keep(self.application.http.post(f"{qss}/login", data=body, headers=as_json))
        bearer = {"Authorization": f"Bearer {token}"}
        for path in (f"/users/{secret}", f"/users/a@example.com/sign/{secret}", f"/sessions/{token}/evidence",
                     f"/{token}", f"/users?token={token}"):
            self.keep(self.application.http.get(qss + path, headers=bearer))
        for value in (f"Bearer {token}x", f"Basic {secret}", token):
            self.keep(self.application.http.get(f"{qss}/trustchain", headers={"Authorization": value}))
        stolen = self.tenant.new_application().http
        self.keep(stolen.get(f"{qss}/trustchain", headers=bearer))
        self.keep(stolen.post(f"{qss}/login", json={"api_key": self.application.api_key, "api_secret": secret}))
        for path, body in ((f"/enrolments/{code}/codes", {"email_code": code, "sms_code": code}),
                           ("/enrolments", {"registration_token": self.secrets["registration token"],
                                               "device_name": "x", "device_public_key": "AA"}),
                           ("/enrolments", {"registration_token": self.secrets["invitation"],
                                               "device_name": "x", "device_public_key": "AA"}),
                           ("/device-tokens", {"device_id": phone.device_id, "challenge": b64u(bytes(32)),
                                               "signature": self.secrets["assertion in use"][:80]})):
            self.keep(phone.http.post(phone.url + path, json=body))
        self.keep(phone.http.get(f"{phone.url}/history", headers={"Authorization": f"Bearer {token}"}))

    def keep(self, response):
        assert response.status_code >= 400, (response.status_code, response.url)
        self.answers.append(response)

    def read_files(self):
        for role in ("sam", "ca", "ocsp"):
            self.secrets[f"passphrase of {role}"] = (self.service.directory / role / "passphrase").read_text().strip()
        for name in ("token.key", "otp.key"):
            self.secrets[name] = (self.service.directory / "api" / "secrets" / name).read_text().strip()


@pytest.fixture(scope="module")
def service():
    with isolated_service() as running:
        yield running


@pytest.fixture(scope="module")
def flow(service):
    return Flow(service)


def forms(secret):
    """A secret as text, and, where it is base64url or hexadecimal, as the bytes that it stands for and theirs."""
    found = {secret.encode()}
    decoded = []
    if len(secret) > 8 and not set(secret) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"):
        decoded.append(base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4)))
    if len(secret) == 40:  # the API secret
        decoded.append(bytes.fromhex(secret))
    for value in decoded:
        found |= {value, value.hex().encode(), value.hex().upper().encode(), base64.b64encode(value).rstrip(b"=")}
    return found


def check_absent(secrets, contents, where):
    for name, secret in secrets.items():
        assert not any(form in contents for form in forms(secret)), f"{name} is in {where}"


def logs_of(service):
    return service.log_path.read_bytes() + (service.directory / "init.log").read_bytes()


def test_what_is_searched_for_is_searched_where_it_would_be(service, flow):
    """The logs are those that were written to, and the search finds a secret that is there."""
    assert b"qss-sam" in logs_of(service) and b"qss-api" in logs_of(service)
    assert flow.secrets["code by SMS"].encode() in b"".join(files_below(service.directory / "outbox").values())
    key = (service.directory / "api" / "secrets" / "token.key").read_bytes()
    with pytest.raises(AssertionError, match="token.key is in"):
        check_absent(flow.secrets, key, "its own file")


def test_logs(service, flow):
    check_absent(flow.secrets, logs_of(service), "the logs")
    check_absent(flow.personal, logs_of(service), "the logs")
    assert b"PRIVATE KEY" not in logs_of(service)


def test_errors_repeat_nothing(flow):
    """Neither in the body nor in a header, whatever was wrong and wherever the secret stood."""
    for answer in flow.answers:
        told = answer.content + repr(dict(answer.headers)).encode()
        where = f"{answer.request.method} {answer.request.path_url[:40]}: {answer.status_code}"
        check_absent(flow.secrets, told, where)
        for word in (b"SELECT", b"sqlite", b"/src/", b".cpp", b"openssl", str(flow.service.directory).encode()):
            assert word not in told, answer.text


def test_public_endpoints_know_nobody(service, flow):
    """Without a certificate and without a token: nothing about anybody."""
    public = [requests.get(service.health_url + path, timeout=5) for path in ("/healthz", "/readyz", "/metrics", "/")]
    anonymous = service.https()
    for path in ("", "/sessions", "/history", f"/history/{'0' * 32}/evidence", "/enrolments", "/users",
                 f"/users/{flow.employee.email}"):
        public.append(anonymous.get(service.authenticator_url + path))
    for answer in public:
        told = answer.content + repr(dict(answer.headers)).encode()
        check_absent(flow.secrets, told, answer.url)
        unasked = {name: value for name, value in flow.personal.items() if value not in answer.url}
        check_absent(unasked, told, answer.url)


def test_the_main_database_keeps_no_secret(service, flow):
    """Nor does what it has deleted: a code that was sent leaves no trace when its page is written."""
    wait_until(lambda: not outbox_rows(service), "everything is sent")
    with closing(sqlite3.connect(service.directory / "api" / "main.db", timeout=10)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    contents = b"".join(files_below(*(service.directory / "api" / name for name in MAIN_DATABASE)).values())
    in_evidence = {"assertion in use"}  # it is used now, and what it proves is kept for ever
    check_absent({name: value for name, value in flow.secrets.items() if name not in in_evidence}, contents, "main.db")
    assert b"PRIVATE KEY" not in contents


def outbox_rows(service):
    with closing(sqlite3.connect(service.directory / "api" / "main.db", timeout=10)) as database:
        return database.execute("SELECT id FROM outbox").fetchall()


def test_a_removed_user_is_forgotten(service, flow):
    """Personal data of a user who was removed is not left in free pages."""
    gone = Employee.create(flow.tenant, email="forget.me.4712@example.com", mobile="+37129994712",
                           given_name="Vergessener", surname="Vergangener")
    gone.invitation()
    flow.application.delete(f"/users/{gone.email}")
    wait_until(lambda: not outbox_rows(service), "everything is sent")
    with closing(sqlite3.connect(service.directory / "api" / "main.db", timeout=10)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    check_absent({"e-mail": gone.email, "mobile": gone.mobile, "surname": gone.surname, "name": gone.given_name},
                 (service.directory / "api" / "main.db").read_bytes(), "main.db")


def test_process_lists_show_nothing(service, flow):
    """Arguments and, for who may read it, environment: secrets come in files."""
    for name, pid in service.pids().items():
        for file in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{file}", "rb") as contents:
                    check_absent(flow.secrets, contents.read(), f"{file} of {name}")
            except PermissionError:
                assert file == "environ"  # an undumpable process: nobody's to read


def test_published_files_are_public(service):
    """What is made to be given away, pki/, holds certificates alone, two statements in words, and the transcript."""
    for path, contents in files_below(service.directory / "pki").items():
        if path.name in {"pds-en.txt", "cps.txt"}:
            assert contents.splitlines()[0].endswith(b"(TEST)")
            continue
        if path.suffix == ".sig":  # the officers', over the transcript
            assert contents[0] == 0x30 and len(contents) <= 72
            continue
        if path.name == "transcript.jsonl":
            assert b"PRIVATE KEY" not in contents and all(json.loads(line)["what"] for line in contents.splitlines())
            continue
        assert contents.count(b"-----BEGIN CERTIFICATE-----") == contents.count(b"-----BEGIN") >= 1, path
