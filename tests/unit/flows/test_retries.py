"""Which failure is worth another attempt."""

import pytest

from captionacc.errors import (
    BadInputError,
    CatalogError,
    ConflictError,
    InternalError,
    MissingDependencyError,
    NotAVideoError,
    WorkerLostError,
)
from captionacc.flows.retries import retry_delay_s


@pytest.mark.parametrize(
    "kind", [BadInputError, NotAVideoError, ConflictError, MissingDependencyError]
)
def test_what_fails_the_same_way_again_is_not_tried_again(kind):
    """Bad input, wrong usage and what is missing fail at once."""
    assert retry_delay_s(kind("no"), attempt=1) is None


@pytest.mark.parametrize("kind", [CatalogError, WorkerLostError])
def test_what_passes_by_itself_is_tried_again_after_a_growing_pause(kind):
    """The pause doubles, and has a limit."""
    pauses = [retry_delay_s(kind("soon"), attempt) for attempt in (1, 2, 3, 30)]
    assert pauses == [5.0, 10.0, 20.0, 60.0]


def test_a_bug_is_tried_once_more():
    """A bug may be a rare one, but hardly twice."""
    assert retry_delay_s(InternalError("oh"), attempt=1) is not None
    assert retry_delay_s(InternalError("oh"), attempt=2) is None
