"""Invariant 5, binding: a signer's first phone joins only with the officer's invitation, whose key is the
statement's and binds once (docs/decisions/011-enrolment-key.md).
"""

import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import sap
from attacker import call, files_below, isolated_service, main_database, refused_to_attacker
from ceremony import p256, spki_of, unix_ms
from phone import b64u_decode, expect, raw_signature
from sam import SamBed, new_phone, refused, sha256
from service import Employee
from webauthn import RP_ID, SoftwareAuthenticator

IS_ROOT = os.geteuid() == 0
P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")  # and then the point


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    with SamBed(tmp_path_factory.mktemp("enrolment")) as running:
        yield running


@pytest.fixture
def anna(bed):
    return bed.signer()


@pytest.fixture(scope="module")
def boris(bed):
    return bed.signer(given_name="Boriss", surname="Liepa", identity_number="").enrol()


def enrolled_by(make):
    """BIND of an attacker's phone with the signature that make(anna, boris, challenge, phone) gives."""
    def attack(anna, boris):
        phone, challenge = new_phone(), anna.begin_binding()
        return anna.send_binding(challenge, *phone.registration(challenge), None,
                                 make(anna, boris, challenge, phone))
    return attack


def signed_by(key, message):
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


NO_ENROLMENT = {
    "no signature": enrolled_by(lambda a, b, c, p: b""),
    "garbage": enrolled_by(lambda a, b, c, p: os.urandom(70)),
    "by a key of one's own": enrolled_by(lambda a, b, c, p: a.enrolment_signature(c, p, p256())),
    "by the phone itself": enrolled_by(lambda a, b, c, p: a.enrolment_signature(c, p, p.key)),
    "by another signer's key": enrolled_by(lambda a, b, c, p: b.enrolment_signature(c, p, signer_id=a.id)),
    "by another signer's key, for him": enrolled_by(lambda a, b, c, p: b.enrolment_signature(c, p)),
    "for another signer": enrolled_by(lambda a, b, c, p: a.enrolment_signature(c, p, signer_id=b.id)),
    "for the employee's phone": enrolled_by(lambda a, b, c, p: a.enrolment_signature(c, a.phone)),
    "for another challenge": enrolled_by(lambda a, b, c, p: a.enrolment_signature(bytes(32), p)),
    "for another relying party": enrolled_by(
        lambda a, b, c, p: a.enrolment_signature(c, p, rp_id="qss-sandbox.com")),
    "raw, not DER": enrolled_by(lambda a, b, c, p: raw_signature(
        a.person.enrolment_key(), sap.enrolment_message(a.id, c, spki_of(p.key), RP_ID))),
    "over an addition": enrolled_by(lambda a, b, c, p: signed_by(a.person.enrolment_key(), sap.canonical(
        "QSS-ADD-v1", a.id, c, spki_of(p.key), RP_ID))),
}


@pytest.mark.parametrize("attack", NO_ENROLMENT.values(), ids=NO_ENROLMENT)
def test_a_first_phone_needs_the_enrolment_key(anna, boris, attack):
    anna.register()
    refused("verification_failed", attack, anna, boris)
    assert not anna.call("BEGIN_BINDING", signer_id=anna.id).approval_needed  # nothing was bound
    anna.bind()


def test_an_approval_does_not_replace_the_enrolment_key(anna, boris):
    anna.register()
    phone, challenge = new_phone(), anna.begin_binding()
    for approver in (phone, boris.phone):
        approval = approver.assertion(anna.addition_challenge(challenge, phone))
        refused("verification_failed", anna.send_binding, challenge, *phone.registration(challenge), approval)
        challenge = anna.begin_binding()


def test_an_enrolment_key_serves_once(anna):
    anna.register()
    challenge, phone = anna.begin_binding(), anna.phone
    request = (challenge, *phone.registration(challenge), None, anna.enrolment_signature(challenge, phone))
    bound = anna.send_binding(*request).authenticator_id
    refused("verification_failed", anna.bind, new_phone())  # another one, by the same key
    anna.remove(bound)
    refused("verification_failed", anna.send_binding, *request)
    refused("forbidden", anna.begin_binding)


