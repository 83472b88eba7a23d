"""Invariant 5, binding: signer and subject exist only through an officer's statement; another phone joins only
with the approval of one that is bound; re-enrolment after loss needs a new statement; a key is its signer's,
from the moment it is made.
"""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

import sap
from attacker import call
from ceremony import p256, signed, spki_of, unix_ms
from sam import SamBed, new_phone, refused, sha256
from webauthn import (AT, BE, BS, ED, ORIGIN, RP_ID, UP, UV, SoftwareAuthenticator, _Registrations,
                      attestation_object, attested_data, authenticator_data, cbor, client_data, cose_key, der, es256)

IS_ROOT = os.geteuid() == 0
SAM_UID = 61002


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    with SamBed(tmp_path_factory.mktemp("binding")) as running:
        yield running


@pytest.fixture
def anna(bed):
    return bed.signer()


@pytest.fixture(scope="module")
def boris(bed):
    return bed.signer(given_name="Boriss", surname="Liepa", identity_number="").enrol()


# --- a signer without an officer ----------------------------------------------------------------------


def transport(encoding, spki, key):
    """A signed statement that names any key."""
    good = signed(encoding, key)
    return good.replace(sha256(spki_of(key)), sha256(spki))


def altered(**changes):
    """An officer's statement with other contents under the old signature."""
    def make(anna):
        before, after = anna.person.statement(), anna.person.statement(**changes)
        real = anna.statement()
        return real.replace(len(before).to_bytes(4, "big") + before, len(after).to_bytes(4, "big") + after)
    return make


def officers(**changes):
    """Signed by the real officer, but against the rules."""
    return lambda anna: anna.statement(**changes)


NO_STATEMENT = {
    # code, what is sent
    "nothing": ("invalid_argument", lambda a: b""),
    "garbage": ("invalid_argument", lambda a: os.urandom(300)),
    "a statement of one's own": ("forbidden", lambda a: a.statement(p256())),
    "of an officer of another ceremony": ("forbidden", lambda a: a.statement(p256())),
    "in the officer's name": ("verification_failed",
                              lambda a: transport(a.person.statement(), spki_of(a.bed.officer), p256())),
    "by the SAM's evidence key's name": ("forbidden",
                                         lambda a: transport(a.person.statement(), a.bed.evidence_spki, p256())),
    "without a signature": ("verification_failed invalid_argument",
                            lambda a: sap.signed_statement(a.person.statement(), spki_of(a.bed.officer), b"")),
    "another signer id": ("verification_failed", altered(signer_id=os.urandom(16))),
    "another enterprise": ("verification_failed", altered(enterprise_id=os.urandom(16))),
    "another sequence": ("verification_failed", altered(sequence=2)),
    "another name": ("verification_failed", altered(surname="Ozola")),
    "another e-mail": ("verification_failed", altered(email="eva@example.com")),
    "another mobile": ("verification_failed", altered(mobile="+37129999999")),
    "another number": ("verification_failed", altered(identity_number="PNOLV-010180-99999")),
    "another enrolment key": ("verification_failed", altered(enrolment_spki=spki_of(p256()))),
    "another date": ("verification_failed", altered(verified_at_unix_ms=unix_ms() + 10**9)),
    "cut off": ("invalid_argument", lambda a: a.statement()[:-1]),
    "that goes on": ("invalid_argument", lambda a: a.statement() + b"\0"),
    "an attestation by the officer": ("invalid_argument", lambda a: signed(sap.key_attestation(
        os.urandom(16), a.id, os.urandom(16), spki_of(p256()), bytes(32), bytes(32), "software", 1, unix_ms()),
        a.bed.officer)),
    "sequence 0": ("invalid_argument", officers(sequence=0)),
    "no name": ("invalid_argument", officers(given_name="")),
    "no enrolment key": ("invalid_argument", officers(enrolment_spki=b"")),
    "an enrolment key that is none": ("invalid_argument", officers(enrolment_spki=bytes(91))),
    "no country": ("invalid_argument", officers(country="XX0")),
    "a name in two scripts": ("invalid_argument", officers(given_name="Аnna")),
}


