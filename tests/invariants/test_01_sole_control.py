"""Invariant 1, sole control: no signature without an approval that the SAM itself verified, for exactly those
digests, in that order, with that key, certificate, algorithm and session.

Each attack is one line: what is approved instead, or how the approval is spoilt. Afterwards the signer's
honest approval of the same session must still sign: nothing but the attack was refused.
"""

import hashlib
import os
import sqlite3
from contextlib import closing

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import sap
from ceremony import p256, spki_of
from phone import b64u, expect
from sam import DISPLAY, SamBed, refused, sha256
from service import digest_of
from webauthn import (AT, BE, BS, ED, ORIGIN, RP_ID, UP, UV, SoftwareAuthenticator, attested_data,
                      authenticator_data, cbor, client_data, cose_key, es256)

FRAME = b',"topOrigin":"https://evil.example"}'


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    with SamBed(tmp_path_factory.mktemp("sole")) as running:
        yield running


@pytest.fixture(scope="module")
def anna(bed):
    return bed.signer().enrol()


@pytest.fixture(scope="module")
def boris(bed):
    return bed.signer(given_name="Boriss", surname="Liepa", identity_number="").enrol()


def other(value):
    return bytes([value[0] ^ 1]) + value[1:]


# --- an approval of something else -----------------------------------------------------------------

ONE, TWO, THREE = (sha256(text) for text in (b"one", b"two", b"three"))
OTHER_DISPLAY = sap.DisplayRecord("SIA Paraugs", "Signing", "ERP", "lv", "1", ["Invoice", "Order"])

# What the signer approves, where the session has [ONE, TWO].
SOMETHING_ELSE = {
    "digests reordered": lambda s: dict(digests=[TWO, ONE]),
    "digests truncated": lambda s: dict(digests=[ONE]),
    "digests extended": lambda s: dict(digests=[ONE, TWO, THREE]),
    "a digest swapped": lambda s: dict(digests=[ONE, THREE]),
    "a digest twice": lambda s: dict(digests=[ONE, ONE]),
    "a bit of a digest": lambda s: dict(digests=[ONE, other(TWO)]),
    "two digests as one": lambda s: dict(digests=[ONE + TWO]),
    "another session": lambda s: dict(session_id=os.urandom(16)),
    "another nonce": lambda s: dict(nonce=bytes(32)),
    "a later expiry": lambda s: dict(expires_at_unix_ms=s.expires_at_unix_ms + 1),
    "another signer": lambda s: dict(signer_id=other(s.asked["signer_id"])),
    "another key": lambda s: dict(key_id=other(s.asked["key_id"])),
    "another certificate": lambda s: dict(certificate_sha256=bytes(32)),
    "another algorithm": lambda s: dict(signature_algorithm="RSA-PKCS1-SHA256"),
    "another display record": lambda s: dict(display_hash=sha256(OTHER_DISPLAY.encode())),
    "no display record": lambda s: dict(display_hash=sha256(b"")),
    "another relying party": lambda s: dict(rp_id="qss-sandbox.com"),
}


@pytest.mark.parametrize("changes", SOMETHING_ELSE.values(), ids=SOMETHING_ELSE)
def test_an_approval_of_something_else(anna, changes):
    session = anna.open()
    approved = anna.phone.assertion(session.challenge(**changes(session)))
    refused("verification_failed", session.activate, approved)
    session.check_signed(session.approve())


# --- an approval that is none ------------------------------------------------------------------------


def resigned(phone, auth, data):
    return dict(credential_id=phone.credential_id, authenticator_data=auth, client_data_json=data,
                signature=es256(phone.key, auth + sha256(data)))


def as_registration(session, phone, kind="webauthn.create"):
    """The registration of a credential, over the session's challenge."""
    auth = authenticator_data(RP_ID, UP | UV | AT, 0, attested_data(bytes(16), phone.credential_id,
                                                                    cose_key(phone.key.public_key())))
    return resigned(phone, auth, client_data(kind, session.challenge(), ORIGIN))


