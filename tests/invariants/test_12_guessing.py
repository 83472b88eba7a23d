"""Invariant 12, guessing is hopeless: codes, secrets, tokens and challenges are tried, forged, replayed and counted
against the running service; and whoever guesses locks nobody but themselves out."""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import statistics
import string
import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest

import sap
from attacker import SamKey, code_of, main_database
from phone import b64u, expect
from service import Employee, digest_of
from webauthn import spki_of

CODE_TRIES = 5
ENROLMENTS_AN_HOUR = 5
ASSERTION_TRIES = 5
LOGINS_A_MINUTE = 60
WRONG = ("00000000", "00000000")
BASE64URL = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


@pytest.fixture(scope="module")
def tenant(service):
    return service.tenant()


@pytest.fixture
def enrolling(tenant):
    """(employee with a phone that waits for its codes, the enrolment's id, the right codes)."""
    employee = Employee.create(tenant)
    employee.last_invitation = employee.invitation()
    employee.phone = tenant.service.phone()
    enrolment_id = expect(employee.phone.begin(employee.last_invitation), 201)["enrolment_id"]
    return employee, enrolment_id, employee.codes()


def change(service, statement, *values):
    """Time passes, for one row: the main database's own times are moved."""
    with closing(sqlite3.connect(service.directory / "api" / "main.db", timeout=10)) as database, database:
        assert database.execute(statement, values).rowcount == 1


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# --- one-time codes -------------------------------------------------------------------------------------------


def test_codes_have_few_tries(enrolling):
    """One code right is none; after five tries the right ones come too late; nothing says which was wrong."""
    employee, enrolment_id, codes = enrolling
    guesses = [(codes[0], WRONG[1]), (WRONG[0], codes[1]), (codes[1], codes[0]), WRONG, WRONG]
    left = []
    for guess in guesses:
        answer = employee.phone.send_codes(enrolment_id, *guess)
        assert answer.status_code == 422
        body = answer.json()
        left.append(body.pop("tries_left"))
        assert body["code"] == "wrong_code" and "sms" not in answer.text and "mail" not in answer.text
    assert left == list(range(CODE_TRIES - 1, -1, -1)) and len(left) == CODE_TRIES
    assert employee.phone.send_codes(enrolment_id, *codes).status_code == 410


def test_tries_are_counted_in_parallel_too(enrolling):
    """Twenty guesses at once are five guesses: a try is taken before anything is compared."""
    employee, enrolment_id, codes = enrolling
    service, statuses = employee.service, []

    def guess():
        statuses.append(service.phone().send_codes(enrolment_id, *WRONG).status_code)

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [410] * (20 - CODE_TRIES) + [422] * CODE_TRIES
    assert employee.phone.send_codes(enrolment_id, *codes).status_code == 410


def test_codes_do_not_live_long(enrolling):
    employee, enrolment_id, codes = enrolling
    with main_database(employee.service) as database:
        made, ends = database.execute("SELECT created_at, expires_at FROM enrolment WHERE id = ?",
                                      (bytes.fromhex(enrolment_id),)).fetchone()
    assert ends - made <= 10 * 60_000
    change(employee.service, "UPDATE enrolment SET expires_at = ? WHERE id = ?", int(time.time() * 1000),
           bytes.fromhex(enrolment_id))
    assert employee.phone.send_codes(enrolment_id, *codes).status_code == 410


def test_codes_are_of_one_registration(enrolling):
    """New codes each time; those of another registration are wrong, the user's own other one included."""
    employee, _, codes = enrolling
    second = employee.service.phone()
    enrolment_id = expect(second.begin(employee.last_invitation), 201)["enrolment_id"]
    other_codes = employee.codes()
    assert not set(codes) & set(other_codes)
    assert second.send_codes(enrolment_id, *codes).status_code == 422
    expect(second.send_codes(enrolment_id, *other_codes), 200)


def test_new_codes_are_no_way_around_the_tries(enrolling):
    employee, _, _ = enrolling
    statuses = [employee.phone.begin(employee.last_invitation).status_code for _ in range(ENROLMENTS_AN_HOUR)]
    assert statuses == [201] * (ENROLMENTS_AN_HOUR - 1) + [429]


