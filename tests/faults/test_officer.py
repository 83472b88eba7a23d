"""The officer's invitation and statement belong together, whatever dies between them: an employee whom the
service took gets the invitation that opens it, and no other.
"""

import os
import signal
from contextlib import contextmanager
from pathlib import Path

from service import Employee, wait_until


@contextmanager
def stopped(pid):
    """SIGSTOP is asynchronous: it is waited for."""
    os.kill(pid, signal.SIGSTOP)
    try:
        threads = list(Path(f"/proc/{pid}/task").glob("*/stat"))
        wait_until(lambda: all(one.read_text().rsplit(")", 1)[1].split()[0] == "T" for one in threads), "it stands")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def letters(service, pattern="invitation-*"):
    return sorted((service.directory / "outbox").glob(pattern))


def test_a_statement_whose_outcome_is_unknown_is_repeated_as_it_is(fresh_service):
    """The SAM takes it so late that qss-api has given up; another statement would have another invitation."""
    tenant = fresh_service.tenant()
    Employee.create(tenant).invitation()  # the officer works: it says so once when it waits again
    log, others = fresh_service.log_path, letters(fresh_service)
    before = len(log.read_text())
    with stopped(fresh_service.pids()["qss-sam"]):
        employee = Employee.create(tenant)
        wait_until(lambda: "officer: waiting for the service" in log.read_text()[before:],
                   "the officer does not know the outcome")
        (letter,) = set(letters(fresh_service)) - set(others)
        assert letter.suffix == ".part"
    employee.register_phone()
    assert set(letters(fresh_service)) - set(others) == {letter.with_suffix("")}


def test_an_officer_that_died_hands_over_what_it_had_written(fresh_service):
    employee = Employee.create(fresh_service.tenant())
    wait_until(lambda: letters(fresh_service, "*.txt"), "the invitation")
    (letter,) = letters(fresh_service)
    letter.rename(f"{letter}.part")  # as it is while the statement is on its way
    fresh_service.kill("qss-officer")
    employee.register_phone()
    assert letters(fresh_service) == [letter]
