"""Are the settings whole, do the services answer, and do their clocks agree?"""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import httpx

from captionacc.compute.backends.gpu_functions import GPU_FUNCTIONS
from captionacc.deployment.findings import Check, NotAskedError, WrongError
from captionacc.model.runs import WORK_POOL, FlowName

if TYPE_CHECKING:
    from captionacc.deployment.context import Context

MOST_SKEW_S: Final = 30.0
"""Requests to an object store are refused at 15 minutes; tokens are given 10 s."""

_DEPLOY: Final = "Run: .venv/bin/modal deploy deploy/modal_app.py"
_API: Final = "Set CAPTIONACC_API_URL to the API's address, and see that it runs: fly status"
_PREFECT: Final = "Set CAPTIONACC_PREFECT_API_URL to Prefect's API, and see that it runs."
_KEYS: Final = (
    "Set CAPTIONACC_JWT_JWKS_URL to https://<project>.supabase.co/auth/v1/.well-known/jwks.json"
)
_CLOCK: Final = "Set this machine's clock by a time server: timedatectl set-ntp true"


async def _are_set(context: Context) -> str:
    missing = context.unset()
    if missing:
        raise WrongError(f"Not set: {', '.join(missing)}.", f"Set {' and '.join(missing)}.")
    return "All that a deployment needs is set."


async def _api_answers(context: Context) -> str:
    answer = await _get(context, f"{context.api_url}/healthz", _API)
    return f"It answers in {answer.elapsed.total_seconds():.2f} s."


async def _prefect_answers(context: Context) -> str:
    if not context.prefect_url:
        raise NotAskedError(
            "CAPTIONACC_PREFECT_API_URL is not set: `captionacc serve` has a Prefect of its own,"
            " which nobody reaches from outside."
        )
    await _get(context, f"{context.prefect_url}/health", _PREFECT)
    return "It answers."


async def _has_deployments(context: Context) -> str:
    for flow in FlowName:
        url = f"{context.prefect_url}/deployments/name/{flow.value}/{WORK_POOL}"
        await _get(context, url, "Run: .venv/bin/captionacc worker --register-only")
    return "The three flows are registered."


async def _has_keys(context: Context) -> str:
    url = context.settings.jwt_jwks_url
    if url is None:
        return "Tokens are signed with a shared secret."
    try:
        keys = (await _get(context, url, _KEYS)).json()["keys"]
    except (ValueError, KeyError, TypeError):
        raise WrongError(f"{url} holds no key set.", _KEYS) from None
    if not any(key.get("kty") in {"EC", "RSA"} for key in keys):
        raise WrongError(
            f"{url} holds no public key: tokens are still signed with the shared secret.",
            "Switch the project to asymmetric JWT signing keys in Supabase's dashboard.",
        )
    return f"{len(keys)} public keys verify tokens."


async def _clocks_agree(context: Context) -> str:
    async with context.catalog() as catalog:
        skews = {"database": await catalog.deployment.clock_s() - time.time()}
    answer = await context.http.get(f"{context.access.endpoint or context.api_url}/")
    if "date" in answer.headers:
        told = parsedate_to_datetime(answer.headers["date"]).timestamp()
        skews["object store"] = told - time.time()
    far = {name: skew for name, skew in skews.items() if abs(skew) > MOST_SKEW_S}
    if far:
        listed = ", ".join(f"{name} by {skew:+.0f} s" for name, skew in far.items())
        raise WrongError(f"This machine's clock differs from that of: {listed}.", _CLOCK)
    return "The clocks agree."


async def _modal_is_signed_in(context: Context) -> str:
    _must_use_modal(context)
    from captionacc.compute.backends.modal_app_look import look_up  # noqa: PLC0415  # optional

    await asyncio.to_thread(look_up, context.settings.modal_app, GPU_FUNCTIONS[0])
    return "The token is known, and the app is found."


async def _modal_has_functions(context: Context) -> str:
    _must_use_modal(context)
    from captionacc.compute.backends.modal_app_look import look_up  # noqa: PLC0415  # optional

    for function in GPU_FUNCTIONS:
        found = await asyncio.to_thread(look_up, context.settings.modal_app, function)
        if found != (function.gpu, function.timeout_s):
            raise WrongError(
                f"{function.name} runs on {found[0]} for at most {found[1]} s, not on"
                f" {function.gpu} for {function.timeout_s} s.",
                _DEPLOY,
            )
    return "The three functions are deployed as they should be."


def _must_use_modal(context: Context) -> None:
    if context.settings.compute != "modal":
        raise NotAskedError("Compute runs on the worker's own machine.")


async def _get(context: Context, url: str, cure: str) -> httpx.Response:
    try:
        answer = await context.http.get(url)
    except httpx.HTTPError as error:
        raise WrongError(f"{url} does not answer: {type(error).__name__}.", cure) from error
    if not answer.is_success:
        raise WrongError(f"{url} answers {answer.status_code}.", cure)
    return answer


SETTINGS_CHECK: Final = Check("settings", _are_set, "docs/operations.md lists every setting.")
SERVICE_CHECKS: Final = (
    Check("clock", _clocks_agree, _CLOCK, ("database", "bucket")),
    Check("token keys", _has_keys, _KEYS, ("settings",)),
    Check("api", _api_answers, _API, ("settings",)),
    Check("prefect", _prefect_answers, _PREFECT, ("settings",)),
    Check("prefect deployments", _has_deployments, _PREFECT, ("prefect",)),
    Check("modal app", _modal_is_signed_in, _DEPLOY, ("settings",)),
    Check("modal functions", _modal_has_functions, _DEPLOY, ("modal app",)),
)