def test_the_enrolment_key_of_an_earlier_statement_binds_nothing(anna):
    """Neither one that was superseded before it was used, nor the used one after a loss."""
    first = anna.person.enrolment_key(1)
    anna.register()
    anna.register(sequence=2, mobile="+37121111111")
    challenge, thief = anna.begin_binding(), new_phone()
    refused("verification_failed", anna.send_binding, challenge, *thief.registration(challenge), None,
            anna.enrolment_signature(challenge, thief, first))
    anna.remove(anna.bind().authenticator_id)
    anna.register(sequence=3, verified_at_unix_ms=unix_ms() + 1)
    for old in (first, anna.person.enrolment_key(2)):
        challenge = anna.begin_binding()
        refused("verification_failed", anna.send_binding, challenge, *thief.registration(challenge), None,
                anna.enrolment_signature(challenge, thief, old))
    anna.bind(new_phone())


def test_an_enrolment_key_is_one_statements(anna, boris):
    """Nor may an officer's tool vouch with an invitation that was handed out before."""
    anna.register()
    used = spki_of(boris.person.enrolment_key(1))
    mine = spki_of(anna.person.enrolment_key(1))
    for key in (used, mine):
        refused("conflict", anna.register, sequence=2, enrolment_spki=key)
    refused("conflict", anna.bed.signer().register, enrolment_spki=mine)
    anna.bind()


# --- the owner of qss-api against an employee who has just been vouched for ------------------------------


def known_to_the_attacker(employee):
    """(signer id, enrolment key) as the main database has them."""
    with main_database(employee.service) as database:
        signer_id, statement = database.execute(
            "SELECT u.signer_id, r.statement FROM app_user u JOIN registration_request r ON r.user_id = u.id "
            "WHERE u.id = ?", (bytes.fromhex(employee.user_id),)).fetchone()
    return signer_id, statement[statement.index(P256_SPKI):][:91]


def test_the_owner_of_qss_api_does_not_enrol_in_an_employees_place():
    """Both one-time codes are his, and the SAM's socket; the invitation went past him."""
    with isolated_service() as service:
        employee = Employee.create(service.tenant())
        invitation = employee.invitation()
        letter = next((service.directory / "outbox").glob("invitation-*.txt"))
        assert letter.stat().st_mode & 0o777 == 0o600
        assert not IS_ROOT or refused_to_attacker(letter.read_bytes)
        signer_id, enrolment_spki = known_to_the_attacker(employee)

        # Through qss-api, with both codes, which he makes himself.
        phone = employee.phone = service.phone()
        begun = expect(phone.begin_with_token(sap.registration_token(enrolment_spki)), 201)
        offer = expect(phone.send_codes(begun["enrolment_id"], *employee.codes()), 200)
        phone.enrolment_key = p256()
        assert phone.send_authenticator(begun["enrolment_id"], offer).status_code == 422

        # Behind it, at the SAM's socket.
        thief = SoftwareAuthenticator(offer["rp_id"], service.origin)
        for key in (None, p256(), thief.key, phone.device_key):
            challenge = call(service, "sam", "BEGIN_BINDING", signer_id=signer_id).challenge
            attestation, data = thief.registration(challenge)
            message = sap.enrolment_message(signer_id, challenge, spki_of(thief.key), offer["rp_id"])
            refused("verification_failed", call, service, "sam", "BIND", signer_id=signer_id, challenge=challenge,
                    attestation_object=attestation, client_data_json=data,
                    enrolment_signature=signed_by(key, message) if key else b"")

        # The employee is not in his power: she enrols and signs.
        employee.register_phone(invitation)
        employee.make_identity()
        assert employee.sign([sha256(b"contract").hex()])
        scalar = b64u_decode(invitation)[:32]
        for path, contents in files_below(service.directory / "api", service.log_path).items():
            assert scalar not in contents and invitation.encode() not in contents, path
