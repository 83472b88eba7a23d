"""Invariant 4, the SAM's record is its own and sealed: whoever can write its file, but lacks the key store's
key, changes nothing without being noticed. Each attack on a stopped SAM's file ends with an alarm in its
log and the state SUSPENDED, in which it does nothing more; a whole file put back is convicted by the
checkpoint that qss-api keeps.
"""

import shutil
import sqlite3
import stat
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sam import READY, SUSPENDED, SamBed, refused
from service import Service, digest_of, wait_until
from webauthn import ORIGIN, RP_ID, SoftwareAuthenticator
from wire import Role

CONFIG, SIGNER, AUTHENTICATOR, KEY, SESSION = range(5)  # src/sam/row.h
KINDS = {"config": CONFIG, "signer": SIGNER, "authenticator": AUTHENTICATOR, "key": KEY, "session": SESSION}
OPEN, CANCELLED = 0, 3
COLUMNS = "kind, id, owner, lookup, state, due, version, contents, seal"


def copy_record(source, target):
    """The record with its write-ahead log, of a SAM that is not running."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{target}{suffix}").unlink(missing_ok=True)
        if Path(f"{source}{suffix}").exists():
            shutil.copy(f"{source}{suffix}", f"{target}{suffix}")


def edit(record, *statements):
    """Each statement, SQL or (SQL, values), must change rows."""
    with closing(sqlite3.connect(record)) as database, database:
        for statement in statements:
            sql, values = (statement, ()) if isinstance(statement, str) else statement
            assert database.execute(sql, values).rowcount != 0, sql


def rows(record, where, *values):
    with closing(sqlite3.connect(record)) as database:
        return database.execute(f"SELECT {COLUMNS} FROM live_row WHERE {where}", values).fetchall()


def insert(row, table="live_row"):
    return f"INSERT INTO {table}({COLUMNS}) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", row


class Past:
    """A SAM's files now and at an earlier moment, and what happened between: one phone of Anna's was removed,
    a key of Cita's destroyed, an open session cancelled, another signed and acknowledged."""

    def __init__(self, directory):
        self.directory = directory
        self.bed = SamBed(directory / "live")
        (directory / "live").mkdir()
        with self.bed:
            self.anna, self.boris = self.bed.signer().enrol(), self.bed.signer(given_name="Boriss").enrol()
            self.cita = self.bed.signer(given_name="Cita").enrol()
            self.second = SoftwareAuthenticator(RP_ID, ORIGIN)
            self.second_id = self.anna.bind(self.second, approver=self.anna.phone).authenticator_id
            self.cancelled, self.signed, self.waiting = self.anna.open(), self.anna.open(), self.boris.open()
            self.approval = self.signed.assertion()
            self.bed.sam.stop()
            shutil.copytree(self.bed.sam.directory, directory / "earlier")
            self.bed.sam.start()
            self.anna.remove(self.second_id)
            self.bed.call("REVOKE_KEY", key_id=self.cita.key_id, reason=1)
            self.cancelled.cancel()
            self.signed.check_signed(self.signed.activate(self.approval))
            self.signed.acknowledge()
            self.checkpoint = self.bed.call("EXCHANGE_CHECKPOINT").checkpoint
            self.bed.sam.stop()
            shutil.copytree(self.bed.sam.directory, directory / "now")

    def earlier_row(self, where, *values):
        return rows(self.directory / "earlier" / "record.db", where, *values)[0]

    @contextmanager
    def attacked(self, attack=lambda past, record: None, which="now"):
        """The SAM on a copy of its files, after the attack; the people speak to it."""
        copy = Path(tempfile.mkdtemp(dir=self.directory)) / "sam"
        shutil.copytree(self.directory / which, copy, ignore=shutil.ignore_patterns("*.sock"))
        attack(self, copy / "record.db")
        self.bed.sam = Role("qss-sam", copy, "--sandbox")
        with self.bed.sam:
            yield self.bed

    def log(self):
        return self.bed.sam.log_path.read_text()


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    return Past(tmp_path_factory.mktemp("record"))


def state(bed):
    return bed.sam.call("sam", "STATUS").state


def check_suspended(past, bed):
    """It does nothing more, least of all sign."""
    assert state(bed) == SUSPENDED
    assert "ALARM" in past.log()
    refused("conflict", past.boris.open)
    refused("conflict", past.waiting.approve)
    refused("conflict", past.boris.remove)
    refused("conflict", bed.call, "EXCHANGE_CHECKPOINT")
    refused("conflict", bed.initialise)


def test_untouched_it_goes_on(past):
    with past.attacked() as bed:
        assert state(bed) == READY
        past.waiting.check_signed(past.waiting.approve())
        bed.call("EXCHANGE_CHECKPOINT", checkpoint=past.checkpoint)
    with past.attacked(which="earlier") as bed:
        assert state(bed) == READY and bed.call("EXCHANGE_CHECKPOINT").checkpoint


