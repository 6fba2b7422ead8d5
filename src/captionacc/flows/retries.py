"""Which failure is worth another attempt, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.errors import InternalError, TransientError

if TYPE_CHECKING:
    from captionacc.errors import CaptionAccError

_FIRST_DELAY_S: Final = 5.0
LONGEST_DELAY_S: Final = 60.0
"""No run waits longer for another attempt."""


def retry_delay_s(error: CaptionAccError, attempt: int) -> float | None:
    """Seconds to wait after attempt number ``attempt`` (1, 2, ...) failed; ``None``: no more.

    What passes by itself is tried again after a growing pause, a bug of ours once more, and all
    else never: the same input would fail the same way. How many attempts there are at most is the
    ledger's to say.
    """
    if isinstance(error, InternalError):
        return _FIRST_DELAY_S if attempt <= 1 else None
    if isinstance(error, TransientError):
        return min(_FIRST_DELAY_S * 2 ** (attempt - 1), LONGEST_DELAY_S)
    return None