@pytest.mark.parametrize("code, make", NO_STATEMENT.values(), ids=NO_STATEMENT)
def test_no_signer_without_an_officers_statement(anna, code, make):
    refused(code, anna.call, "REGISTER_SIGNER", registration_statement=make(anna))
    refused("not_found", anna.begin_binding)
    refused("not_found", anna.make_key)
    anna.enrol()  # the honest one is not in the way


def test_an_unknown_signer_gets_nothing(anna):
    refused("not_found", anna.begin_binding)
    refused("verification_failed not_found", anna.bind, challenge=os.urandom(32))
    refused("not_found", anna.make_key)
    refused("not_found", anna.open, key_id=os.urandom(16))
    refused("not_found", anna.remove, os.urandom(16))
    refused("not_found", anna.call, "DESTROY_SIGNER", signer_id=anna.id)


def test_statements_supersede_forward_only(anna):
    anna.register()
    anna.register(sequence=5, email="new@example.com")
    refused("conflict", anna.register)
    refused("conflict", anna.register, sequence=5, email="other@example.com")
    refused("conflict", anna.register, sequence=6, enterprise_id=os.urandom(16))
    anna.bind()


def test_a_destroyed_signer_does_not_come_back(anna):
    anna.enrol()
    waiting = anna.open()
    anna.call("DESTROY_SIGNER", signer_id=anna.id)
    for sequence in (1, 2):
        refused("gone", anna.register, sequence=sequence)
    refused("gone", anna.begin_binding)
    refused("gone", anna.make_key)
    refused("gone", anna.open)
    result = waiting.approve()
    assert not result.signatures and result.refusal_code


# --- a first phone --------------------------------------------------------------------------------------


def attestation(phone, challenge, flags=UP | UV | AT, rest=b"", **client):
    client.setdefault("kind", "webauthn.create")
    data = client_data(client.pop("kind"), challenge, client.pop("origin", ORIGIN), **client)
    auth = authenticator_data(RP_ID, flags, 0, attested_data(bytes(16), phone.credential_id,
                                                             cose_key(phone.key.public_key())) + rest)
    return attestation_object(auth, {"alg": -7, "sig": es256(phone.key, auth + sha256(data))}), data


def spoilt(**knobs):
    return lambda phone, challenge: attestation(phone, challenge, **knobs)


def signed_by_another(phone, challenge):
    _, data = attestation(phone, challenge)
    auth = authenticator_data(RP_ID, UP | UV | AT, 0, attested_data(bytes(16), phone.credential_id,
                                                                    cose_key(phone.key.public_key())))
    return attestation_object(auth, {"alg": -7, "sig": es256(p256(), auth + sha256(data))}), data


def other_relying_party(phone, challenge):
    there = SoftwareAuthenticator("evil.example", ORIGIN)
    return there.registration(challenge)


def of_format(name):
    def make(phone, challenge):
        _, data = attestation(phone, challenge)
        auth = authenticator_data(RP_ID, UP | UV | AT, 0, attested_data(bytes(16), phone.credential_id,
                                                                        cose_key(phone.key.public_key())))
        return attestation_object(auth, {}, name), data
    return make


NO_REGISTRATION = {
    "user not verified": spoilt(flags=UP | AT),
    "user not present": spoilt(flags=UV | AT),
    "backup eligible": spoilt(flags=UP | UV | AT | BE),
    "backed up": spoilt(flags=UP | UV | AT | BE | BS),
    "extensions": spoilt(flags=UP | UV | AT | ED, rest=cbor({"x": 1})),
    "an assertion": spoilt(kind="webauthn.get"),
    "another origin": spoilt(origin="https://evil.example"),
    "in a frame": spoilt(cross_origin="true"),
    "with a top origin": spoilt(tail=b',"topOrigin":"https://evil.example"}'),
    "another challenge": lambda phone, challenge: attestation(phone, bytes(32)),
    "another relying party": other_relying_party,
    "signed by another key": signed_by_another,
    "format none": of_format("none"),
    "format fido-u2f": of_format("fido-u2f"),
    "garbage": lambda phone, challenge: (b"\xa3garbage", client_data("webauthn.create", challenge, ORIGIN)),
    "nothing": lambda phone, challenge: (b"", b""),
}