# --- one row ------------------------------------------------------------------------------------------

FIRST = "number = (SELECT min(number) FROM live_row WHERE kind = {kind})"
EACH_ROW = {
    "a bit of its contents": f"UPDATE live_row SET contents = substr(contents, 1, length(contents) - 1) || "
                             f"x'a5' WHERE {FIRST}",
    "its seal": f"UPDATE live_row SET seal = zeroblob(32) WHERE {FIRST}",
    "its seal shortened": f"UPDATE live_row SET seal = substr(seal, 1, 31) WHERE {FIRST}",
    "its state": f"UPDATE live_row SET state = 1 - min(state, 1) WHERE {FIRST}",
    "its owner": f"UPDATE live_row SET owner = randomblob(16) WHERE {FIRST}",
    "its id": f"UPDATE live_row SET id = randomblob(16) WHERE {FIRST}",
    "its version": f"UPDATE live_row SET version = version + 1 WHERE {FIRST}",
    "its due time": f"UPDATE live_row SET due = due + 1000000 WHERE {FIRST}",
    "its kind": f"UPDATE live_row SET kind = kind + 10 WHERE {FIRST}",
    "its lookup": f"UPDATE live_row SET lookup = randomblob(32) WHERE {FIRST}",
    "all of it": f"DELETE FROM live_row WHERE {FIRST}",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sql", EACH_ROW.values(), ids=EACH_ROW)
def test_a_row_changed(past, kind, sql):
    with past.attacked(lambda _, record: edit(record, sql.format(kind=KINDS[kind]))) as bed:
        check_suspended(past, bed)


# --- rows against each other ----------------------------------------------------------------------------


def swap(column, kind):
    """That column of Anna's row and of Boris's, of one kind."""
    def attack(past, record):
        one, two = (rows(record, "kind = ? AND owner = ?", kind, who.id)[0] for who in (past.anna, past.boris))
        at = COLUMNS.split(", ").index(column)
        edit(record, (f"UPDATE live_row SET {column} = CASE id WHEN ? THEN ? ELSE ? END WHERE id IN (?, ?)",
                      (one[1], two[at], one[at], one[1], two[1])))
    return attack


def put_back(where, *values, instead=True):
    """A row as it was, sealed as it was."""
    def attack(past, record):
        row = past.earlier_row(where, *(value(past) if callable(value) else value for value in values))
        if instead:
            edit(record, ("DELETE FROM live_row WHERE kind = ? AND id = ?", row[:2]))
        edit(record, insert(row))
    return attack


def put_back_with_head(attack):
    """And the head of that time: its sum fits the old row, but neither the others nor the chain."""
    def both(past, record):
        attack(past, record)
        with closing(sqlite3.connect(past.directory / "earlier" / "record.db")) as earlier:
            head = earlier.execute("SELECT contents, seal FROM head").fetchone()
        edit(record, ("UPDATE head SET contents = ?, seal = ?", head))
    return both


def resurrect(past, record):
    """The archived, cancelled session as a live one: with the archive's seal."""
    with closing(sqlite3.connect(record)) as database:
        row = database.execute(f"SELECT {COLUMNS} FROM archive WHERE id = ?", (past.cancelled.id,)).fetchone()
    edit(record, insert(row))


def all_rows_of_earlier(past, record):
    """Every row and the head of the earlier record, in the present chain of events."""
    with closing(sqlite3.connect(record)) as database, database:
        database.execute("ATTACH ? AS earlier", (str(past.directory / "earlier" / "record.db"),))
        database.execute("DELETE FROM live_row")
        database.execute("INSERT INTO live_row SELECT * FROM earlier.live_row")
        database.execute("UPDATE head SET (contents, seal) = (SELECT contents, seal FROM earlier.head)")


by_id = "kind = ? AND id = ?"
TOGETHER = {
    "two signers' authenticators swapped: owner": swap("owner", AUTHENTICATOR),
    "two signers' authenticators swapped: contents": swap("contents", AUTHENTICATOR),
    "two signers' authenticators swapped: seal": swap("seal", AUTHENTICATOR),
    "two signers' keys swapped: owner": swap("owner", KEY),
    "two signers' keys swapped: contents": swap("contents", KEY),
    "a removed authenticator put back": put_back(by_id, AUTHENTICATOR, lambda past: past.second_id),
    "a removed authenticator put back, with the head": put_back_with_head(
        put_back(by_id, AUTHENTICATOR, lambda past: past.second_id)),
    "a destroyed key put back": put_back(by_id, KEY, lambda past: past.cita.key_id),
    "a cancelled session put back": put_back(by_id, SESSION, lambda past: past.cancelled.id, instead=False),
    "a signed session put back": put_back(by_id, SESSION, lambda past: past.signed.id, instead=False),
    "a cancelled session out of the archive": resurrect,
    "every row and the head put back": all_rows_of_earlier,
    "the head's contents": lambda _, record: edit(record, "UPDATE head SET contents = contents || x'00'"),
    "the head's seal": lambda _, record: edit(record, "UPDATE head SET seal = zeroblob(32)"),
    "no head": lambda _, record: edit(record, "DELETE FROM head"),
    "the last events cut off": lambda _, record: edit(
        record, "DELETE FROM event_group WHERE first = (SELECT max(first) FROM event_group)"),
    "no head and no events": lambda _, record: edit(record, "DELETE FROM head", "DELETE FROM event_group"),
    "no events": lambda _, record: edit(record, "DELETE FROM event_group"),
    "the last hash of the chain": lambda _, record: edit(
        record, "UPDATE event_group SET hash = zeroblob(32) WHERE first = (SELECT max(first) FROM event_group)"),
    "no rows": lambda _, record: edit(record, "DELETE FROM live_row"),
}


@pytest.mark.parametrize("attack", TOGETHER.values(), ids=TOGETHER)
def test_rows_exchanged_or_put_back(past, attack):
    with past.attacked(attack) as bed:
        check_suspended(past, bed)


# --- what else a SQLite file can hold -----------------------------------------------------------------------

# A trigger changes what the SAM's own statements do, and no seal is wrong until the next start.
PUT_BACK = "lookup = OLD.lookup, state = OLD.state, version = OLD.version, contents = OLD.contents, seal = OLD.seal"
PLANTED = {
    "a trigger that undoes the destruction of a key":
        (f"CREATE TRIGGER t AFTER UPDATE ON live_row WHEN NEW.kind = {KEY} AND NEW.state = 2 BEGIN "
         f"UPDATE live_row SET {PUT_BACK} WHERE number = OLD.number; END",),
    "a trigger that ignores wrong assertions":
        (f"CREATE TRIGGER t BEFORE UPDATE ON live_row WHEN NEW.kind = {AUTHENTICATOR} BEGIN SELECT RAISE(IGNORE); END",),
    "a view in place of a table":
        ("ALTER TABLE archive RENAME TO other", "CREATE VIEW archive AS SELECT * FROM other WHERE 0"),
    "no index that keeps ids unique": ("DROP INDEX live_row_id",),
    "an index that is not unique any more":
        ("DROP INDEX live_row_id", "CREATE INDEX live_row_id ON live_row(kind, id)"),
    "a table more": ("CREATE TABLE more(x)",),
    "an older version of the schema": ("PRAGMA user_version = 0",),
}


@pytest.mark.parametrize("statements", PLANTED.values(), ids=PLANTED)
def test_something_planted_in_the_file(past, statements):
    def plant(_, record):
        with closing(sqlite3.connect(record)) as database, database:
            for statement in statements:
                database.execute(statement)
    with past.attacked(plant) as bed:
        check_suspended(past, bed)


def test_a_trigger_named_like_sqlites_own(past):
    def plant(_, record):
        with closing(sqlite3.connect(record)) as database, database:
            database.execute("PRAGMA writable_schema = ON")
            database.execute("INSERT INTO sqlite_schema VALUES('trigger', 'sqlite_t', 'live_row', 0, 'CREATE TRIGGER "
                             "sqlite_t BEFORE UPDATE ON live_row BEGIN SELECT RAISE(IGNORE); END')")
    with past.attacked(plant) as bed:
        check_suspended(past, bed)


# --- the archive: found when it is read -------------------------------------------------------------------

ARCHIVE = {
    "cancelled called open": f"UPDATE archive SET state = {OPEN} WHERE id = ?",
    "its contents": "UPDATE archive SET contents = contents || x'00' WHERE id = ?",
    "its seal": "UPDATE archive SET seal = zeroblob(32) WHERE id = ?",
    "its version": "UPDATE archive SET version = version + 1 WHERE id = ?",
}


@pytest.mark.parametrize("sql", ARCHIVE.values(), ids=ARCHIVE)
def test_an_archived_session_changed(past, sql):
    with past.attacked(lambda _, record: edit(record, (sql, (past.cancelled.id,)))):
        refused("tampered", past.cancelled.approve)
        assert "ALARM" in past.log()


def test_an_archived_session_replaced_by_its_open_row(past):
    """Sealed as a live row, it is none of the archive's."""
    def attack(past, record):
        edit(record, ("DELETE FROM archive WHERE id = ?", (past.cancelled.id,)),
             insert(past.earlier_row(by_id, SESSION, past.cancelled.id), "archive"))
    with past.attacked(attack):
        refused("tampered", past.cancelled.approve)


def test_an_archived_session_deleted_is_unknown(past):
    with past.attacked(lambda _, record: edit(record, ("DELETE FROM archive WHERE id = ?", (past.signed.id,)))):
        refused("not_found", past.signed.activate, past.approval)


# --- the whole file -----------------------------------------------------------------------------------------


def test_an_older_file_is_convicted_by_the_checkpoint_for_good(past):
    with past.attacked(which="earlier") as bed:
        refused("tampered", bed.call, "EXCHANGE_CHECKPOINT", checkpoint=past.checkpoint)
        check_suspended(past, bed)
        bed.sam.stop()
        bed.sam.start()
        check_suspended(past, bed)  # nor does it forget


def test_an_older_file_with_a_forged_chain_of_events(past):
    """Groups of events are not sealed: one ends where the old head says, one has the checkpoint's hash."""
    tag = b"QSS-SAM-CHECKPOINT-v1"
    after = past.checkpoint.index(tag) + len(tag) + 4
    number = int.from_bytes(past.checkpoint[after:after + 8], "big")
    hash_before = past.checkpoint[after + 12:after + 44]

    def attack(_, record):
        edit(record, ("INSERT INTO event_group SELECT ?1, first + count - ?1, x'', hash FROM event_group "
                      "ORDER BY first DESC LIMIT 1", (number + 1000,)),
             ("INSERT INTO event_group VALUES(?, 1, x'', ?)", (number - 1, hash_before)))
    with past.attacked(attack, which="earlier") as bed:
        refused("tampered", bed.call, "EXCHANGE_CHECKPOINT", checkpoint=past.checkpoint)
        check_suspended(past, bed)


CHECKPOINTS = {
    "a bit of it": lambda checkpoint: checkpoint[:40] + bytes([checkpoint[40] ^ 1]) + checkpoint[41:],
    "cut off": lambda checkpoint: checkpoint[:-1],
    "garbage": lambda checkpoint: b"x" * 100,
}


@pytest.mark.parametrize("spoil", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_a_forged_checkpoint_suspends_nobody(past, spoil):
    with past.attacked() as bed:
        refused("verification_failed invalid_argument", bed.call, "EXCHANGE_CHECKPOINT",
                checkpoint=spoil(past.checkpoint))
        assert state(bed) == READY


def test_qss_api_shows_the_checkpoint(tmp_path):
    """The service itself: its SAM's file is put back while it is down, and it signs nothing more."""
    service = Service(tmp_path / "data").start()
    record, main = service.directory / "sam" / "record.db", service.directory / "api" / "main.db"

    def checkpoint():
        with closing(sqlite3.connect(main, timeout=10)) as database:
            kept = database.execute("SELECT checkpoint FROM sam_checkpoint").fetchone()
        return kept and kept[0][: kept[0].index(b"QSS-SAM-CHECKPOINT-v1") + 40]  # without its random signature

    try:
        employee = service.tenant().employee()
        service.stop()
        copy_record(record, tmp_path / "copy.db")
        service.start()
        employee.phone.url = service.authenticator_url  # on another port now
        before = wait_until(checkpoint, "the first checkpoint")
        employee.sign([digest_of(b"contract")])
        wait_until(lambda: checkpoint() != before, "a later checkpoint")
        service.stop()
        copy_record(tmp_path / "copy.db", record)
        service.wait_ready = lambda: None  # it never will be
        service.start()
        wait_until(lambda: "another, than a checkpoint says" in service.log_path.read_text(), "the conviction")
        wait_until(lambda: (service.directory / "run" / "ports.json").exists(), "qss-api listens")
        assert not service.ready()
    finally:
        service.stop()


# --- what lies beside the record ----------------------------------------------------------------------------


def start_fails(past, attack):
    with pytest.raises(AssertionError, match="did not start"):
        with past.attacked(attack):
            pass


def test_the_key_stores_file(past):
    def flip(_, record):
        path = record.with_name("keystore.sealed")
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    start_fails(past, flip)


def test_another_passphrase(past):
    start_fails(past, lambda _, record: record.with_name("passphrase").write_text("a guess\n"))


def test_another_key_store(past):
    """Without its own the SAM makes a new one, whose seals are others."""
    with past.attacked(lambda _, record: record.with_name("keystore.sealed").unlink()) as bed:
        check_suspended(past, bed)


def test_a_directory_that_others_can_enter(past):
    start_fails(past, lambda _, record: record.parent.chmod(0o750))


def test_nobody_else_opens_a_running_sams_record(past):
    """A second SAM neither: it would sign what the first has used."""
    with past.attacked() as bed:
        with closing(sqlite3.connect(bed.sam.directory / "record.db", timeout=0)) as database:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                database.execute("SELECT * FROM live_row").fetchall()
        past.waiting.check_signed(past.waiting.approve())


def test_its_files_are_its_own(past):
    with past.attacked() as bed:
        for path in bed.sam.directory.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.is_socket(), path
