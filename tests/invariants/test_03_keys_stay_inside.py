"""Invariant 3, keys stay inside: with every file of a running and of a stopped service in hand, and the roles'
programs to run over copies of them, find or use a private key. Memory is tests/invariants/test_13_isolation.py's."""

import re
import shutil
import sqlite3
from contextlib import closing

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from attacker import SamKey, connect, files_below, isolated_service
from service import digest_of
from wire import Role, messages

# The DER that every PKCS#8 or SEC 1 private key of ours contains: version 0 and an algorithm's OID, or
# version 1 and a scalar of 32 or 48 bytes.
PRIVATE_KEY_DER = re.compile(rb"\x02\x01\x00\x30.\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
                             rb"|\x02\x01\x00\x30.\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
                             rb"|\x02\x01\x01\x04[\x20\x30]", re.DOTALL)
PRIVATE_KEY_PEM = re.compile(rb"-----BEGIN (EC |RSA |ENCRYPTED )?PRIVATE KEY-----")
# Where keys are at home: qss-api's for TLS; the operator's, and the officer's own.
KEPT_IN_FILES = {"api/tls/server-rsa.key", "api/tls/server-p256.key", "operator/key.pem", "officer/key.pem",
                 "officer/client-key.pem"}


@pytest.fixture(scope="module")
def service():
    with isolated_service() as running:
        employee = running.tenant().employee()
        employee.sign([digest_of(b"x")])
        running.employee = employee
        yield running


def private_keys_in(contents):
    return PRIVATE_KEY_DER.search(contents) or PRIVATE_KEY_PEM.search(contents)


def spki_of(certificate):
    return x509.load_der_x509_certificate(certificate).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_the_search_finds_keys(service):
    """The patterns below are of the keys that are made here."""
    pem = (service.directory / "api" / "tls" / "server-p256.key").read_bytes()
    assert private_keys_in(pem)
    key = serialization.load_pem_private_key(pem, None)
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        assert private_keys_in(key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()))
    rsa = serialization.load_pem_private_key((service.directory / "api" / "tls" / "server-rsa.key").read_bytes(), None)
    assert private_keys_in(rsa.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                                             serialization.NoEncryption()))


def test_no_file_holds_a_signing_key_in_the_clear(service):
    """Records and their logs, main database, sockets' directory, logs, outbox: everything while it runs."""
    with_keys = {str(path.relative_to(service.directory))
                 for path, contents in files_below(service.directory).items() if private_keys_in(contents)}
    assert with_keys <= KEPT_IN_FILES
    assert not private_keys_in(service.log_path.read_bytes())


def test_the_roles_directories_hold_what_they_should_and_nothing_else(service):
    """No temporary file, no core, no copy of a key beside the record."""
    for role in ("sam", "ca", "ocsp"):
        names = {path.name for path in (service.directory / role).iterdir()}
        assert names <= {"record.db", "record.db-wal", "record.db-shm", "keystore.sealed", "passphrase"}, role


def test_main_database_has_public_halves_alone(service):
    """What qss-api stores about the key is what it may show to anybody."""
    key = SamKey(service.employee)
    api = service.directory / "api"
    main = b"".join(files_below(api / "main.db", api / "main.db-wal").values())
    assert spki_of(key.certificate) in main and not private_keys_in(main)
    sam = b"".join(files_below(service.directory / "sam").values())
    blob = wrapped_blob(service, key)
    assert blob in sam and blob not in main


# --- copies of what the SAM keeps -----------------------------------------------------------------------------


def record_copy(service, target):
    """The SAM's directory as a thief of disks gets it."""
    shutil.copytree(service.directory / "sam", target)
    target.chmod(0o700)
    return target


def wrapped_blob(service, key):
    """The only field of the key's row that is neither public nor short."""
    spki = spki_of(key.certificate)
    directory = service.directory.parent / "copy-for-blob"
    shutil.rmtree(directory, ignore_errors=True)
    with closing(sqlite3.connect(record_copy(service, directory) / "record.db")) as database:
        (contents,) = database.execute("SELECT contents FROM live_row WHERE id = ?", (key.key_id,)).fetchone()
    fields, at = [], 0
    while at < len(contents):
        size = int.from_bytes(contents[at:at + 4], "big")
        fields.append(contents[at + 4:at + 4 + size])
        at += 4 + size
    assert at == len(contents) and spki in fields
    blob, = (field for field in fields if len(field) > 64 and field not in (spki, key.certificate))
    return blob


def starts(directory, tmp_path):
    """(whether qss-sam over this directory comes to READY, its log)."""
    sam = Role("qss-sam", directory, "--sandbox")
    sam.log_path = tmp_path / "sam.log"
    try:
        sam.start()
    except AssertionError:
        return False, sam.log_path.read_text()
    try:
        return sam.connection.call("sam", "STATUS").state == messages("wire").READY, sam.log_path.read_text()
    finally:
        sam.kill()


