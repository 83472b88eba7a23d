"""The officer's invitation and statement belong together, whatever dies between them: an employee whom the
service took gets the invitation that opens it, and no other.
"""

import json
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


@contextmanager
def outcome_unknown(service, tenant):
    """(employee, letter): the SAM takes the statement so late that qss-api has given up."""
    Employee.create(tenant).invitation()  # the officer works: it says so once when it waits again
    log, others = service.log_path, set(letters(service))
    before = len(log.read_text())
    with stopped(service.pids()["qss-sam"]):
        employee = Employee.create(tenant)
        wait_until(lambda: "officer: waiting for the service" in log.read_text()[before:],
                   "the officer does not know the outcome")
        (letter,) = set(letters(service, "*.part")) - others
        yield employee, letter.with_suffix("")


def check_handed_over(service, employee, letter):
    """The letter that was written first is the one, and there is no other."""
    employee.register_phone()
    assert [one for one in letters(service) if employee.email in one.name] == [letter]


def test_a_statement_whose_outcome_is_unknown_is_repeated_as_it_is(fresh_service):
    """Another statement would have another invitation."""
    with outcome_unknown(fresh_service, fresh_service.tenant()) as (employee, letter):
        pass
    check_handed_over(fresh_service, employee, letter)


def test_an_officer_that_died_repeats_it_too(fresh_service):
    """qss-api dies as well: nobody but the officer's directory knows the statement that the SAM has."""
    with outcome_unknown(fresh_service, fresh_service.tenant()) as (employee, letter):
        fresh_service.kill("qss-officer")
        fresh_service.kill("qss-api")
    fresh_service.ready()
    check_handed_over(fresh_service, employee, letter)


def test_so_does_one_who_approves_by_hand(fresh_service):
    with outcome_unknown(fresh_service, fresh_service.tenant()) as (employee, letter):
        automatic = fresh_service.pids()["qss-officer"]
        os.kill(automatic, signal.SIGSTOP)
    try:
        registration = json.loads(letter.with_name(letter.name + ".statement").read_text())["registration_id"]
        done = fresh_service.run_tool("--json", "--directory", str(fresh_service.directory), "officer", "approve",
                                      registration, "--yes")
        assert json.loads(done)["invitation_file"] == str(letter)
    finally:
        os.kill(automatic, signal.SIGCONT)
    check_handed_over(fresh_service, employee, letter)
