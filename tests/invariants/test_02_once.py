"""Invariant 2, once: an approval activates one session, once; an expired one, none.

ECDSA signatures differ each time they are made: the same signatures again are the proof that the key was
used once.
"""

import threading

import pytest

from ceremony import unix_ms
from sam import SamBed, refused
from wire import ConnectionClosed, RoleError


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    with SamBed(tmp_path_factory.mktemp("once")) as running:
        yield running


@pytest.fixture
def anna(bed):
    return bed.signer().enrol()


def restart(bed, *flags, crash=True):
    """The SAM again, as after a crash."""
    if crash:
        bed.sam.kill()
    else:
        bed.sam.stop()
    bed.sam.start(*flags)


def in_parallel(bed, attempts):
    """Each attempt(connection), all at once, on connections of their own; their answers or RoleErrors."""
    barrier = threading.Barrier(len(attempts))
    answers = [None] * len(attempts)

    def run(number, attempt):
        connection = bed.connect()
        barrier.wait()
        try:
            answers[number] = attempt(connection)
        except RoleError as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def signatures_of(answers):
    """The different lists of signatures among results; everything else must be a conflict."""
    for answer in answers:
        assert not isinstance(answer, RoleError) or answer.code == "conflict", answer
    return {tuple(answer.signatures) for answer in answers if not isinstance(answer, RoleError)}


def test_the_same_approval_again_gives_the_same_signatures(anna):
    session = anna.open()
    approval = session.assertion()
    first = session.activate(approval)
    session.check_signed(first)
    assert session.activate(approval) == first
    assert session.activate(session.assertion(sign_count=5)) == first  # nor does a new approval
    assert session.activate() == first


def test_an_approval_serves_no_other_session(anna):
    first, second = anna.open(), anna.open()
    approval = first.assertion()
    refused("verification_failed", second.activate, approval)
    first.check_signed(first.activate(approval))
    refused("verification_failed", second.activate, approval)
    second.check_signed(second.approve())


def test_sessions_of_the_same_digests_are_different(anna):
    sessions = [anna.open() for _ in range(3)]
    assert len({session.challenge() for session in sessions}) == 3
    assert len({session.id for session in sessions}) == len({session.nonce for session in sessions}) == 3


def test_one_of_parallel_activations_signs(bed, anna):
    """Each with an approval of its own: both would do."""
    for _ in range(5):
        session = anna.open()
        approvals = [session.assertion(sign_count=count) for count in range(8)]
        answers = in_parallel(bed, [lambda c, a=a: session.activate(a, c) for a in approvals])
        assert len(signatures_of(answers)) == 1
        session.check_signed(session.activate())


def test_cancelled_or_signed_but_not_both(bed, anna):
    for _ in range(5):
        session = anna.open()
        approval = session.assertion()
        cancelled, signed = in_parallel(bed, [session.cancel, lambda c: session.activate(approval, c)])
        if isinstance(cancelled, RoleError):
            assert cancelled.code == "conflict"
            session.check_signed(signed)
        elif cancelled.HasField("result"):
            session.check_signed(cancelled.result)
            assert signed == cancelled.result
        else:
            assert isinstance(signed, RoleError) and signed.code in ("gone", "conflict")
            refused("gone", session.activate, approval)


def test_a_cancelled_session_never_signs(bed, anna):
    session = anna.open()
    session.cancel()
    refused("gone", session.approve)
    restart(bed)
    refused("gone", session.approve)
    session.cancel()  # again, harmless
    refused("gone", session.approve)


def test_a_cancellation_that_is_late_gives_the_result(anna):
    session, result = anna.sign()
    assert session.cancel().result == result
    assert session.activate() == result


def test_an_expired_session_never_signs(anna):
    session = anna.open(lifetime_ms=1)
    approval = session.assertion()
    while unix_ms() <= session.expires_at_unix_ms:
        pass  # a millisecond
    refused("expired", session.activate, approval)
    refused("expired", session.activate, approval)


def test_time_that_has_run_out_does_not_come_back(bed, anna):
    """The session expired by the SAM's clock, which then is set back."""
    session, later = anna.open(), anna.open(lifetime_ms=30 * 60_000)
    restart(bed, "--sandbox-clock-offset-ms", "120001", crash=False)
    refused("expired", session.approve)
    later.check_signed(later.approve())
    session.cancel()
    restart(bed, crash=False)
    refused("gone expired", session.approve)


def test_a_restart_forgets_nothing(bed, anna):
    session = anna.open()
    waiting = anna.open()
    approval = session.assertion()
    result = session.activate(approval)
    restart(bed)
    assert session.activate(approval) == result
    refused("verification_failed", waiting.activate, approval)
    session.acknowledge()
    assert session.activate(approval) == result  # from the archive
    restart(bed)
    assert session.activate(approval) == result
    waiting.check_signed(waiting.approve())


@pytest.mark.parametrize("point", ["used_not_signed", "signed_not_finished"])
def test_a_crash_between_use_and_result_is_a_refusal(bed, anna, point):
    """What may have been signed is never signed again."""
    session = anna.open()
    approval = session.assertion()
    restart(bed, "--crash-at", point)
    with pytest.raises(ConnectionClosed):
        session.activate(approval)
    bed.sam.process.wait(20)
    restart(bed)
    result = session.activate(approval)
    assert not result.signatures and not result.evidence and result.refusal_detail
    assert session.approve() == result
    session.acknowledge()
    assert session.approve() == result


def test_a_crash_after_the_result_keeps_it(bed, anna):
    session = anna.open()
    approval = session.assertion()
    restart(bed, "--crash-at", "finished_not_replied")
    with pytest.raises(ConnectionClosed):
        session.activate(approval)
    bed.sam.process.wait(20)
    restart(bed)
    listed = bed.call("LIST_UNACKNOWLEDGED", limit=100).session_ids
    assert session.id in listed
    result = session.activate()
    session.check_signed(result)
    assert session.activate(approval) == result


def test_what_was_not_used_is_not_acknowledged_away(anna):
    """An open session that could be acknowledged would be archived, and its id free to be told apart."""
    session = anna.open()
    refused("conflict", session.acknowledge)
    session.check_signed(session.approve())


def test_open_sessions_are_bounded(bed):
    boris = bed.signer(given_name="Boriss", identity_number="").enrol()
    for _ in range(50):
        boris.open()
    refused("quota_reached", boris.open)
