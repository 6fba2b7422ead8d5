"""Prefect's own settings for our processes. It reads them when it is first imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from captionacc.settings import Settings


def prefect_environment(settings: Settings) -> dict[str, str]:
    """Environment variables for a client of our Prefect server."""
    variables = {
        "PREFECT_HOME": str(settings.data_dir / "prefect"),
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    if settings.prefect_api_url is not None:
        variables["PREFECT_API_URL"] = settings.prefect_api_url
    return variables


def configure_prefect(settings: Settings) -> None:
    """Set what this process's environment does not say already; before Prefect is imported."""
    (settings.data_dir / "prefect").mkdir(parents=True, exist_ok=True)
    for name, value in prefect_environment(settings).items():
        os.environ.setdefault(name, value)
