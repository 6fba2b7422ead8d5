"""What is read from the ledger's timestamps."""

import ledger
from ledger import LedgerRun


def run(created, claimed, finished=1000.0, *, tenant="a", priority=0, flow="f"):
    """A run."""
    return LedgerRun(flow, tenant, priority, created, claimed, finished)


def test_runs_at_once_are_counted_by_flow():
    """Runs count while they overlap; one that begins as another ends does not add to it."""
    runs = [run(0, 1, 5), run(0, 2, 4), run(0, 4, 6), run(0, 4.5, 6), run(0, 1, 9, flow="g")]
    assert ledger.most_at_once(runs) == {"f": 3, "g": 1}
    assert ledger.most_at_once([run(0, 1, 1)]) == {"f": 1}


def test_who_is_claimed_out_of_order_is_found():
    """Priority goes first, then half minutes of age; among equals any order will do."""
    urgent, early = run(1, 9, priority=5), run(0, 10)
    assert ledger.order_violations([urgent, early]) == 0
    assert ledger.order_violations([run(1, 11, priority=5), early]) == 1
    assert ledger.order_violations([run(1, 2), run(0, 3)]) == 0
    assert ledger.order_violations([run(40, 80), run(0, 90)]) == 1
    assert ledger.order_violations([run(0, 80, flow="g"), run(0, 90, priority=5)]) == 0


def test_what_was_not_waiting_yet_is_not_passed_over():
    """A run that was queued at the moment of a claim, or after it, has no right to it."""
    assert ledger.order_violations([run(0, 5), run(4.9, 6, priority=9), run(7, 8, priority=9)]) == 0


def test_overtaking_is_counted():
    """Those that came earlier and began later were overtaken."""
    late = run(5, 6, priority=9)
    assert ledger.overtaken(late, [late, run(0, 1), run(1, 7), run(2, 8), run(3, 9, flow="g")]) == 2
