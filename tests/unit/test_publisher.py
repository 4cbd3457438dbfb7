"""What is gathered, when it is due, and that one failure stops nothing."""

from __future__ import annotations

import threading
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.board.publisher import Gatherer, Publisher
from tests.support.sockets import until


def test_after_a_quiet_time_it_is_due_at_once() -> None:
    gatherer = Gatherer(0.1)
    assert gatherer.next_due() is None
    gatherer.add("a", 4, 5)
    assert gatherer.take(10.0) == [("a", 4, 5)]
    assert gatherer.take(10.0) == []


def test_a_burst_is_gathered_into_one_range_at_most_every_interval() -> None:
    gatherer = Gatherer(0.1)
    gatherer.add("a", 0, 1)
    gatherer.take(10.0)
    gatherer.add("a", 2, 3)
    gatherer.add("a", 1, 2)
    assert gatherer.take(10.05) == []
    assert gatherer.next_due() == 10.1
    assert gatherer.take(10.1) == [("a", 1, 3)]


def test_subjects_do_not_wait_for_each_other() -> None:
    gatherer = Gatherer(0.1)
    gatherer.add("a", 0, 1)
    gatherer.take(10.0)
    gatherer.add("a", 1, 2)
    gatherer.add("b", 7, 8)
    assert gatherer.take(10.01) == [("b", 7, 8)]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 300)), max_size=40))
def test_nothing_is_lost_and_nothing_comes_too_often(commits: list[tuple[str, int]]) -> None:
    """Commits at hundredths of a second, in order; everything is published, each subject's ranges meet."""
    gatherer, seqs = Gatherer(0.1), {"a": 0, "b": 0}
    published: dict[str, list[tuple[float, int, int]]] = {"a": [], "b": []}
    at = sorted(commits, key=lambda commit: commit[1])
    for hundredth in range(330):
        now = hundredth / 100
        while at and at[0][1] == hundredth:
            subject, _ = at.pop(0)
            gatherer.add(subject, seqs[subject], seqs[subject] + 1)
            seqs[subject] += 1
        for subject, began, seq in gatherer.take(now):
            published[subject].append((now, began, seq))
    assert gatherer.next_due() is None
    for subject, ranges in published.items():
        ends = [0, *(seq for _, _, seq in ranges)]
        assert [began for _, began, _ in ranges] == ends[:-1]
        assert ends[-1] == seqs[subject]
        times = [now for now, _, _ in ranges]
        assert all(later - earlier >= 0.0999 for earlier, later in pairwise(times))


def test_a_publish_that_fails_does_not_stop_the_next() -> None:
    published: list[str] = []
    failed = threading.Event()

    def publish(subject: str, _began: int, _seq: int) -> None:
        if subject == "bad":
            failed.set()
            raise RuntimeError("no database")
        published.append(subject)

    publisher = Publisher(publish, 0.01)
    publisher.add("bad", 0, 1)
    assert failed.wait(5)
    publisher.add("good", 0, 1)
    until(lambda: published == ["good"])
    publisher.stop()
    publisher.add("late", 0, 1)
    assert published == ["good"]
