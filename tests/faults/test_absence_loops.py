"""Interruptions that are no death at a point, again and again: somebody is away, slow, or gives up.

One round is one approved session that was interrupted; several run at once, each its own request, its own session
and its own interruption, and each counts as one. A few rounds here; 200 with QSS_LONG=1 (`./dev test --all`).
"""

import copy
import json
import os
import random
import signal
import socket
import ssl
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from attacker import call, main_database
from crowd import Crowd, Deaths, Ledger, check_sam_events
from load import Request, statuses
from service import Service, wait_until
from wire import RoleError

LONG = bool(os.environ.get("QSS_LONG"))
AT_ONCE = 8
BATCHES = 25 if LONG else 1
RATES = {"logins_per_minute": 60_000, "requests_per_minute": 1_000_000, "device_requests_per_minute": 100_000}


class Rounds:
    """A crowd without askers of its own: each batch is asked here, by threads that give up as they like."""

    def __init__(self, tmp_path, settings, slow_sign_ms):
        self.name = tmp_path.name
        self.seed = int(os.environ.get("QSS_SEED", random.randrange(2**32)))
        self.service = Service(tmp_path / "data", {**RATES, **settings})
        self.slow_sign_ms, self.count = slow_sign_ms, 0
        self.pool = ThreadPoolExecutor(AT_ONCE)

    def __enter__(self):
        try:
            self.service.start()
            self.crowd, self.ledger = Crowd(self.service, self.seed, employees=AT_ONCE), Ledger(self.service)
            self.crowd.restart("--child-flag", "qss-sam=--slow-sign-ms", "--child-flag", f"qss-sam={self.slow_sign_ms}")
            self.crowd.start_phones()
        except BaseException:
            self.service.stop()
            raise
        self.deaths, self.started = Deaths(self.service), time.monotonic()
        return self

    def batch(self):
        """AT_ONCE new requests, each of its own application's connection."""
        made = []
        for i in range(AT_ONCE):
            crowd = self.crowd
            application = crowd.applications[i % len(crowd.applications)]
            made.append((crowd.connection(application),
                         Request(crowd.employees[i % len(crowd.employees)], crowd.chance.randint(1, 3))))
        self.crowd.made += made
        return made

    def answers(self, made):
        """Asks again until each has its final answer: all of them signed."""
        list(self.pool.map(lambda pair: self.crowd.ask(*pair), made))
        assert [request.answer.status_code for _, request in made] == [200] * len(made)

    def check(self, may_die=()):
        """Whole again, and everything as in the crash loops."""
        self.crowd.restart()
        answers = self.crowd.check_at_the_end(self.ledger, {200})
        rows = self.ledger.look()
        self.crowd.stop_phones()
        self.service.stop()
        self.deaths.look()
        assert set(self.deaths.ends) <= set(may_die) and not self.deaths.alarms
        check_sam_events(self.service, rows)
        return answers

    def __exit__(self, *_):
        self.crowd.leave()
        self.pool.shutdown()
        self.service.stop()
        print(f"{self.name}: seed {self.seed}, {self.count} interrupted sessions, {len(self.crowd.made)} requests, "
              f"{self.ledger.looks} looks, {time.monotonic() - self.started:.0f} s")


def approved(service, made):
    """The session ids of these requests, once every one of them is approved."""
    keys = {request.key for _, request in made}

    def look():
        with main_database(service) as database:
            rows = database.execute("SELECT id, status, idempotency_key FROM session").fetchall()
        mine = [(row["id"], row["status"]) for row in rows if row["idempotency_key"] in keys]
        if len(mine) < len(keys) or {status for _, status in mine} != {"approved"}:
            return None
        return {identity for identity, _ in mine}

    return wait_until(look, "all are approved")


def being_signed(service, identity):
    """Approved there, and used here: what is only approved would expire."""
    try:
        call(service, "sam", "ACTIVATE", session_id=identity)
    except RoleError as error:
        return "being signed" in str(error)
    return True  # it is finished


