"""A crowd under which processes die, and the books that can be looked at while it goes on.

Employees who approve at once, applications that ask and never give up (load.py), all at the same time. The
supervisor's log says who died and how; the Ledger compares the main database with itself at every moment, and
the SAM's chain of events says at the end what was really signed, and how often.
"""

import hashlib
import random
import re
import sqlite3
import threading
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import replace

import sap
from attacker import main_database
from load import Giving, Request, approving, check_books
from service import wait_until

PATIENCE_SECONDS = 120  # of one request, through all deaths; then something has stopped
QUOTA = 1_000_000
ENDED = {"signed", "failed", "rejected", "expired", "cancelled"}
DIGEST_SIZE = 32


@contextmanager
def running(service):
    """Started, and stopped whatever happens."""
    try:
        yield service.start()
    finally:
        service.stop()


class Deaths:
    """How the children of `qss serve` have ended since this was made: its log, read on as it grows."""

    def __init__(self, service):
        self.path = service.log_path
        self.offset = self.path.stat().st_size
        self.ends = []  # (child, "signal 9")
        self.alarms = []

    def look(self):
        with open(self.path, "rb") as log:
            log.seek(self.offset)
            text = log.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.offset += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            if ended := re.search(r'child ended child="([^"]*)" how="([^"]*)"', line):
                self.ends.append(ended.groups())
            if " ALARM " in line:
                self.alarms.append(line)
        return self

    def of(self, child):
        self.look()
        return sum(name == child for name, _ in self.ends)

    def check(self, child):
        """Only that child has died, only by SIGKILL, and nobody has raised an alarm."""
        self.look()
        assert set(self.ends) <= {(child, "signal 9")}, Counter(self.ends)
        assert not self.alarms, self.alarms