@pytest.mark.parametrize("make", NO_REGISTRATION.values(), ids=NO_REGISTRATION)
def test_a_registration_that_is_none(anna, make):
    anna.register()
    challenge = anna.begin_binding()
    signature = anna.enrolment_signature(challenge, anna.phone)
    refused("verification_failed", anna.send_binding, challenge, *make(anna.phone, challenge), None, signature)
    refused("verification_failed", anna.bind, challenge=challenge)  # it was used up
    assert not anna.call("BEGIN_BINDING", signer_id=anna.id).approval_needed
    anna.bind()


def test_a_challenge_is_the_sams_and_one_signers(bed, anna, boris):
    anna.register()
    for challenge in (os.urandom(32), b"", boris.begin_binding()):
        refused("verification_failed", anna.bind, challenge=challenge or b"\0" * 32)
    first, second = anna.begin_binding(), anna.begin_binding()
    refused("verification_failed", anna.bind, challenge=first)  # superseded
    anna.bind(challenge=second)
    refused("verification_failed", anna.bind, new_phone(), approver=anna.phone, challenge=second)


def test_a_credential_serves_one_signer_once(bed, anna, boris):
    anna.register()
    refused("already_exists conflict", anna.bind, boris.phone)
    thief = SoftwareAuthenticator(RP_ID, ORIGIN, credential_id=boris.phone.credential_id)
    refused("already_exists conflict", anna.bind, thief)  # its own key under Boris's credential id
    session, result = boris.sign()
    session.check_signed(result)


# --- another phone --------------------------------------------------------------------------------------


def approval_of(make):
    """BIND of a new phone with the approval that make(anna, boris, challenge, new phone) gives."""
    def attack(anna, boris):
        phone, challenge = new_phone(), anna.begin_binding()
        return anna.send_binding(challenge, *phone.registration(challenge), make(anna, boris, challenge, phone))
    return attack


def addition(anna, challenge, phone, signer_id=None, rp_id=RP_ID):
    return sap.addition_challenge(signer_id or anna.id, challenge, spki_of(phone.key), rp_id)


NO_ADDITION = {
    "no approval": approval_of(lambda a, b, c, p: None),
    "by itself": approval_of(lambda a, b, c, p: p.assertion(addition(a, c, p))),
    "by itself in the other's name": approval_of(
        lambda a, b, c, p: dict(p.assertion(addition(a, c, p)), credential_id=a.phone.credential_id)),
    "by another signer": approval_of(lambda a, b, c, p: b.phone.assertion(addition(a, c, p))),
    "by another signer, for himself": approval_of(lambda a, b, c, p: b.phone.assertion(addition(a, c, p, b.id))),
    "for another phone": approval_of(lambda a, b, c, p: a.phone.assertion(addition(a, c, new_phone()))),
    "for another challenge": approval_of(lambda a, b, c, p: a.phone.assertion(addition(a, bytes(32), p))),
    "for another relying party": approval_of(
        lambda a, b, c, p: a.phone.assertion(addition(a, c, p, rp_id="qss-sandbox.com"))),
    "the approval of a signature": approval_of(lambda a, b, c, p: a.phone.assertion(a.open().challenge())),
    "over the bare challenge": approval_of(lambda a, b, c, p: a.phone.assertion(c)),
    "user not verified": approval_of(lambda a, b, c, p: a.phone.assertion(addition(a, c, p), flags=UP)),
    "user not present": approval_of(lambda a, b, c, p: a.phone.assertion(addition(a, c, p), flags=UV)),
    "a registration": approval_of(lambda a, b, c, p: a.phone.assertion(addition(a, c, p), kind="webauthn.create")),
    "from another origin": approval_of(
        lambda a, b, c, p: a.phone.assertion(addition(a, c, p), origin="https://evil.example")),
    "in a frame": approval_of(lambda a, b, c, p: a.phone.assertion(addition(a, c, p), cross_origin="true")),
}


