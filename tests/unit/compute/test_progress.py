"""Throttling of progress reports."""

from captionacc.compute.progress import Phase, ProgressEvent, ThrottledProgress


def throttled(times):
    """A throttle whose clock shows these times, and what it lets through."""
    sent = []
    clock = iter(times)
    return ThrottledProgress(sent.append, interval_s=1.0, clock=lambda: next(clock)), sent


def test_reports_are_thinned_out_in_time():
    """Reports of one phase within the interval are dropped."""
    progress, sent = throttled([10.0, 10.5, 11.0])
    for fraction in (0.1, 0.2, 0.3):
        progress.report(Phase.SAMPLE, fraction)
    assert [event.fraction for event in sent] == [0.1, 0.3]


def test_phase_changes_and_ends_are_never_dropped():
    """The first report of a phase and its end always pass, the end only once."""
    progress, sent = throttled([10.0, 10.1, 10.2, 10.3])
    progress.report(Phase.SAMPLE, 0.5)
    progress.report(Phase.SAMPLE, 1.0)
    progress.report(Phase.SAMPLE, 1.0)
    progress.report(Phase.READ, 0.0, 4.0)
    assert sent == [
        ProgressEvent(Phase.SAMPLE, 0.5),
        ProgressEvent(Phase.SAMPLE, 1.0),
        ProgressEvent(Phase.READ, 0.0, 4.0),
    ]


def test_fractions_are_kept_within_bounds():
    """A fraction beyond 0-1 is cut, so that no display shows 103 %."""
    progress, sent = throttled([10.0, 12.0])
    progress.report(Phase.SAMPLE, -0.2)
    progress.report(Phase.SAMPLE, 1.03)
    assert [event.fraction for event in sent] == [0.0, 1.0]


def test_a_phase_never_goes_back():
    """More to do than was thought holds the fraction; the next phase begins anew."""
    progress, sent = throttled([10.0, 12.0, 14.0, 16.0])
    for phase, fraction in ((Phase.READ, 0.8), (Phase.READ, 0.2), (Phase.READ, 0.9)):
        progress.report(phase, fraction)
    progress.report(Phase.LAYOUT, 0.1)
    assert [event.fraction for event in sent] == [0.8, 0.8, 0.9, 0.1]
