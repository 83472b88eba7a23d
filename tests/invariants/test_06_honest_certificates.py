"""Invariant 6, honest certificates, and 7 as far as CA and responder keep it: as the owner of qss-api,
who speaks to both over their sockets and can send anything, try to get what must not be had.

The finer attacks, with a clock in hand, are in tests/unit/ca and tests/unit/ocsp.
"""

import datetime
import hashlib
import sqlite3
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp as x509_ocsp

from ceremony import Person, Pki, p256, signed, spki_of
from wire import Connection, ConnectionClosed, Role, RoleError, messages

HOUR_MS = 60 * 60 * 1000


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    with Pki(tmp_path_factory.mktemp("honest")) as running:
        yield running


def refused(code, call, *arguments, **fields):
    with pytest.raises(RoleError) as caught:
        call(*arguments, **fields)
    assert caught.value.code == code, caught.value


def certificate(der):
    return x509.load_der_x509_certificate(der)


def serial_contents(der):
    serial = certificate(der).serial_number
    return serial.to_bytes(serial.bit_length() // 8 + 1, "big")


def status_of(response):
    parsed = x509_ocsp.load_der_ocsp_response(response)
    if parsed.response_status != x509_ocsp.OCSPResponseStatus.SUCCESSFUL:
        return parsed.response_status.name
    return parsed.certificate_status.name


def test_nothing_is_issued_before_the_ceremony(tmp_path):
    with Role("qss-ca", tmp_path / "ca", "--sandbox") as ca:
        for message in ("GET_NONCE", "ISSUE_IDENTITY", "REVOKE", "ISSUE_ACCESS", "CURRENT_CRLS", "CHAIN"):
            refused("conflict", ca.call, "ca", message)
    with Role("qss-ocsp", tmp_path / "ocsp", "--sandbox") as ocsp:
        for message in ("COMPLETE", "UPDATE_CRL", "RESPOND"):
            refused("conflict", ocsp.call, "ocsp", message)


def test_there_is_one_ceremony(pki):
    root = pki.ca.call("ca", "CHAIN").root_certificate
    refused("conflict", pki.initialise)
    refused("conflict", pki.ocsp.call, "ocsp", "INITIALISE", sandbox=True)
    assert pki.ca.call("ca", "CHAIN").root_certificate == root


def test_a_software_process_is_no_production_ca(tmp_path):
    """All roles of this test share one user: nobody may take its certificates for real ones."""
    with Role("qss-ca", tmp_path / "ca", "--sandbox") as ca:
        key = spki_of(p256())
        fields = dict(sandbox=False, country="LV", organisation="SIA Uzticama", own_policy_oid="1.3.6.1.4.1.99999.1",
                      organisation_identifier="NTRLV-40003000000", sam_evidence_spki=key, ocsp_spki=key,
                      officers=[dict(name="One", spki=key), dict(name="Two", spki=spki_of(p256()))])
        refused("forbidden", ca.call, "ca", "INITIALISE", **fields)


@pytest.mark.parametrize("program", ["qss-ca", "qss-ocsp"])
def test_a_frame_outside_the_table_closes_the_connection(pki, program):
    role = pki.ca if program == "qss-ca" else pki.ocsp
    known = messages("ca").STATUS
    for message_type, body in ((999, b""), (0, b""), (known, b"x"), (known, b"\x08\x01" * 3)):
        connection = Connection(role.directory / "role.sock")
        with pytest.raises(ConnectionClosed):
            connection.exchange(message_type, body)
        connection.close()
    role.call("ca" if role is pki.ca else "ocsp", "STATUS")  # it lives, and the others' connections with it


def test_garbage_inside_a_good_frame_is_refused_without_closing(pki):
    for message, fields in (("ISSUE_IDENTITY", dict(key_attestation=b"x" * 99, registration_statement=b"y")),
                            ("ISSUE_ACCESS", dict(csr=b"0\x00", common_name="a"))):
        refused("invalid_argument", pki.ca.call, "ca", message, **fields)
    refused("invalid_argument", pki.respond, b"0\x00")
    refused("invalid_argument", pki.ocsp.call, "ocsp", "UPDATE_CRL", crl=b"0\x00")


def test_once_for_each_attestation_even_in_parallel(pki):
    request = pki.request()
    answers = []

    def ask():
        connection = Connection(pki.ca.directory / "role.sock")
        answers.append(connection.call("ca", "ISSUE_IDENTITY", **request).certificate)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(answers)) == 1


