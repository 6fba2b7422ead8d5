"""Goes through all items of a deployment; what depends on something wrong is not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

from captionacc.deployment.context import Context
from captionacc.deployment.database_checks import DATABASE_CHECKS
from captionacc.deployment.findings import Finding, NotAskedError, Verdict, WrongError
from captionacc.deployment.service_checks import SERVICE_CHECKS, SETTINGS_CHECK
from captionacc.deployment.store_checks import STORE_CHECKS
from captionacc.errors import CaptionAccError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from captionacc.deployment.findings import Check
    from captionacc.settings import Settings

CHECKS: Final = (SETTINGS_CHECK, *DATABASE_CHECKS, *STORE_CHECKS, *SERVICE_CHECKS)

_TIMEOUT_S: Final = 20.0  # a machine that was asleep needs some to answer


async def check_deployment(settings: Settings) -> AsyncIterator[Finding]:
    """What is found about each item, as it is found."""
    well: set[str] = set()
    async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
        context = Context(settings, http)
        for check in CHECKS:
            finding = await _look(check, context, well)
            if finding.verdict is Verdict.OK:
                well.add(check.item)
            yield finding


async def _look(check: Check, context: Context, well: set[str]) -> Finding:
    missing = [item for item in check.needs if item not in well]
    if missing:
        return Finding(check.item, Verdict.SKIPPED, f"Only after: {', '.join(missing)}.")
    try:
        return Finding(check.item, Verdict.OK, await check.run(context))
    except NotAskedError as reason:
        return Finding(check.item, Verdict.SKIPPED, str(reason))
    except WrongError as wrong:
        return Finding(check.item, Verdict.WRONG, wrong.detail, wrong.cure)
    except CaptionAccError as error:
        return Finding(check.item, Verdict.WRONG, error.message, error.hint or check.cure)
    except httpx.HTTPError as error:
        return Finding(check.item, Verdict.WRONG, f"{type(error).__name__}: {error}.", check.cure)