def test_codes_are_kept_as_macs_under_a_key_outside_the_database(enrolling):
    """With the database alone not even all of the 10^8 codes help: the same code has another MAC each time."""
    employee, enrolment_id, codes = enrolling
    service = employee.service
    with main_database(service) as database:
        row = database.execute("SELECT * FROM enrolment WHERE id = ?", (bytes.fromhex(enrolment_id),)).fetchone()
        user = database.execute("SELECT * FROM app_user WHERE id = ?", (row["user_id"],)).fetchone()
    key = decode((service.directory / "api" / "secrets" / "otp.key").read_text().strip())

    def mac(tag, *fields):
        return hmac.digest(key, sap.canonical(tag, *fields), "sha256")

    enrolment = bytes.fromhex(enrolment_id)
    assert row["email_code_mac"] == mac("QSS-CODE-v1", "email", enrolment, codes[0])
    assert row["sms_code_mac"] == mac("QSS-CODE-v1", "sms", enrolment, codes[1])
    token = sap.registration_token(spki_of(employee.phone.enrolment_key.public_key()))
    assert user["registration_token_mac"] == mac("QSS-REGISTRATION-TOKEN-v1", token)
    everything = b"".join(path.read_bytes() for path in (service.directory / "api").glob("main.db*"))
    assert key not in everything and b64u(key).encode() not in everything


def test_a_registration_token_is_not_guessed(service):
    """As for any other that is not there, however near."""
    phone = service.phone()
    answers = {(phone.begin_with_token(guess).status_code, phone.begin_with_token(guess).text)
               for guess in ("", "A" * 27, "A" * 43, "A" * 100, "A" * 128, secrets.token_urlsafe(32))}
    assert {status for status, _ in answers} == {404} and len(answers) == 1


def test_an_invitation_ends(enrolling):
    employee, _, _ = enrolling
    change(employee.service, "UPDATE app_user SET registration_token_expires_at = ? WHERE id = ?",
           int(time.time() * 1000), bytes.fromhex(employee.user_id))
    assert employee.phone.begin(employee.last_invitation).status_code == 404


# --- API keys and secrets -------------------------------------------------------------------------------------


def log_in(application, api_key, api_secret):
    return application.http.post(f"{application.service.qss_url}/login",
                                 json={"api_key": api_key, "api_secret": api_secret})