class Ledger:
    """The main database, looked at in one transaction each time: it balances, and what has ended stays as it is."""

    def __init__(self, service):
        self.service = service
        self.ended = {}  # session id: its status, and a hash of its result
        self.looks = 0

    def look(self):
        with main_database(self.service) as database:
            database.execute("BEGIN")
            rows = database.execute("SELECT s.id, s.status, s.digests, r.signatures, r.evidence FROM session s "
                                    "LEFT JOIN session_result r ON r.session_id = s.id").fetchall()
            audit = Counter((row["object"], row["action"]) for row in database.execute(
                "SELECT object, action FROM audit WHERE object LIKE 'session:%'"))
            spent = database.execute("SELECT (SELECT COALESCE(sum(units), 0) FROM quota_use) + "
                                     "(SELECT COALESCE(sum(units), 0) FROM quota_folded)").fetchone()[0]
        for row in rows:
            self._check_session(row, audit)
        units = sum(len(row["digests"]) // DIGEST_SIZE for row in rows if row["status"] in ("approved", "signed"))
        assert spent == units, f"{spent} units of the quota are spent, {units} digests are approved or signed"
        self.looks += 1
        return rows

    def _check_session(self, row, audit):
        identity, status = row["id"].hex(), row["status"]
        assert status in ENDED | {"pending", "approved"}, status
        assert (row["evidence"] is not None) == (status == "signed"), (identity, status)

        def entries(action):
            return audit[f"session:{identity}", f"session.{action}"]

        assert entries("opened") == 1
        assert entries("activation_intended") == (status in ("approved", "signed", "failed")), (identity, status)
        assert entries("signed") == (status == "signed") and entries("failed") == (status == "failed")
        if status in ENDED:
            result = hashlib.sha256((row["signatures"] or b"") + (row["evidence"] or b"")).digest()
            before = self.ended.setdefault(identity, (status, result))
            assert before == (status, result), f"session {identity} had ended as {before[0]}, and now {status}"


class Crowd:
    """`employees` of one tenant with a phone each, and `applications` that all ask for each of them at once."""

    def __init__(self, service, seed, employees=3, applications=2):
        self.service, self.chance = service, random.Random(seed)
        self.tenant = service.tenant(signature_quota=QUOTA)
        self.employees = [self.tenant.employee() for _ in range(employees)]
        self.applications = [self.tenant.application]
        self.applications += [self.tenant.new_application() for _ in range(applications - 1)]
        self.made, self.lock = [], threading.Lock()  # (application, request)
        self.phones, self.askers = [], []

    def start_phones(self):
        self.phones = [approving(employee) for employee in self.employees]

    def start(self):
        self.start_phones()
        self.askers = [Giving(self._turn(application, employee))
                       for application in self.applications for employee in self.employees]

    def connection(self, application):
        """The same application on a connection of its own, for one thread."""
        return replace(application, http=self.service.https(application.certificate_file, application.key_file))

    def _turn(self, application, employee):
        own = self.connection(application)

        def turn():
            with self.lock:
                request = Request(employee, self.chance.randint(1, 3))
                self.made.append((own, request))
            self.ask(own, request)

        return turn

    def ask(self, application, request):
        try:
            request.until_final(application, PATIENCE_SECONDS)
        except AssertionError as error:  # Giving takes that for an absence; this is one too long
            raise RuntimeError(str(error)) from error

    def answered(self):
        with self.lock:
            return sum(request.answer is not None for _, request in self.made)

    def stop_asking(self):
        """Everybody gets the answer for which they wait."""
        for thread in self.askers:
            thread.stopping.set()
        for thread in self.askers:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "a request has no end"
            thread.stop()

    def stop_phones(self):
        for thread in self.phones:
            thread.stop()

    def leave(self):
        """However it has ended: nobody begins anything more."""
        for thread in self.askers + self.phones:
            thread.stopping.set()

    def restart(self, *arguments):
        """All processes; phones and applications find the new ports by themselves."""
        self.service.stop()
        self.service.start(*arguments)

    def check_at_the_end(self, ledger, allowed):
        """Whole again: all books, and every request once more. Returns how many had which answer."""
        ledger.look()
        for application, request in self.made:
            first = request.answer
            again = request.until_final(application, PATIENCE_SECONDS)
            assert again.status_code == first.status_code, (first.text, again.text)
            if again.status_code == 200:
                assert again.json()["signatures"] == first.json()["signatures"]
                request.check_signatures(again.json()["signatures"])
        self.tenant.application.log_in()  # the last token may be old
        signed, rows = check_books(self.service, self.tenant, [], QUOTA)
        ledger.look()
        assert len(rows) == len(self.made), "one session for each request"
        answers = Counter(request.answer.status_code for _, request in self.made)
        assert set(answers) <= allowed, answers
        got = sum(len(request.digests) for _, request in self.made if request.answer.status_code == 200)
        assert got == signed, "every signature has reached the application that asked for it"
        return dict(answers)


def sam_events(service):
    """What the SAM's chain of events says, Counter of (event, subject); the service must have been stopped."""
    assert service.process is None
    counts = Counter()
    path = service.directory / "sam" / "record.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as record:
        for (entries,) in record.execute("SELECT entries FROM event_group ORDER BY first"):
            for event in sap.fields_of(entries)[1:]:
                _, _, what, subject = sap.fields_of(event)[:4]
                counts[what.decode(), subject] += 1
    return counts


def check_sam_events(service, rows):
    """No session used or signed twice; signed there and in the main database are the same ones, each acknowledged."""
    counts = sam_events(service)
    for (what, subject), count in counts.items():
        if what.startswith("session-"):
            assert count == 1, (what, subject.hex(), count)

    def sessions(what):
        return {subject for event, subject in counts if event == what}

    signed = {row["id"] for row in rows if row["status"] == "signed"}
    assert sessions("session-signed") == signed
    assert signed <= sessions("session-used") and signed <= sessions("session-acknowledged")
    assert sessions("session-refused") == {row["id"] for row in rows if row["status"] == "failed"}


def wait_for_deaths(deaths, child, count, after_each):
    """Until `count` deaths of `child` are counted; `after_each` is called after every one that is seen."""
    for seen in range(deaths.of(child) + 1, count + 1):
        wait_until(lambda: deaths.of(child) >= seen, f"{child} dies for the {seen}th time", PATIENCE_SECONDS)
        after_each()
