"""Invariants 1 to 5 rest on it: the SAM's socket takes each message of proto/sam.proto in its states and up to
its size, and nothing else. What is not permitted now is refused; what is malformed closes the connection
and is never half understood.
"""

import os
import sqlite3
from contextlib import closing

import pytest

from sam import READY, SUSPENDED, SamBed, refused
from wire import ConnectionClosed, HEADER, Role, messages

UNINITIALISED, AWAITING = 0, 1
KIB = 1024
# docs/protocol-sam.md: the states in which it is permitted, and the largest body.
TABLE = {
    "STATUS": ((UNINITIALISED, AWAITING, READY, SUSPENDED), 64),
    "INITIALISE": ((UNINITIALISED,), 256 * KIB),
    "COMPLETE": ((AWAITING,), 256 * KIB),
    "EXCHANGE_CHECKPOINT": ((READY,), 1 * KIB),
    "REGISTER_SIGNER": ((READY,), 8 * KIB),
    "DESTROY_SIGNER": ((READY,), 64),
    "BEGIN_BINDING": ((READY,), 64),
    "BIND": ((READY,), 16 * KIB),
    "REMOVE_AUTHENTICATOR": ((READY,), 64),
    "MAKE_KEY": ((READY,), 128),
    "ATTEST_KEY": ((READY,), 128),
    "CARRY_OUT": ((READY,), 68 * KIB),
    "LINK_CERTIFICATE": ((READY,), 9 * KIB),
    "REVOKE_KEY": ((READY,), 64),
    "OPEN_SESSION": ((READY,), 96 * KIB),
    "ACTIVATE": ((READY,), 8 * KIB),
    "CANCEL_SESSION": ((READY,), 64),
    "LIST_UNACKNOWLEDGED": ((READY,), 64),
    "ACKNOWLEDGE": ((READY,), 64 * KIB),
}
FIRST_FIELD_IS_BYTES = [name for name in TABLE if name not in ("STATUS", "INITIALISE", "LIST_UNACKNOWLEDGED")]


def number(name):
    return messages("sam").Type.Value(name)


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    with SamBed(tmp_path_factory.mktemp("messages")) as running:
        yield running


@pytest.fixture(params=[UNINITIALISED, AWAITING, READY, SUSPENDED], scope="module",
                ids=["uninitialised", "awaiting", "ready", "suspended"])
def role_in_state(request, tmp_path_factory):
    """(state, a SAM in it)."""
    directory = tmp_path_factory.mktemp("state")
    with SamBed(directory) as bed:
        if request.param == SUSPENDED:
            bed.sam.stop()
            with closing(sqlite3.connect(directory / "sam" / "record.db")) as database, database:
                database.execute("UPDATE live_row SET due = due + 1")
            bed.sam.start()
        role = bed.sam
        if request.param in (UNINITIALISED, AWAITING):
            role = Role("qss-sam", directory / "young", "--sandbox").start()
            if request.param == AWAITING:
                role.call("sam", "INITIALISE", **bed.initialisation())
        assert role.call("sam", "STATUS").state == request.param
        yield request.param, role
        role.stop()


def test_the_table_is_complete():
    assert set(TABLE) == set(messages("sam").Type.keys()) - {"NONE"}


@pytest.mark.parametrize("name", TABLE)
def test_each_message_in_each_state(role_in_state, name):
    """An empty one: where it is not permitted that is said, and nothing else of it."""
    state, role = role_in_state
    status, body = role.connection.exchange(number(name), b"")
    if state not in TABLE[name][0]:
        error = messages("wire").ErrorReply.FromString(body)
        assert (status, error.code, error.detail) == (1, 7, "not permitted in this state")
    elif status == 1:
        assert messages("wire").ErrorReply.FromString(body).detail != "not permitted in this state"
    assert role.call("sam", "STATUS").state == state


def closes(bed, attack):
    """The connection, and only that one."""
    connection = bed.connect()
    with pytest.raises(ConnectionClosed):
        attack(connection)
    connection.close()
    assert bed.sam.call("sam", "STATUS").state == READY