def test_once_survives_a_crash(tmp_path):
    with Pki(tmp_path) as pki:
        request = pki.request()
        first = pki.issue(**request)
        pki.ca.kill()
        pki.ca.start()
        assert pki.issue(**request) == first


def test_a_forged_officer_is_refused(pki):
    person = Person()
    statement = person.statement()
    attestation = pki.attest(person, statement, spki_of(p256()))
    refused("verification_failed", pki.issue, key_attestation=attestation,
            registration_statement=signed(statement, p256()))
    refused("verification_failed", pki.issue, key_attestation=attestation,
            registration_statement=signed(statement, pki.evidence))


def test_a_forged_attestation_is_refused(pki):
    refused("verification_failed", pki.issue, **pki.request(key=p256()))
    refused("verification_failed", pki.issue, **pki.request(key=pki.officer))


def test_one_attestation_does_not_carry_two_subjects(pki):
    person = Person()
    statement = person.statement()
    attestation = pki.attest(person, statement, spki_of(p256()))
    pki.issue(key_attestation=attestation, registration_statement=signed(statement, pki.officer))
    for other in (person.statement(surname="Cita"), Person().statement()):
        refused("verification_failed", pki.issue, key_attestation=attestation,
                registration_statement=signed(other, pki.officer))


def test_the_attested_signer_is_the_statements(pki):
    refused("verification_failed", pki.issue, **pki.request(signer_id=b"\x07" * 16))


def test_a_nonce_serves_once_and_is_the_cas(pki):
    nonce = pki.nonce()
    pki.issue(**pki.request(ca_nonce=nonce))
    refused("verification_failed", pki.issue, **pki.request(ca_nonce=nonce))
    refused("verification_failed", pki.issue, **pki.request(ca_nonce=b"\x01" * 32))


def test_a_key_is_not_certified_for_another(pki):
    key = spki_of(p256())
    pki.issue(**pki.request(spki=key))
    refused("forbidden", pki.issue, **pki.request(Person(email="eva@example.com"), key))


def test_a_key_whose_certificate_was_revoked_is_certified_no_more(pki):
    """An attestation that the owner of qss-api kept from before the revocation; nor a fresh one."""
    person, key = Person(), spki_of(p256())
    used, kept = pki.request(person, key), pki.request(person, key)
    der = pki.issue(**used)
    pki.ca.call("ca", "REVOKE", serial=serial_contents(der), reason=1)
    refused("gone", pki.issue, **kept)
    refused("gone", pki.issue, **pki.request(person, key))
    assert pki.issue(**used) == der  # the same again, which is no new one
    pki.issue(**pki.request(person))  # another key of the same signer


def test_weak_and_sunset_keys_are_refused(pki, tmp_path):
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    small_exponent = rsa.generate_private_key(public_exponent=3, key_size=2048)
    for key in (weak, small_exponent):
        with pytest.raises(RoleError):
            pki.issue(**pki.request(spki=spki_of(key)))
    sunset = datetime.datetime(2027, 1, 2, tzinfo=datetime.timezone.utc)
    offset = int((sunset - datetime.datetime.now(datetime.timezone.utc)).total_seconds() * 1000)
    flags = ("--sandbox-clock-offset-ms", str(max(offset, 0)))
    with Pki(tmp_path, ca_flags=flags, ocsp_flags=flags) as later:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        refused("unsupported", later.issue, **later.request(spki=spki_of(key)))


def test_a_sandbox_says_so(pki):
    made = certificate(pki.issue())
    common_name = made.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    assert common_name.startswith("TEST ")
    policies = [p.policy_identifier.dotted_string
                for p in made.extensions.get_extension_for_class(x509.CertificatePolicies).value]
    assert "1.3.6.1.4.1.32473.1.1" in policies
    refused("forbidden", pki.issue, **pki.request(sandbox=0))


def test_revoked_is_final_and_never_good(pki):
    der = pki.issue()
    pki.publish_crls()
    assert status_of(pki.respond(der)) == "GOOD"
    old_crl = pki.ca.call("ca", "CURRENT_CRLS").crls[0]
    new_crl = pki.ca.call("ca", "REVOKE", serial=serial_contents(der), reason=1).crl
    pki.ocsp.call("ocsp", "UPDATE_CRL", crl=new_crl)
    assert status_of(pki.respond(der)) == "REVOKED"
    refused("conflict", pki.ocsp.call, "ocsp", "UPDATE_CRL", crl=old_crl)  # hide it again
    assert status_of(pki.respond(der)) == "REVOKED"
    for reason in (6, 8):  # certificateHold, removeFromCRL
        refused("invalid_argument", pki.ca.call, "ca", "REVOKE", serial=serial_contents(der), reason=reason)
    assert pki.ca.call("ca", "REVOKE", serial=serial_contents(der), reason=0).crl == new_crl