def as_login(session, phone, signed_by=None):
    """A device's login: QSS-DEVICE-v1 over the session's challenge, as POST /device-tokens takes it."""
    key = signed_by or phone.key
    message = sap.device_message(session.id, session.challenge())
    return dict(session.assertion(), signature=key.sign(message, ec.ECDSA(hashes.SHA256())))


def as_addition(session, phone):
    """The phone's consent to another phone."""
    return phone.assertion(sap.addition_challenge(session.asked["signer_id"], session.challenge(),
                                                  spki_of(p256()), RP_ID))


def raw_signature(session, phone):
    r, s = utils.decode_dss_signature(session.assertion()["signature"])
    return dict(session.assertion(), signature=r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def with_sha384(session, phone):
    good = session.assertion()
    message = good["authenticator_data"] + sha256(good["client_data_json"])
    return dict(good, signature=phone.key.sign(message, ec.ECDSA(hashes.SHA384())))


def reordered(session, phone):
    data = (f'{{"challenge":"{b64u(session.challenge())}","type":"webauthn.get","origin":"{ORIGIN}",'
            '"crossOrigin":false}').encode()
    return resigned(phone, authenticator_data(RP_ID), data)


def changed(**fields):
    """A good assertion with a field replaced after signing."""
    return lambda s, p: dict(s.assertion(), **{name: make(s.assertion()[name]) for name, make in fields.items()})


def knobs(**knob):
    """What the phone itself does differently, and signs."""
    return lambda s, p: s.assertion(**knob)


stranger = SoftwareAuthenticator(RP_ID, ORIGIN)

NO_APPROVAL = {
    # the gesture
    "user not verified": knobs(flags=UP),
    "user not present": knobs(flags=UV),
    "neither": knobs(flags=0),
    "backup eligible": knobs(flags=UP | UV | BE),
    "backed up": knobs(flags=UP | UV | BE | BS),
    "a reserved flag": knobs(flags=UP | UV | 0x20),
    "extensions": knobs(flags=UP | UV | ED, rest=cbor({"x": 1})),
    "bytes left over": knobs(rest=b"\0"),
    # where it was made
    "another origin": knobs(origin="https://evil.example"),
    "origin without its port": knobs(origin=ORIGIN.rsplit(":", 1)[0]),
    "origin that goes on": knobs(origin=ORIGIN + ".evil.example"),
    "http": knobs(origin=ORIGIN.replace("https", "http")),
    "in a frame": knobs(cross_origin="true"),
    "with a top origin": knobs(tail=FRAME),
    "origin twice": knobs(tail=b',"origin":"https://evil.example"}'),
    "type twice": knobs(tail=b',"type":"webauthn.create"}'),
    "another relying party": knobs(rp_id="qss-sandbox.com"),
    "members in another order": reordered,
    # what it was made for
    "a registration": as_registration,
    "a registration called an assertion": lambda s, p: as_registration(s, p, "webauthn.get"),
    "an assertion of type create": knobs(kind="webauthn.create"),
    "a payment": knobs(kind="payment.get"),
    "a login": as_login,
    "a login with the device key": lambda s, p: as_login(s, p, p256()),
    "an addition": as_addition,
    # who signed, and how
    "a stranger's signature": lambda s, p: dict(stranger.assertion(s.challenge()), credential_id=p.credential_id),
    "SHA-384": with_sha384,
    "r and s without DER": raw_signature,
    "no signature": changed(signature=lambda old: b""),
    "a bit of the signature": changed(signature=lambda old: old[:-1] + bytes([old[-1] ^ 1])),
    "a signature that goes on": changed(signature=lambda old: old + b"\0"),
    "flags raised after signing": lambda s, p: dict(s.assertion(flags=UP), authenticator_data=authenticator_data(
        RP_ID)),
    "client data changed after signing": changed(client_data_json=lambda old: old[:-1] + b',"a":"b"}'),
    "no client data": changed(client_data_json=lambda old: b""),
    "no authenticator data": changed(authenticator_data=lambda old: b""),
    "a stranger's phone": lambda s, p: stranger.assertion(s.challenge()),
    "no credential": changed(credential_id=lambda old: b""),
    "a credential that goes on": changed(credential_id=lambda old: old + b"\0"),
}


@pytest.mark.parametrize("attack", NO_APPROVAL.values(), ids=NO_APPROVAL)
def test_an_approval_that_is_none(anna, attack):
    session = anna.open()
    refused("verification_failed", session.activate, attack(session, anna.phone))
    session.check_signed(session.approve())


def test_another_signers_phone(anna, boris):
    session = anna.open()
    refused("verification_failed", session.activate, boris.phone.assertion(session.challenge()))
    as_himself = boris.phone.assertion(session.challenge(signer_id=boris.id))
    refused("verification_failed", session.activate, as_himself)
    session.check_signed(session.approve())
    _, signed = boris.sign()  # his own phone was not blamed: anybody can name it
    assert signed.signatures


def test_nothing_is_signed_for_the_asking(anna):
    session = anna.open()
    refused("conflict", session.activate)
    session.check_signed(session.approve())


def test_guessing_locks_the_phone_and_no_other(bed, boris):
    victim = bed.signer().enrol()
    session = victim.open()
    for _ in range(4):
        refused("verification_failed", session.activate, session.assertion(flags=UP))
    refused("locked", session.activate, session.assertion(flags=UP))
    refused("locked", session.approve)
    assert boris.sign()[1].signatures


# --- a session that must not open ---------------------------------------------------------------------

DIGEST = sha256(b"x")
NO_SESSION = {
    "another's key": ("not_found", lambda a, b: dict(key_id=b.key_id, certificate_sha256=sha256(b.certificate))),
    "in another's name": ("not_found", lambda a, b: dict(signer_id=b.id)),
    "another's certificate": ("conflict", lambda a, b: dict(certificate_sha256=sha256(b.certificate))),
    "no certificate": ("conflict", lambda a, b: dict(certificate_sha256=b"")),
    "an unknown key": ("not_found", lambda a, b: dict(key_id=os.urandom(16))),
    "an unknown signer": ("not_found", lambda a, b: dict(signer_id=os.urandom(16))),
    "no digests": ("invalid_argument", lambda a, b: dict(digests=[])),
    "101 digests": ("invalid_argument", lambda a, b: dict(digests=[DIGEST] * 101)),
    "a short digest": ("invalid_argument", lambda a, b: dict(digests=[DIGEST, DIGEST[:-1]])),
    "an empty digest": ("invalid_argument", lambda a, b: dict(digests=[b""])),
    "an algorithm for RSA": ("invalid_argument", lambda a, b: dict(signature_algorithm="RSA-PKCS1-SHA256")),
    "an unknown algorithm": ("invalid_argument unsupported", lambda a, b: dict(signature_algorithm="ECDSA-SHA1")),
    "no display record": ("invalid_argument", lambda a, b: dict(display_record=b"")),
    "a display record that goes on": ("invalid_argument", lambda a, b: dict(display_record=DISPLAY.encode() + b"\0")),
    "a label too few": ("invalid_argument", lambda a, b: dict(display_record=sap.DisplayRecord(
        "E", "P", "A", "lv", "1", ["one"]).encode())),
    "text that reorders what is shown": ("invalid_argument", lambda a, b: dict(display_record=sap.DisplayRecord(
        "E\u202e", "P", "A", "lv", "1").encode())),
    "for longer than 30 minutes": ("invalid_argument", lambda a, b: dict(lifetime_ms=30 * 60_000 + 1)),
}


@pytest.mark.parametrize("code, changes", NO_SESSION.values(), ids=NO_SESSION)
def test_a_session_that_must_not_open(anna, boris, code, changes):
    refused(code, anna.open, **changes(anna, boris))


def test_evidence_and_signatures_are_of_what_was_approved(anna):
    """What leaves the SAM is what the phone computed, though qss-api carried both."""
    session, result = anna.sign(digests=[ONE, TWO, THREE])
    session.check_signed(result)
    assert session.input().encode() in result.evidence and DISPLAY.encode() in result.evidence


# --- a forged approval by the owner of qss-api's database -----------------------------------------------


def rewrite(service, sql, *values):
    """In the main database, as its owner, while qss-api runs."""
    with closing(sqlite3.connect(service.directory / "api" / "main.db", timeout=10)) as database, database:
        assert database.execute(sql, values).rowcount == 1


def session_status(service, session):
    with closing(sqlite3.connect(service.directory / "api" / "main.db", timeout=10)) as database:
        return database.execute("SELECT status FROM session WHERE id = ?",
                                (bytes.fromhex(session["session_id"]),)).fetchone()[0]


def test_a_forged_authenticator_in_the_main_database(employee):
    """qss-api believes its mirror and sends the approval on; the SAM asks its own record."""
    forged = SoftwareAuthenticator(employee.phone.authenticator.rp_id, employee.service.origin)
    rewrite(employee.service, "UPDATE authenticator SET credential_id = ?, public_key_spki = ? WHERE user_id = ?",
            forged.credential_id, spki_of(forged.key), bytes.fromhex(employee.user_id))
    call, session = employee.begin_signing([digest_of(b"contract")])
    answer = employee.phone.send_assertion(session["session_id"],
                                           forged.assertion(employee.phone.challenge_of(session)))
    assert answer.status_code == 422, answer.text
    assert call.result(30).status_code >= 400
    assert session_status(employee.service, session) == "failed"


def test_a_forged_key_of_the_phone_in_the_main_database(employee):
    """The phone's own credential id, but the attacker's key."""
    forged = SoftwareAuthenticator(employee.phone.authenticator.rp_id, employee.service.origin,
                                   credential_id=employee.phone.authenticator.credential_id)
    rewrite(employee.service, "UPDATE authenticator SET public_key_spki = ? WHERE user_id = ?",
            spki_of(forged.key), bytes.fromhex(employee.user_id))
    call, session = employee.begin_signing([digest_of(b"contract")])
    answer = employee.phone.send_assertion(session["session_id"],
                                           forged.assertion(employee.phone.challenge_of(session)))
    assert answer.status_code == 422, answer.text
    assert call.result(30).status_code >= 400
    assert session_status(employee.service, session) == "failed"


def test_digests_changed_in_the_main_database(employee):
    """The phone is shown, and approves, other digests than the SAM will sign."""
    call, session = employee.begin_signing([digest_of(b"contract")])
    original = bytes.fromhex(digest_of(b"contract"))
    with closing(sqlite3.connect(employee.service.directory / "api" / "main.db", timeout=10)) as database:
        stored = database.execute("SELECT digests FROM session WHERE id = ?",
                                  (bytes.fromhex(session["session_id"]),)).fetchone()[0]
    assert original in stored
    rewrite(employee.service, "UPDATE session SET digests = ? WHERE id = ?",
            stored.replace(original, hashlib.sha256(b"debt").digest()), bytes.fromhex(session["session_id"]))
    shown = employee.phone.wait_for_session()
    assert shown["digests"] == [digest_of(b"debt")]
    answer = employee.phone.approve(shown)
    assert answer.status_code == 422, answer.text
    assert call.result(30).status_code >= 400
    assert session_status(employee.service, session) == "failed"


def test_an_approved_row_alone_signs_nothing(employee):
    """A session written as approved, with an assertion of another one: recovery drives it to the SAM."""
    call, session = employee.begin_signing([digest_of(b"first")])
    expect(employee.phone.approve(session), 200)
    expect(call.result(30), 200)
    call, session = employee.begin_signing([digest_of(b"second")])
    rewrite(employee.service, "UPDATE session SET status = 'approved', assertion = (SELECT assertion FROM session "
                              "WHERE user_id = ?1 AND status = 'signed') WHERE id = ?2",
            bytes.fromhex(employee.user_id), bytes.fromhex(session["session_id"]))
    assert call.result(30).status_code >= 400
    assert session_status(employee.service, session) == "failed"