@pytest.mark.parametrize("attack", NO_ADDITION.values(), ids=NO_ADDITION)
def test_another_phone_without_the_approval_of_one_that_is_bound(anna, boris, attack):
    anna.enrol()
    refused("verification_failed", attack, anna, boris)
    second = new_phone()
    anna.bind(second, approver=anna.phone)
    session = anna.open()
    session.check_signed(session.activate(second.assertion(session.challenge())))


def test_an_approval_of_a_phone_serves_once(anna):
    anna.enrol()
    phone, challenge = new_phone(), anna.begin_binding()
    approval = anna.phone.assertion(addition(anna, challenge, phone))
    bound = anna.send_binding(challenge, *phone.registration(challenge), approval).authenticator_id
    anna.remove(bound)
    again = anna.begin_binding()
    refused("verification_failed", anna.send_binding, challenge, *phone.registration(challenge), approval)
    again = anna.begin_binding()
    refused("verification_failed", anna.send_binding, again, *phone.registration(again), approval)


def test_a_new_statement_does_not_replace_the_approval(anna):
    """An officer who vouches again, for whatever reason, opens no second door."""
    anna.enrol()
    anna.register(sequence=2, mobile="+37121111111")
    refused("verification_failed", anna.bind, new_phone())
    refused("verification_failed", anna.bind, new_phone(), approver=new_phone())
    session, result = anna.sign()
    session.check_signed(result)


# --- a phone removed, or lost ---------------------------------------------------------------------------


def test_a_removed_phone_does_not_come_back(anna):
    anna.enrol()
    second = new_phone()
    second_id = anna.bind(second, approver=anna.phone).authenticator_id
    session = anna.open()
    approval = second.assertion(session.challenge())
    assert anna.remove(second_id).remaining == 1
    refused("verification_failed", session.activate, approval)
    refused("verification_failed", anna.bind, new_phone(), approver=second)
    refused("already_exists conflict", anna.bind, second, approver=anna.phone)  # not even with consent
    session.check_signed(session.approve())


def test_after_a_loss_there_is_no_way_back_without_a_new_statement(anna):
    anna.enrol()
    held_back = anna.statement(sequence=2, verified_at_unix_ms=unix_ms() - 1000)
    waiting = anna.open()
    removed = anna.remove()
    assert removed.remaining == 0 and list(removed.revoked_key_ids) == [anna.key_id] and removed.receipts
    result = waiting.approve()
    assert not result.signatures and not result.evidence
    refused("gone conflict", anna.open)
    refused("forbidden", anna.begin_binding)
    refused("conflict", anna.make_key)
    anna.register()  # the one already known changes nothing
    refused("forbidden", anna.begin_binding)
    anna.call("REGISTER_SIGNER", registration_statement=held_back)  # made before the loss
    refused("forbidden", anna.begin_binding)
    anna.register(sequence=3, verified_at_unix_ms=unix_ms() + 1)
    refused("already_exists conflict", anna.bind)  # the lost phone itself
    anna.phone = new_phone()
    anna.bind()
    old = anna.key_id
    anna.make_identity()
    assert anna.key_id != old
    session, result = anna.sign()
    session.check_signed(result)
    refused("gone", anna.open, key_id=old)


def test_one_statement_enrols_one_phone(anna):
    anna.register()
    bound = anna.bind().authenticator_id
    anna.remove(bound)
    refused("forbidden", anna.begin_binding)


def test_nobody_removes_anothers_phone(anna, boris):
    anna.enrol()
    refused("not_found", anna.remove, boris.authenticator_id)
    boris.open()


# --- a key is its signer's ------------------------------------------------------------------------------


def test_no_key_without_a_phone(anna):
    anna.register()
    refused("conflict", anna.make_key)


def test_a_key_is_made_once_for_signer_and_pack(anna):
    anna.enrol()
    assert anna.make_key().key_id == anna.key_id
    refused("conflict", anna.make_key, "P-384")