@pytest.mark.parametrize("name", TABLE)
def test_a_body_above_the_limit(bed, name):
    size = TABLE[name][1] + 1
    closes(bed, lambda connection: connection.exchange(number(name), bytes(size)))


@pytest.mark.parametrize("name", FIRST_FIELD_IS_BYTES)
def test_a_body_at_the_limit_is_read(bed, name):
    """So that the one above was refused for its size."""
    limit = TABLE[name][1]
    length = next(n for n in range(limit, 0, -1) if 1 + len(varint(n)) + n == limit)
    connection = bed.connect()
    status, _ = connection.exchange(number(name), b"\x0a" + varint(length) + bytes(length))
    assert status == 1
    connection.close()


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


MALFORMED = {
    "an unknown field": b"\xa0\x06\x01",  # field 100
    "an unknown field of bytes": b"\xa2\x06\x01x",
    "a field of another type": b"\x0d\0\0\0\0",  # field 1, fixed32
    "cut off": b"\x0a\x10short",
    "no field": b"\x00",
    "a group": b"\x0b\x0c",
    "garbage": b"\xff" * 20,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("name", [name for name in TABLE if READY in TABLE[name][0]])
def test_a_malformed_body(bed, name, body):
    closes(bed, lambda connection: connection.exchange(number(name), body))


NESTED = {
    "in an assertion": ("ACTIVATE", b"\x0a\x10" + bytes(16) + b"\x12\x03\xa0\x06\x01"),
    "in an approval": ("BIND", b"\x0a\x10" + bytes(16) + b"\x2a\x03\xa0\x06\x01"),
}


@pytest.mark.parametrize("name, body", NESTED.values(), ids=NESTED)
def test_an_unknown_field_inside(bed, name, body):
    closes(bed, lambda connection: connection.exchange(number(name), body))


FRAMES = {
    "no such type": HEADER.pack(0, 1, 99, 0),
    "type 0": HEADER.pack(0, 1, 0, 0),
    "the largest type": HEADER.pack(0, 1, 0xFFFF, 0),
    "a reply": HEADER.pack(0, 1, 1, 1),
    "an unknown status": HEADER.pack(0, 1, 1, 7),
    "4 GiB": HEADER.pack(0xFFFFFFFF, 1, 31, 0),
    "half a header, then the end": HEADER.pack(0, 1, 1, 0)[:7],
    "HTTP": b"GET / HTTP/1.1\r\nHost: sam\r\n\r\n",
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_frame_outside_the_rules(bed, frame):
    def send(connection):
        connection._socket.sendall(frame)
        connection._socket.shutdown(1)
        connection._read(1)
    closes(bed, send)


IDS = ["REMOVE_AUTHENTICATOR", "BEGIN_BINDING", "DESTROY_SIGNER", "MAKE_KEY", "ATTEST_KEY", "REVOKE_KEY", "ACTIVATE",
       "CANCEL_SESSION", "ACKNOWLEDGE", "OPEN_SESSION", "LINK_CERTIFICATE"]


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("size", [0, 15, 17])
def test_an_id_of_another_size(bed, name, size):
    body = b"\x0a" + varint(size) + bytes(size)
    status, reply = bed.sam.connection.exchange(number(name), body)
    assert status == 1
    assert messages("wire").ErrorReply.FromString(reply).code in (0, 1), reply


@pytest.mark.parametrize("reason", [2, 6, 7, 8, 10, 11, 2**32 - 1])
def test_a_reason_that_the_ca_does_not_give(bed, reason):
    refused("invalid_argument", bed.call, "REVOKE_KEY", key_id=os.urandom(16), reason=reason)


def test_more_is_not_listed_than_may_be(bed):
    assert len(bed.call("LIST_UNACKNOWLEDGED", limit=2**32 - 1).session_ids) <= 100


def test_there_is_one_ceremony(bed):
    refused("conflict", bed.initialise)
    refused("conflict", bed.complete)


def test_an_acknowledgement_is_all_or_none(bed):
    anna = bed.signer().enrol()
    session, _ = anna.sign()
    refused("not_found", bed.call, "ACKNOWLEDGE", session_ids=[session.id, os.urandom(16)])
    assert session.id in bed.call("LIST_UNACKNOWLEDGED", limit=100).session_ids
