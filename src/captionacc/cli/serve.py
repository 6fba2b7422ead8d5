"""``captionacc serve``: the platform on a machine of somebody else's."""

from __future__ import annotations

from contextlib import suppress


def serve() -> None:
    """Run API, worker and Prefect, with catalog and object store elsewhere, until a signal comes.

    With CAPTIONACC_IDLE_EXIT_S it ends itself when it has not been of use for so many seconds.
    Exit codes: 0 stopped or not needed, 1 failed, 2 wrong usage, 5 something is missing.
    """
    from captionacc.cli.standing import serve_deployment  # noqa: PLC0415  # help appears at once

    with suppress(KeyboardInterrupt):  # that is how it ends
        serve_deployment()
