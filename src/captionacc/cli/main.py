"""The program: its commands, and what each kind of failure means for the one who called it."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, NoReturn

import typer

import captionacc
from captionacc.cli.api import api
from captionacc.cli.approve import approve
from captionacc.cli.bucket import bucket
from captionacc.cli.cancel import cancel
from captionacc.cli.delete import delete
from captionacc.cli.demo import demo
from captionacc.cli.deploy_check import deploy_check
from captionacc.cli.doctor import doctor
from captionacc.cli.export import export
from captionacc.cli.migrate import migrate
from captionacc.cli.pause import pause, resume
from captionacc.cli.process import process
from captionacc.cli.restart import restart
from captionacc.cli.restore import restore
from captionacc.cli.retry import retry
from captionacc.cli.runs import runs
from captionacc.cli.serve import serve
from captionacc.cli.signals import treat_as_interrupt
from captionacc.cli.status import status
from captionacc.cli.up import up
from captionacc.cli.upload import upload
from captionacc.cli.watch import watch
from captionacc.cli.worker import worker
from captionacc.errors import CaptionAccError, InternalError

INTERRUPTED_EXIT_CODE = 130

app = typer.Typer(
    help="Exact, timed text from videos with burned-in captions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command()(process)
app.command()(up)
app.command()(upload)
app.command()(watch)
app.command()(approve)
app.command()(export)
app.command()(status)
app.command()(runs)
app.command()(retry)
app.command()(restart)
app.command()(cancel)
app.command()(delete)
app.command()(restore)
app.command()(pause)
app.command()(resume)
app.command()(doctor)
app.command()(migrate)
app.command()(serve)
app.command()(bucket)
app.command()(deploy_check)
app.command()(api)
app.command()(worker)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # Typer's callbacks get the bare value
    if wanted:
        typer.echo(f"captionacc {captionacc.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[  # noqa: FBT002  # handled by its callback
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
    debug: Annotated[  # noqa: FBT002  # read where errors are shown
        bool, typer.Option("--debug", help="Show tracebacks.")
    ] = False,
) -> None:
    """Exact, timed text from videos with burned-in captions."""


def run() -> NoReturn:
    """Run the command line and end the process with the exit code that fits.

    0 done; 1 failed; 2 wrong usage; 3 not readable as video; 4 no caption found; 5 something is
    missing; 130 interrupted.
    """
    sys.exit(_run())


def _run() -> int | str | None:
    treat_as_interrupt()
    try:
        app()
    except SystemExit as end:
        return end.code
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    except CaptionAccError as error:
        return _tell(error)
    except Exception as error:  # noqa: BLE001  # the edge of the process: recorded, then told
        return _tell(_record(error))
    return 0


def _tell(error: CaptionAccError) -> int:
    from captionacc.cli.log import describe_failure  # noqa: PLC0415  # only failures need it

    if "--debug" in sys.argv:
        traceback.print_exception(error)
    for line in describe_failure(error):
        typer.echo(line, err=True)
    return error.exit_code


def _record(error: Exception) -> InternalError:
    from captionacc.cli.log import write_traceback  # noqa: PLC0415  # only failures need it

    write_traceback(error)
    bug = InternalError(f"A bug of ours: {type(error).__name__}: {error}".rstrip(": "))
    bug.__cause__ = error
    return bug
