"""A disk that is full, under the main database and under the SAM's record: nothing is signed that is not recorded,
everybody is told to come later, and when there is space again the service goes on by itself, the books exact.

Needs a file system of its own, a tmpfs, and so root; elsewhere these tests are skipped.
"""

import os
import random
import subprocess
import time
from contextlib import contextmanager

import pytest
import requests

from crowd import Crowd, Deaths, Ledger, check_sam_events
from load import Request
from service import Service, wait_until

DISK = "16m"
TIMES = 10 if os.environ.get("QSS_LONG") else 1
FLOWING = 6  # answers that show that all is well
RATES = {"logins_per_minute": 60_000, "requests_per_minute": 1_000_000, "device_requests_per_minute": 100_000}
FULL = 503
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")


@contextmanager
def service_on_small_disk(tmp_path, part):
    """A service whose data/`part` is a file system of its own, and the file that fills it."""
    service = Service(tmp_path / "data", RATES)
    directory = service.directory / part
    subprocess.run(["cp", "-a", directory, tmp_path / "kept"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "qss-test", directory], check=True)
    try:
        subprocess.run(["cp", "-a", f"{tmp_path / 'kept'}/.", directory], check=True)
        yield service.start(), directory / "ballast"
    finally:
        service.stop()
        subprocess.run(["umount", directory], check=True)


def fill(ballast):
    """Until not one more byte fits."""
    with open(ballast, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                pass


def refused(crowd):
    """The 503 to a new request, or None if it could still be recorded; it is asked again at the end."""
    pair = crowd.connection(crowd.tenant.application), Request(crowd.employees[0])
    with crowd.lock:
        crowd.made.append(pair)
    try:
        answer = pair[1].ask(pair[0], timeout=2)
    except requests.Timeout:  # it waits: this one was small enough, the phone's approval was not
        return None
    assert answer.status_code in (200, FULL), answer.text
    return {"refusal": answer} if answer.status_code == FULL else None  # a refusal by itself is false


def taps_refused(crowd):
    return sum(phone.codes[FULL] for phone in crowd.phones)


def fill_again_and_again(crowd, ledger, ballast, when_full):
    """TIMES the disk is full until everybody is refused, and free again until everybody goes on."""
    for _ in range(TIMES):
        before = crowd.answered()
        wait_until(lambda: crowd.answered() >= before + FLOWING, "it flows", 60)
        fill(ballast)
        # What was allocated before may still be written for a while.
        answer = wait_until(lambda: refused(crowd), "nothing more can be recorded", 60)["refusal"]
        assert int(answer.headers["Retry-After"]) > 0
        if crowd.service.directory / "api" in ballast.parents:
            wait_until(lambda: requests.get(f"{crowd.service.health_url}/readyz", timeout=20).json() ==
                       {"status": "database away"}, "the operator can see it")
        assert answer.json()["description"] == "Service busy, please retry later" and "signature" not in answer.text
        ledger.look()
        when_full()
        ballast.unlink()


@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
@pytest.mark.parametrize("part", ["api", "sam"])
def test_a_full_disk(tmp_path, part, killed):
    """`api`: the main database. `sam`: the SAM's record; a session that it had used when its result did not fit
    any more is refused for good. `killed`: the process dies and starts again while its disk is full."""
    child = f"qss-{part}"
    seed = int(os.environ.get("QSS_SEED", random.randrange(2**32)))
    with service_on_small_disk(tmp_path, part) as (service, ballast):
        crowd, ledger, started = Crowd(service, seed), Ledger(service), time.monotonic()
        deaths = Deaths(service)
        try:
            crowd.start()
            fill_again_and_again(crowd, ledger, ballast, lambda: killed and service.kill(child))
            before = crowd.answered()
            wait_until(lambda: crowd.answered() >= before + FLOWING, "it goes on by itself", 60)
            crowd.stop_asking()
            for pair in crowd.made:
                crowd.ask(*pair)
            answers = crowd.check_at_the_end(ledger, {200, 409} if part == "sam" else {200})
            rows = ledger.look()
        finally:
            crowd.leave()
            print(f"{part}, killed {killed}: seed {seed}, full {TIMES} times, {len(crowd.made)} requests, "
                  f"{taps_refused(crowd)} taps refused, {time.monotonic() - started:.0f} s")
        crowd.stop_phones()
        service.stop()
        print(f"{part}: {answers}")
        # It may not start, again and again, while its disk is full; the others do not notice.
        assert {name for name, _ in deaths.look().ends} == ({child} if killed else set())
        check_sam_events(service, rows)
