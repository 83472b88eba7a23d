"""kill -9 at each named point of a signature's life, again and again, while a crowd signs.

The process dies (SIGKILL of itself) whenever it reaches the point for the N-th time since it started, and comes
back alone; the others live on, and nothing waits for it. N changes a few times, so that the death finds more or
less under way. A few deaths each here; 200 with QSS_LONG=1 (`./dev test --all`). QSS_SEED fixes sizes and Ns.

"stored, answer lost and asked again" is `stored_not_answered`: every application asks again until it knows.
"""

import os
import random
import time

import pytest

from crowd import Crowd, Deaths, Ledger, check_sam_events, running, wait_for_deaths
from service import Service, wait_until
from attacker import call
from wire import ConnectionClosed, RoleError

LONG = bool(os.environ.get("QSS_LONG"))
DEATHS_OF_EACH_N = 50 if LONG else 2
NS = range(2, 6) if LONG else (2,)
RESTART_DELAY_MS = 50
SETTINGS = {
    "lifetime_ms": 30_000,  # what the SAM opened and nobody heard of goes in time, before it is too much
    "logins_per_minute": 60_000, "requests_per_minute": 1_000_000, "device_requests_per_minute": 100_000,
}
POINTS = {
    "opened_not_pending": "qss-api", "assertion_not_approved": "qss-api", "approved_not_sent": "qss-api",
    "stored_not_answered": "qss-api",
    "open_not_durable": "qss-sam", "used_not_signed": "qss-sam", "signed_not_finished": "qss-sam",
    "finished_not_replied": "qss-sam",
}
# At these points the session that reached them is used and not finished: refused for good, never signed.
REFUSED = {"used_not_signed", "signed_not_finished"}
# At these it is as good as signed.
SIGNED = {"approved_not_sent", "stored_not_answered", "finished_not_replied"}


def flags(child, point, n):
    return ("--sandbox-restart-delay-ms", str(RESTART_DELAY_MS),
            "--child-flag", f"{child}=--crash-at", "--child-flag", f"{child}={point}:{n}")


def unacknowledged(service):
    try:
        return set(call(service, "sam", "LIST_UNACKNOWLEDGED", limit=100).session_ids)
    except (OSError, RoleError, ConnectionClosed):
        return None  # it is away


def drains(service):
    """What the SAM keeps now it does not keep for long, however often somebody dies."""
    kept = unacknowledged(service) or set()

    def gone():
        now = unacknowledged(service)
        return now is not None and not now & kept

    wait_until(gone, "the SAM's results are fetched and acknowledged", 60)


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_or_done_twice(tmp_path, point):
    seed = int(os.environ.get("QSS_SEED", random.randrange(2**32)))
    with running(Service(tmp_path / "data", SETTINGS)) as service:
        crowd, ledger, deaths = Crowd(service, seed), Ledger(service), Deaths(service)
        started = time.monotonic()
        try:
            dies_again_and_again(crowd, ledger, deaths, point)
        finally:
            crowd.leave()
            print(f"{point}: seed {seed}, {deaths.of(POINTS[point])} deaths, {len(crowd.made)} requests, "
                  f"{ledger.looks} looks, {time.monotonic() - started:.0f} s")
        crowd.stop_phones()
        answers = crowd.check_at_the_end(ledger, {200, 409} if POINTS[point] == "qss-sam" else {200})
        rows = ledger.look()
    print(f"{point}: {answers}")
    deaths.check(POINTS[point])
    check_sam_events(service, rows)
    refused, each = answers.get(409, 0), deaths.of(POINTS[point])
    if point in REFUSED:
        assert refused >= each, "each death cost the session that reached the point, which was refused"
        refused -= each
    # A SAM that dies may be using other sessions at that moment, at most one for each of the other phones.
    assert refused <= each * (len(crowd.employees) - 1)
    assert answers[200] >= (each if point in SIGNED else 1), "what reached the point was signed"


def dies_again_and_again(crowd, ledger, deaths, point):
    child = POINTS[point]
    crowd.start()
    for turn, n in enumerate(NS):
        crowd.restart(*flags(child, point, n))
        wait_for_deaths(deaths, child, (turn + 1) * DEATHS_OF_EACH_N, ledger.look)
        drains(crowd.service)
    crowd.restart()
    crowd.stop_asking()