def test_a_key_without_a_certificate_signs_nothing(anna):
    anna.register()
    anna.bind()
    anna.key_id = anna.make_key().key_id
    refused("conflict", anna.open)
    refused("conflict", anna.open, certificate_sha256=b"")


def test_only_its_own_certificate_is_linked(anna, boris):
    anna.register()
    anna.bind()
    anna.key_id = anna.make_key().key_id
    issuer = anna.bed.completion["issuing_ca_certificate"]
    for certificate in (boris.certificate, issuer, anna.bed.completion["evidence_certificate"]):
        refused("verification_failed", anna.link, certificate)
    refused("invalid_argument", anna.link, b"0\0")
    refused("not_found", anna.link, boris.certificate, os.urandom(16))
    flipped = boris.certificate[:-1] + bytes([boris.certificate[-1] ^ 1])
    refused("verification_failed", anna.link, flipped)
    anna.link(anna.certify())


def test_a_signer_whose_phone_is_bound_stays_who_she_is(anna):
    """An honest officer vouches for the next person, and qss-api has named a signer whose phone is its owner's."""
    anna.enrol()
    for other in (dict(given_name="Eva"), dict(surname="Ozola"), dict(identity_number="PNOLV-010190-12345"),
                  dict(organisation="SIA Cita"), dict(country="EE")):
        refused("conflict", anna.register, sequence=2, **other)
    session, result = anna.sign()
    session.check_signed(result)
    anna.register(sequence=3, mobile="+37121111111")  # that is still she
    anna.remove()
    anna.register(sequence=4, verified_at_unix_ms=unix_ms() + 1, surname="Ozola")  # her new name: enrols anew
    refused("verification_failed", anna.bind, new_phone(), approver=anna.phone)


def test_a_destroyed_key_stays_destroyed(anna):
    anna.enrol()
    receipt = anna.call("REVOKE_KEY", key_id=anna.key_id, reason=1).receipt
    assert anna.call("REVOKE_KEY", key_id=anna.key_id, reason=0).receipt == receipt
    refused("gone", anna.link, anna.certificate)
    refused("gone", anna.call, "ATTEST_KEY", key_id=anna.key_id, ca_nonce=bytes(32))
    refused("gone", anna.open)


# --- a SAM that is no sandbox ---------------------------------------------------------------------------


class ProductionBed(SamBed):
    """Under a uid of its own; takes authenticators of one maker."""

    maker = _Registrations()

    def roots(self):
        return [der(self.maker.root)]


@contextmanager
def production_bed():
    directory = Path(tempfile.mkdtemp(prefix="qss-production-"))
    directory.chmod(0o755)  # the SAM's uid passes through
    try:
        with ProductionBed(directory, "--peer-uid", str(os.geteuid()), production=True, sam_uid=SAM_UID) as bed:
            yield bed
    finally:
        shutil.rmtree(directory)


@pytest.mark.skipif(not IS_ROOT, reason="a production SAM has a uid of its own")
def test_a_production_sam_takes_no_software_authenticator():
    with production_bed() as bed:
        anna = bed.signer()
        anna.register()
        refused("verification_failed", anna.bind)
        challenge = anna.begin_binding()
        forged = _Registrations()
        forged.batch_key = p256()  # the maker's certificate, another key
        data = forged.data(challenge=challenge)
        refused("verification_failed", anna.send_binding, challenge, *forged.full(data=data), None,
                anna.enrolment_signature(challenge, forged.phone))
        challenge = anna.begin_binding()
        real = bed.maker.full(data=bed.maker.data(challenge=challenge))
        consent = anna.enrolment_signature(challenge, bed.maker.phone)
        assert anna.send_binding(challenge, *real, None, consent).authenticator_id


def test_a_sam_that_shares_its_uid_is_no_production_sam(tmp_path):
    """Nor does a sandbox's process become one by its ceremony."""
    with pytest.raises(AssertionError, match="did not start"):
        SamBed(tmp_path, production=True).sam.start()
    bed = ProductionBed(tmp_path)
    bed.sandbox = False
    bed.sam.start()
    try:
        refused("forbidden", bed.call, "INITIALISE", **bed.initialisation())
    finally:
        bed.sam.stop()
