"""``captionacc deploy-check``: is everything set up that a deployment needs?"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from captionacc.cli.options import AsJson  # noqa: TC001  # Typer reads the annotation at run time

if TYPE_CHECKING:
    from captionacc.deployment.findings import Finding

_MARKS = {"ok": "[green]ok[/green]", "wrong": "[red]wrong[/red]", "skipped": "[dim]skipped[/dim]"}


def deploy_check(as_json: AsJson = False) -> None:  # noqa: FBT002  # a flag
    """Say item by item what of this deployment is missing or wrong, and what mends it.

    Reads the production settings, asks each service, and changes nothing but a few small objects
    that it removes again. With --json each item is one object on a line of its own. Exit codes: 0
    all is well, 1 something is wrong.
    """
    findings = asyncio.run(_look(as_json=as_json))
    wrong = sum(finding.verdict == "wrong" for finding in findings)
    if not as_json:
        typer.echo(f"{wrong} wrong." if wrong else "All is well.")
    if wrong:
        raise typer.Exit(1)


async def _look(*, as_json: bool) -> list[Finding]:
    # The platform's libraries are no part of what `process` needs.
    from captionacc.deployment.check import check_deployment  # noqa: PLC0415
    from captionacc.settings import get_settings  # noqa: PLC0415

    findings: list[Finding] = []
    async for finding in check_deployment(get_settings()):
        findings.append(finding)
        _show(finding, as_json=as_json)
    return findings


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(finding)))
        return
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{_MARKS[finding.verdict]:<22} [bold]{finding.item}[/bold]: ", end="")
    console.print(finding.detail, markup=False)
    if finding.cure:
        console.print(f"        {finding.cure}", markup=False)