def test_a_copy_with_its_passphrase_opens(service, tmp_path):
    """That what follows fails for the reason that it says."""
    assert starts(record_copy(service, tmp_path / "copy"), tmp_path)[0]


def test_a_copy_without_the_passphrase_is_useless(service, tmp_path):
    copy = record_copy(service, tmp_path / "copy")
    before = files_below(copy / "keystore.sealed")
    (copy / "passphrase").write_text("another passphrase\n")
    ready, log = starts(copy, tmp_path)
    assert not ready and "stopped" in log
    assert files_below(copy / "keystore.sealed") == before  # and was not made anew over the old one


def test_a_key_store_of_another_does_not_open_a_record(service, tmp_path):
    """A record under another key-encryption key, whose passphrase the thief knows: nothing in it is believed."""
    copy = record_copy(service, tmp_path / "copy")
    (copy / "keystore.sealed").unlink()  # made anew at start
    ready, log = starts(copy, tmp_path)
    assert not ready and "ALARM" in log


@pytest.mark.parametrize("spoil", [b"blob", b"spki"])
def test_a_blob_moved_under_another_key_is_found(service, tmp_path, spoil):
    """The thief has the passphrase too, and puts one signer's wrapped key, or public key, into another's row."""
    victim, other = SamKey(service.employee), SamKey(service.tenant().employee())
    copy = record_copy(service, tmp_path / "copy")
    swapped = {b"blob": (wrapped_blob(service, victim), wrapped_blob(service, other)),
               b"spki": (spki_of(victim.certificate), spki_of(other.certificate))}[spoil]
    with closing(sqlite3.connect(copy / "record.db")) as database:
        (contents,) = database.execute("SELECT contents FROM live_row WHERE id = ?", (other.key_id,)).fetchone()
        assert len(swapped[0]) == len(swapped[1]) and swapped[1] in contents
        database.execute("UPDATE live_row SET contents = ? WHERE id = ?",
                         (contents.replace(swapped[1], swapped[0]), other.key_id))
        database.commit()
    ready, log = starts(copy, tmp_path)
    assert not ready and "ALARM" in log


@pytest.mark.parametrize("at", [4, 40, -1], ids=["its tag", "its salt", "its seal"])
def test_an_altered_key_store_does_not_open(service, tmp_path, at):
    copy = record_copy(service, tmp_path / "copy")
    sealed = bytearray((copy / "keystore.sealed").read_bytes())
    sealed[at] ^= 1
    (copy / "keystore.sealed").write_bytes(sealed)
    assert not starts(copy, tmp_path)[0]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_passphrase_that_others_may_read_is_refused(tmp_path, mode):
    directory = tmp_path / "sam"
    directory.mkdir(mode=0o700)
    (directory / "passphrase").write_text("a passphrase\n")
    (directory / "passphrase").chmod(mode)
    ready, log = starts(directory, tmp_path)
    assert not ready and "open to others" in log
    assert not (directory / "keystore.sealed").exists()


# --- out of the socket ----------------------------------------------------------------------------------------


def test_no_message_brings_a_key_out(service):
    """Whatever the SAM is asked about a key: no reply has a private key or a wrapped one in it."""
    key = SamKey(service.employee)
    blob = wrapped_blob(service, key)
    fields = {"signer_id": key.signer_id, "key_id": key.key_id, "ca_nonce": b"n" * 32, "key_type": "P-256",
              "pack_id": bytes.fromhex(service.employee.tenant.pack_id)}
    sam, answered = messages("sam"), []
    for name, number in sam.Type.items():
        if name in ("NONE", "STATUS", "REVOKE_KEY", "DESTROY_SIGNER", "INITIALISE", "COMPLETE", "CARRY_OUT"):  # orders: test_07_orders
            continue
        request = getattr(sam, "".join(part.capitalize() for part in name.split("_")) + "Request")
        known = {field.name for field in request.DESCRIPTOR.fields}
        body = request(**{n: v for n, v in fields.items() if n in known}).SerializeToString()
        with closing(connect(service, "sam")) as connection:
            _, reply = connection.exchange(number, body)
        answered.append(name)
        assert blob not in reply and not private_keys_in(reply), name
    assert {"MAKE_KEY", "ATTEST_KEY", "OPEN_SESSION", "ACTIVATE"} <= set(answered)


def test_a_software_key_is_certified_as_one(service):
    """Software keys never carry QcSSCD outside a sandbox; here the certificate says that it is a test."""
    certificate = service.employee.certificate
    common_name, = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert common_name.value.startswith("TEST ")