def test_finished_and_the_main_database_is_away_for_longer_than_the_session(tmp_path):
    """The SAM has signed and nobody took its reply: qss-api, with its database, was killed and stays away until
    the sessions are long expired. Then each of them ends signed, and every request gets its signatures."""
    lifetime_ms = 3000
    with Rounds(tmp_path, {"lifetime_ms": lifetime_ms}, slow_sign_ms=2000) as rounds:
        service = rounds.service
        for _ in range(BATCHES):
            made = rounds.batch()
            asking = [rounds.pool.submit(give_up_soon, *pair) for pair in made]
            ids = approved(service, made)
            expire_at = time.time() + lifetime_ms / 1000
            wait_until(lambda: all(being_signed(service, identity) for identity in ids), "the SAM signs them all")
            os.kill(service.process.pid, signal.SIGSTOP)  # the supervisor starts nobody again
            try:
                os.kill(service.pids()["qss-api"], signal.SIGKILL)
                wait_until(lambda: set(call(service, "sam", "LIST_UNACKNOWLEDGED", limit=100).session_ids) == ids,
                           "the SAM keeps the results")
                wait_until(lambda: time.time() > expire_at, "the sessions have expired")
                now = statuses(service)
                assert {now[identity.hex()] for identity in ids} == {"approved"}
            finally:
                os.kill(service.process.pid, signal.SIGCONT)
            for one in asking:
                one.result()
            rounds.answers(made)
            rounds.ledger.look()
            rounds.count += len(ids)
        rounds.check(may_die={("qss-api", "signal 9")})


def give_up_soon(application, request, timeout=20):
    """One try, whose end is not this test's: it is cut off, or the caller goes."""
    try:
        application.request("POST", f"/users/{request.employee.email}/sign", json={"digests": request.digests},
                            headers={"Idempotency-Key": request.key}, timeout=timeout)
    except (requests.RequestException, AssertionError):
        pass


def test_a_slow_sam_and_callers_that_give_up(tmp_path):
    """The application hangs up while the phone approves and the SAM signs, asks again and gives up again: the
    session goes on to its end, and the application has its signatures when it waits for once."""
    slow_sign_ms = 400
    with Rounds(tmp_path, {}, slow_sign_ms) as rounds:

        def impatient(application, request):
            patience = rounds.crowd.chance.uniform(0.1, slow_sign_ms / 1000)
            with pytest.raises(requests.Timeout):
                request.ask(application, timeout=patience)

        for _ in range(BATCHES):
            made = rounds.batch()
            for application, _ in made:
                application.log_in()
            list(rounds.pool.map(lambda pair: impatient(*pair), made))
            list(rounds.pool.map(lambda pair: give_up_soon(*pair, timeout=slow_sign_ms / 2000), made))
            rounds.answers(made)
            rounds.ledger.look()
            rounds.count += len(made)
        rounds.check()


def test_a_slow_sam_and_a_qss_api_that_gives_up(tmp_path):
    """qss-api waits for the SAM for less time than it takes to sign: the outcome is unknown to it, and found out."""
    with Rounds(tmp_path, {"role_timeout_ms": 800}, slow_sign_ms=1200) as rounds:
        for _ in range(BATCHES):
            made = rounds.batch()
            rounds.answers(made)
            rounds.ledger.look()
            rounds.count += len(made)
        assert rounds.service.log_path.read_text().count("an approved session waits for the SAM") >= rounds.count
        rounds.check()


def ask_and_read_nothing(application, request):
    """The request is sent; the answer stays in the connection, which is returned."""
    context = ssl.create_default_context(cafile=application.service.ca_file)
    context.load_cert_chain(application.certificate_file, application.key_file)
    plain = socket.create_connection(("localhost", application.service.ports["mtls"]), timeout=10)
    tls = context.wrap_socket(plain, server_hostname="localhost")
    body = json.dumps({"digests": request.digests}).encode()
    tls.sendall(f"POST /users/{request.employee.email}/sign HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {application.token or application.log_in()}\r\n"
                f"Idempotency-Key: {request.key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets
    return tls


def ended(service, made):
    with main_database(service) as database:
        rows = database.execute("SELECT status, idempotency_key FROM session").fetchall()
    keys = {request.key for _, request in made}
    return [row["status"] for row in rows if row["idempotency_key"] in keys] == ["signed"] * len(made)


def test_stored_and_the_answer_is_lost(tmp_path):
    """The signature is stored, the application's connection is cut before the answer is read, it asks again, three
    times at once: always the same signatures. (qss-api that dies there: stored_not_answered in test_crash_loops.)"""
    with Rounds(tmp_path, {}, slow_sign_ms=0) as rounds:
        for _ in range(BATCHES):
            made = rounds.batch()
            cut = list(rounds.pool.map(lambda pair: ask_and_read_nothing(*pair), made))
            wait_until(lambda: ended(rounds.service, made), "all are stored")
            for connection in cut:
                connection.close()
            thrice = [(rounds.crowd.connection(by), copy.copy(request)) for by, request in made for _ in range(3)]
            again = list(rounds.pool.map(lambda pair: pair[1].until_final(pair[0]), thrice))
            for i, answer in enumerate(again):
                assert answer.status_code == 200 and answer.json() == again[i - i % 3].json()
            rounds.answers(made)
            rounds.ledger.look()
            rounds.count += len(made)
        rounds.check()
