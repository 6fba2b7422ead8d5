"""Shows the stack while it starts, then lets it run until the person has had enough."""

from __future__ import annotations

import sys
import time
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from captionacc.logs import configure_logging
from captionacc.settings import get_settings
from captionacc.stack.deployment import Deployment
from captionacc.stack.group import starting
from captionacc.stack.keeper import State
from captionacc.stack.relay import LogRelay
from captionacc.stack.supervisor import starting_stack

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.logs import LogFormat
    from captionacc.stack.keeper import Keeper
    from captionacc.stack.supervisor import Stack

_LOOK_EVERY_S: Final = 0.1
_MOST_LOG_BYTES: Final = 10 << 20
_STYLES: Final = {State.READY: "green", State.RESTARTING: "yellow", State.FAILED: "red"}


def keep_up(*, data_dir: Path | None, port: int | None, as_json: bool) -> None:
    """Run the stack until it is interrupted, or there is nothing to do for long enough.

    Raises:
        KeyboardInterrupt: it was; all has stopped.
        CaptionAccError: it cannot be started.
    """
    options = {"data_dir": data_dir and data_dir.expanduser(), "api_port": port}
    given = {name: value for name, value in options.items() if value is not None}
    settings = get_settings().model_copy(update=given)
    began = time.monotonic()
    with starting_stack(settings, given) as stack:
        _log_to(stack.folders.log("stack"), settings.log_format)
        if as_json:
            stack.wait_ready()
            typer.echo(stack.describe().model_dump_json())
        else:
            _show(stack, began)
        stack.idle.wait()


def serve_deployment() -> None:
    """Run the platform of this process's settings until there is nothing to do, or a signal comes.

    What the services say is printed, for whoever keeps what a container prints.

    Raises:
        KeyboardInterrupt: a signal came; all has stopped.
        CaptionAccError: something is missing, or a service cannot be started.
    """
    settings = get_settings()
    with starting(lambda folders: Deployment(folders, settings), settings) as deployment:
        names = ("stack", *(keeper.service.name for keeper in deployment.keepers))
        logs = [deployment.folders.log(name) for name in names]
        prefix = "{}: " if settings.log_format == "text" else ""
        with LogRelay(logs, sys.stdout, prefix):
            _log_to(logs[0], settings.log_format)
            while not deployment.idle.wait(_LOOK_EVERY_S):
                deployment.check()


def _show(stack: Stack, began: float) -> None:
    """A table that changes until all is ready, and stays as it is then."""
    console = Console(stderr=True)
    with Live(_table(stack), console=console, refresh_per_second=8, redirect_stdout=False) as live:
        while not stack.is_ready and not stack.idle.is_set():
            stack.check()
            time.sleep(_LOOK_EVERY_S)
            live.update(_table(stack))
    console.print(
        f"Ready after {time.monotonic() - began:.1f} s: {stack.api_url}/ is the web page."
        " Ctrl-C stops it; the data stays.",
        highlight=False,
    )


def _table(stack: Stack) -> Table:
    table = Table(title=f"CaptionA.cc in {stack.folders.root}", title_justify="left")
    for heading in ("service", "state", "address", "log"):
        table.add_column(heading, overflow="fold")
    for keeper in stack.keepers:
        log = stack.folders.log(keeper.service.name).relative_to(stack.folders.root)
        table.add_row(keeper.service.title, _state(keeper), keeper.service.address, str(log))
    return table


def _state(keeper: Keeper) -> str:
    style = _STYLES.get(keeper.state)
    return f"[{style}]{keeper.state}[/]" if style else keeper.state


def _log_to(path: Path, log_format: LogFormat) -> None:
    """Have what the supervisor itself has to say written beside its services' logs."""
    configure_logging(
        log_format, RotatingFileHandler(path, maxBytes=_MOST_LOG_BYTES, backupCount=1)
    )
