"""Who asks: verification of Supabase's tokens, of the service token, and local sessions."""

from __future__ import annotations

import asyncio
import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID  # noqa: TC003  # pydantic reads annotations at run time

import jwt
from pydantic import BaseModel

from captionacc.errors import (
    MissingDependencyError,
    ServiceUnavailableError,
    UnauthenticatedError,
    UsageError,
)
from captionacc.model.ids import TenantId, UserId

if TYPE_CHECKING:
    from pydantic import SecretStr

    from captionacc.settings import Settings

AUDIENCE: Final = "authenticated"
"""Who Supabase issues the tokens of signed-in users to."""

_LEEWAY_S: Final = 10.0
_KEY_SET_TIMEOUT_S: Final = 5.0
_KEY_SET_PAUSE_S: Final = 2.0
_SHORTEST_SECRET: Final = 32
_SESSION: Final = timedelta(hours=1)
_SIGN_IN: Final = "Sign in again."


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; without a tenant the user's profile names it."""

    user_id: UserId
    tenant_id: TenantId | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """Who asks, and for which tenant."""

    user_id: UserId
    tenant_id: TenantId
    expires_at: datetime


class _AppMetadata(BaseModel):
    tenant_id: UUID | None = None


class _Payload(BaseModel):
    """What we read of a token; ``app_metadata`` is written by the auth server alone."""

    sub: UUID
    exp: float
    app_metadata: _AppMetadata = _AppMetadata()


class _Keys(Protocol):
    """Where the key of a token comes from; algorithms are of one family only."""

    algorithms: tuple[str, ...]

    async def key_of(self, token: str) -> jwt.PyJWK | str: ...


class _SharedKey:
    algorithms: tuple[str, ...] = ("HS256",)

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret.get_secret_value()
        if len(self._secret.encode()) < _SHORTEST_SECRET:
            raise UsageError(
                "CAPTIONACC_JWT_SECRET is too short to sign with.",
                f"Give at least {_SHORTEST_SECRET} bytes.",
            )

    async def key_of(self, token: str) -> str:  # noqa: ARG002  # there is only one
        return self._secret


class _KeySet:
    """Keys from a URL, asked for one at a time, and not at once again after a failure."""

    algorithms: tuple[str, ...] = ("ES256", "RS256")

    def __init__(self, url: str) -> None:
        self._client = jwt.PyJWKClient(url, timeout=_KEY_SET_TIMEOUT_S)
        self._lock = asyncio.Lock()
        self._failed_at = -_KEY_SET_PAUSE_S

    async def key_of(self, token: str) -> jwt.PyJWK:
        key_id = jwt.get_unverified_header(token).get("kid")
        if not isinstance(key_id, str):
            raise jwt.InvalidTokenError("no key id")
        async with self._lock:
            if time.monotonic() - self._failed_at < _KEY_SET_PAUSE_S:
                raise _no_keys()
            try:
                return await asyncio.to_thread(self._client.get_signing_key, key_id)
            except jwt.PyJWKClientConnectionError as error:
                self._failed_at = time.monotonic()
                raise _no_keys() from error


def _no_keys() -> ServiceUnavailableError:
    return ServiceUnavailableError("The keys of tokens cannot be reached.", "Try again.")


class TokenVerifier:
    """Verifies users' tokens: asymmetric with a key set, or HS256 with a secret, never both.

    Raises:
        MissingDependencyError: the settings name neither.
        UsageError: the secret is too short, or local sessions cannot be signed.
    """

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.jwt_issuer
        self._keys = _keys(settings)

    async def verify(self, token: str) -> Claims:
        """What the token says.

        Raises:
            UnauthenticatedError: it is not valid, or no longer.
            ServiceUnavailableError: the key set cannot be reached.
        """
        try:
            if jwt.get_unverified_header(token).get("alg") not in self._keys.algorithms:
                raise jwt.InvalidAlgorithmError
            return _claims(self._decode(token, await self._keys.key_of(token)))
        except jwt.ExpiredSignatureError:
            raise UnauthenticatedError("The token has expired.", _SIGN_IN) from None
        except (jwt.PyJWTError, ValueError):
            raise UnauthenticatedError("The token is not valid.", _SIGN_IN) from None

    def _decode(self, token: str, key: jwt.PyJWK | str) -> dict[str, Any]:
        required = ["exp", "sub", "aud", *(["iss"] if self._issuer else [])]
        return jwt.decode(
            token,
            key,
            algorithms=self._keys.algorithms,
            audience=AUDIENCE,
            issuer=self._issuer,
            leeway=_LEEWAY_S,
            options={"require": required},
        )


def _keys(settings: Settings) -> _Keys:
    if settings.jwt_jwks_url is not None:
        if settings.has_local_session:
            raise UsageError(
                "CAPTIONACC_HAS_LOCAL_SESSION cannot be combined with CAPTIONACC_JWT_JWKS_URL.",
                "Local sessions are signed with CAPTIONACC_JWT_SECRET.",
            )
        return _KeySet(settings.jwt_jwks_url)
    if settings.jwt_secret is not None:
        return _SharedKey(settings.jwt_secret)
    raise MissingDependencyError(
        "Neither CAPTIONACC_JWT_JWKS_URL nor CAPTIONACC_JWT_SECRET is set.",
        "Set one of them: users' tokens cannot be verified otherwise.",
    )


def _claims(payload: dict[str, Any]) -> Claims:
    """Ids are brought into the one form that keys and the database have them in."""
    told = _Payload.model_validate(payload)
    tenant = told.app_metadata.tenant_id
    try:
        expires_at = datetime.fromtimestamp(told.exp, UTC)
    except OverflowError as error:
        raise ValueError("no such time") from error
    return Claims(
        UserId(str(told.sub)), None if tenant is None else TenantId(str(tenant)), expires_at
    )


def issue_session(settings: Settings, user_id: UserId, tenant_id: TenantId) -> tuple[str, datetime]:
    """A token for a client on this machine, and when it expires.

    Raises:
        MissingDependencyError: there is no secret to sign with.
    """
    if settings.jwt_secret is None:
        raise MissingDependencyError(
            "Local sessions need CAPTIONACC_JWT_SECRET to sign them.", "Set it."
        )
    now = datetime.now(UTC).replace(microsecond=0)
    payload = {
        "sub": user_id,
        "aud": AUDIENCE,
        "role": "authenticated",
        "app_metadata": {"tenant_id": tenant_id},
        "iat": now,
        "exp": now + _SESSION,
    }
    if settings.jwt_issuer is not None:
        payload["iss"] = settings.jwt_issuer
    secret = settings.jwt_secret.get_secret_value()
    return jwt.encode(payload, secret, algorithm="HS256"), now + _SESSION


def is_same_secret(given: str, expected: SecretStr) -> bool:
    """Whether they are the same, in a time that does not tell how much of it is."""
    return hmac.compare_digest(given.encode(), expected.get_secret_value().encode())