def test_revocation_survives_a_crash_of_both(tmp_path):
    with Pki(tmp_path) as pki:
        der = pki.issue()
        old_crl = pki.publish_crls()[0]
        crl = pki.ca.call("ca", "REVOKE", serial=serial_contents(der), reason=4).crl
        pki.ocsp.call("ocsp", "UPDATE_CRL", crl=crl)
        for role in (pki.ca, pki.ocsp):
            role.kill()
            role.start()
        refused("conflict", pki.ocsp.call, "ocsp", "UPDATE_CRL", crl=old_crl)
        assert status_of(pki.respond(der)) == "REVOKED"
        listed = x509.load_der_x509_crl(pki.publish_crls()[0])
        assert listed.get_revoked_certificate_by_serial_number(certificate(der).serial_number)


def test_a_stale_crl_gives_no_answer(tmp_path):
    """The owner of qss-api withholds the lists: the responder falls silent after an hour."""
    with Pki(tmp_path) as pki:
        der = pki.issue()
        assert status_of(pki.respond(der)) == "TRY_LATER"
        pki.publish_crls()
        assert status_of(pki.respond(der)) == "GOOD"
        pki.ocsp.stop()
        pki.ocsp.start("--sandbox-clock-offset-ms", str(HOUR_MS))
        assert status_of(pki.respond(der)) == "TRY_LATER"


def test_what_was_not_issued_is_never_good(pki):
    pki.publish_crls()
    key = p256()
    now = datetime.datetime.now(datetime.timezone.utc)
    issuing = certificate(pki.ceremony.issuing_certificate)
    forged = (x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(issuing.subject)
              .public_key(key.public_key()).serial_number(4711).not_valid_before(now)
              .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    assert status_of(pki.respond(forged.public_bytes(serialization.Encoding.DER))) == "UNAUTHORIZED"
    refused("not_found", pki.ca.call, "ca", "REVOKE", serial=b"\x12\x67", reason=0)


def test_answers_last_an_hour_at_most(pki):
    der = pki.issue()
    pki.publish_crls()
    response = x509_ocsp.load_der_ocsp_response(pki.respond(der))
    assert response.next_update_utc - response.this_update_utc <= datetime.timedelta(hours=1)
    assert response.produced_at_utc >= response.this_update_utc
    assert response.serial_number == certificate(der).serial_number
    assert isinstance(response.hash_algorithm, hashes.SHA1)


def test_the_record_is_the_roles_alone(pki):
    """While the CA runs, nobody else opens its record; at rest it holds no key in the clear."""
    path = pki.ca.directory / "record.db"
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(path, timeout=0.1).execute("SELECT count(*) FROM certificate").fetchall()


def test_pinned_keys_cannot_be_exchanged_at_rest(tmp_path):
    """With the CA's files in hand, put another officer into its settings: the CA stops."""
    with Pki(tmp_path) as pki:
        pki.ca.stop()
        database = sqlite3.connect(pki.ca.directory / "record.db")
        (value,) = database.execute("SELECT value FROM settings").fetchone()
        ours, theirs = spki_of(pki.officer), spki_of(p256())
        assert ours in value
        database.execute("UPDATE settings SET value = ?", (value.replace(ours, theirs),))
        database.commit()
        database.close()
        pki.ca.start()
        assert pki.ca.call("ca", "STATUS").state == messages("wire").SUSPENDED
        refused("conflict", pki.nonce)
        assert "ALARM" in pki.ca.log_path.read_text()


def test_hash_of_the_statement_binds_every_field(pki):
    person = Person()
    attestation = pki.attest(person, person.statement(), spki_of(p256()))
    for change in (dict(email="other@example.com"), dict(mobile="+37120000001"), dict(country="LT"),
                   dict(organisation="SIA Cita"), dict(identity_number=""), dict(sequence=2)):
        statement = person.statement(**change)
        assert hashlib.sha256(statement).digest() != hashlib.sha256(person.statement()).digest()
        refused("verification_failed", pki.issue, key_attestation=attestation,
                registration_statement=signed(statement, pki.officer))
