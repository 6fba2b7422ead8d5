"""Ends a service's process; whoever keeps the stack starts it again."""

from __future__ import annotations

import signal
import sys
import time
from typing import Final

from captionacc.cli.restart import ServiceName
from captionacc.cli.stack_state import read_stack_state, running_pid
from captionacc.errors import MissingDependencyError, ServiceUnavailableError
from captionacc.settings import get_settings
from captionacc.stack.child import end_noted
from captionacc.stack.folders import StackFolders

_GRACE_S: Final = 10.0
_BACK_S: Final = 120.0
_LOOK_S: Final = 0.2


def run_restart(service: ServiceName) -> int:
    """Return the exit code once another process runs.

    Raises:
        MissingDependencyError: no stack runs on this machine.
        ServiceUnavailableError: the service does not come back.
    """
    folders = StackFolders(get_settings().data_dir)
    state = read_stack_state(folders.root)
    if state is None or not state.is_alive:
        raise MissingDependencyError(
            "No stack runs in this data folder.", "Start it: captionacc up"
        )
    before = running_pid(folders.pid(service))
    # A Postgres that is asked with SIGTERM waits until all others have gone.
    number = signal.SIGINT if service is ServiceName.POSTGRES else signal.SIGTERM
    end_noted(folders.pid(service), number, _GRACE_S)
    pid = _await_another(folders, service, before)
    sys.stdout.write(f"{service} runs again, as process {pid}.\n")
    return 0


def _await_another(folders: StackFolders, service: ServiceName, before: int | None) -> int:
    deadline = time.monotonic() + _BACK_S
    while (pid := running_pid(folders.pid(service))) in {None, before}:
        if time.monotonic() > deadline:
            raise ServiceUnavailableError(
                f"{service} did not come back within {_BACK_S:.0f} s.",
                f"Its log is {folders.log(service)}.",
            )
        time.sleep(_LOOK_S)
    assert pid is not None  # noqa: S101  # as the loop's condition says
    return pid