def test_a_wrong_secret_and_an_unknown_key_are_the_same(tenant):
    """In words, and in time: the MAC is computed for a key that nobody has, too."""
    application = tenant.new_application()
    guesses = {"wrong secret": application.api_key, "unknown key": secrets.token_hex(8)}
    texts, times = set(), {name: [] for name in guesses}
    for _ in range(LOGINS_A_MINUTE // 2):
        for name, key in guesses.items():
            begin = time.perf_counter()
            answer = log_in(application, key, secrets.token_hex(20))
            times[name].append(time.perf_counter() - begin)
            texts.add((answer.status_code, answer.text))
    assert len(texts) == 1 and texts.pop()[0] == 401
    medians = [statistics.median(taken) for taken in times.values()]
    assert 0.5 < medians[0] / medians[1] < 2, medians


def test_logins_are_limited_and_lock_nobody_else(tenant):
    """A guesser with a certificate of its own, at the victim's key: 429 for the guesser, not for the victim."""
    victim, guesser = tenant.new_application(), tenant.new_application()
    statuses = [log_in(guesser, victim.api_key, secrets.token_hex(20)).status_code
                for _ in range(LOGINS_A_MINUTE + 5)]
    assert statuses[:LOGINS_A_MINUTE] == [401] * LOGINS_A_MINUTE and statuses[-1] == 429
    assert log_in(guesser, victim.api_key, victim.api_secret).status_code == 429  # even the right one
    assert log_in(victim, victim.api_key, victim.api_secret).status_code == 200


def test_secrets_are_kept_hashed(tenant):
    """Salted, and under a key outside the database: the same secret has another MAC in each row."""
    application = tenant.application
    with main_database(tenant.service) as database:
        row = database.execute("SELECT * FROM credential WHERE api_key = ?", (application.api_key,)).fetchone()
    key = decode((tenant.service.directory / "api" / "secrets" / "otp.key").read_text().strip())
    assert len(row["secret_salt"]) == 16
    assert row["secret_mac"] == hmac.digest(key, sap.canonical("QSS-API-SECRET-v1", row["secret_salt"],
                                                               application.api_secret), "sha256")
    assert row["secret_mac"] != hashlib.sha256(row["secret_salt"] + application.api_secret.encode()).digest()


# --- tokens ---------------------------------------------------------------------------------------------------


class Forge:
    """Tokens as the service makes them, with its own key in hand: what each check refuses is refused by it alone."""

    def __init__(self, service, token):
        self.key = decode((service.directory / "api" / "secrets" / "token.key").read_text().strip())
        self.header, self.payload = (decode(part).decode() for part in token.split(".")[:2])

    def make(self, header=None, payload=None, key=None, digest="sha256"):
        text = b64u((header or self.header).encode()) + "." + b64u((payload or self.payload).encode())
        return text + "." + b64u(hmac.digest(self.key if key is None else key, text.encode(), digest))

    def with_claims(self, **claims):
        return self.make(payload=json.dumps({**json.loads(self.payload), **claims}, separators=(",", ":")))


@pytest.fixture(scope="module")
def forge(tenant):
    return Forge(tenant.service, tenant.application.log_in())


def status_with(tenant, token):
    return replace(tenant.application, token=token).request("GET", "/quotas/users").status_code


def test_a_token_of_the_forge_is_believed(tenant, forge):
    """That the refusals below are about what was altered."""
    assert forge.make() == tenant.application.token
    assert status_with(tenant, forge.make()) == 200
    assert status_with(tenant, forge.with_claims(exp=int(time.time()) + 100)) == 200


@pytest.mark.parametrize("header", ['{"alg":"none","typ":"at+jwt"}', '{"alg":"HS384","typ":"at+jwt"}',
                                    '{"alg":"HS256","typ":"JWT"}', '{"typ":"at+jwt","alg":"HS256"}', "{}"])
def test_no_other_algorithm(tenant, forge, header):
    assert status_with(tenant, forge.make(header=header)) == 401
    unsigned = b64u(header.encode()) + "." + b64u(forge.payload.encode()) + "."
    assert status_with(tenant, unsigned) == 401


def test_no_other_signature(tenant, forge):
    text = forge.make().rsplit(".", 1)[0]
    for token in (text, text + ".", text + "." + b64u(bytes(32)), forge.make(key=b""), forge.make(key=bytes(32)),
                  forge.make(digest="sha512"), forge.make()[:-2], forge.make() + "A", text + "." + forge.make()):
        assert status_with(tenant, token) == 401, token


def test_a_token_ends(tenant, forge):
    now = int(time.time())
    claims = json.loads(forge.payload)
    assert claims["exp"] - claims["iat"] <= 30 * 60
    assert status_with(tenant, forge.with_claims(exp=now)) == 401
    assert status_with(tenant, forge.with_claims(exp=now - 1)) == 401
    assert status_with(tenant, forge.with_claims(exp=-1)) == 401


@pytest.mark.parametrize("claims", [{"aud": "device"}, {"sub": "0" * 32}, {"cnf": {"x5t#S256": b64u(bytes(32))}},
                                    {"cnf": {}}, {"cnf": None}, {"more": 1}])
def test_a_token_says_exactly_what_it_must(tenant, forge, claims):
    assert status_with(tenant, forge.with_claims(**claims)) == 401


def test_every_altered_character_counts(tenant):
    """Of a token as it was issued, each part, in places all over; the bits that base64url leaves over too."""
    token = tenant.application.token
    for place in sorted({0, len(token) - 1, token.index("."), token.rindex("."), *range(3, len(token), 17)}):
        letter = "A" if token[place] != "A" else "B"
        assert status_with(tenant, token[:place] + letter + token[place + 1:]) == 401, place
    same_bytes = token[:-1] + BASE64URL[BASE64URL.index(token[-1]) ^ 1]
    assert decode(same_bytes.rsplit(".", 1)[-1]) == decode(token.rsplit(".", 1)[-1])
    assert status_with(tenant, same_bytes) == 401


# --- the phone's log-in ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def employee(tenant):
    return tenant.employee()


def test_a_challenge_serves_once(employee):
    phone = employee.phone
    challenge = phone.device_challenge()
    signature = phone.sign_device_challenge(challenge)
    expect(phone.send_device_signature(challenge, signature), 200)
    assert phone.send_device_signature(challenge, signature).status_code == 401
    again = phone.sign_device_challenge(challenge)  # another signature, the same challenge
    assert phone.send_device_signature(challenge, again).status_code == 401


def test_a_challenge_is_the_services_own_and_the_devices(tenant, employee):
    phone, other = employee.phone, tenant.employee().phone
    challenge = phone.device_challenge()
    assert other.send_device_signature(challenge, other.sign_device_challenge(challenge)).status_code == 401
    for forged in (bytes(32), secrets.token_bytes(32), bytes([challenge[0] ^ 1]) + challenge[1:], challenge[:31],
                   challenge[:-1] + bytes([challenge[-1] ^ 1])):
        assert phone.send_device_signature(forged, phone.sign_device_challenge(forged)).status_code in (401, 422)
    for signature in (bytes(64), secrets.token_bytes(64), other.sign_device_challenge(challenge, phone.device_id)):
        assert phone.send_device_signature(challenge, signature).status_code == 401


# --- approvals ------------------------------------------------------------------------------------------------


def test_wrong_approvals_lock_their_authenticator_and_no_other(tenant):
    """Two phones of one user: the one that guesses is locked, the other one approves; so does another user's."""
    employee, colleague = tenant.employee(), tenant.employee()
    first = employee.phone
    second = employee.register_phone(employee.last_invitation, approver=first.authenticator)
    call, session = employee.begin_signing([digest_of(b"x")])
    wrong = first.authenticator.assertion(bytes(32))
    statuses = [first.send_assertion(session["session_id"], wrong).status_code for _ in range(ASSERTION_TRIES + 1)]
    assert statuses[0] == 422 and statuses[-1] == 423
    assert first.approve(session).status_code == 423
    assert colleague.sign([digest_of(b"x")])["signatures"]
    unlocked = SamKey(employee).open_session()
    assert code_of(unlocked.activate, first.authenticator.assertion(unlocked.challenge)) == "locked"
    assert unlocked.activate(second.authenticator.assertion(unlocked.challenge)).signatures
    assert call.result(30).status_code == 423


def test_a_stolen_phone_does_not_lock_the_other_one(tenant):
    """Its device key logs in without its owner; nonsense in the name of the owner's other phone is not counted."""
    employee = tenant.employee()
    first = employee.phone
    stolen = employee.register_phone(employee.last_invitation, approver=first.authenticator)
    call, session = employee.begin_signing([digest_of(b"x")])
    in_its_name = {**stolen.authenticator.assertion(bytes(32)), "credential_id": first.authenticator.credential_id}
    for wrong in (in_its_name, first.authenticator.assertion(bytes(32))):
        for _ in range(ASSERTION_TRIES + 1):
            assert stolen.send_assertion(session["session_id"], wrong).status_code == 422
    expect(first.approve(session), 200)
    expect(call.result(30), 200)


def test_nobody_locks_anothers_authenticator(tenant):
    """A stranger sends nonsense in the name of the victim's credential, through the API and to the SAM itself."""
    victim, stranger = tenant.employee(), tenant.employee()
    call, session = stranger.begin_signing([digest_of(b"x")])
    in_anothers_name = {**stranger.phone.authenticator.assertion(bytes(32)),
                        "credential_id": victim.phone.authenticator.credential_id}
    session_of_sam = SamKey(stranger).open_session()
    for _ in range(2 * ASSERTION_TRIES):
        assert stranger.phone.send_assertion(session["session_id"], in_anothers_name).status_code == 422
        assert code_of(session_of_sam.activate, in_anothers_name) == "verification_failed"
    assert victim.sign([digest_of(b"y")])["signatures"]
    expect(stranger.phone.approve(session), 200)
    expect(call.result(30), 200)
