"""The stack's passwords, keys and tokens: made once, for their owner's eyes only."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from captionacc.errors import UsageError


def _token() -> str:
    return secrets.token_urlsafe(32)


class Secrets(BaseModel):
    """Made at random where they are not given.

    Attributes:
        database_password: Of Postgres's superuser.
        s3_access_key_id: Of the key to the whole object store.
        s3_secret_access_key: Its secret.
        s3_signing_key: With which the object store signs what it gives out.
        webhook_secret: What the database's webhook sends.
        service_token: What flows send.
        jwt_secret: Key of the local session's tokens.
    """

    model_config = ConfigDict(frozen=True)

    database_password: str = Field(default_factory=_token)
    s3_access_key_id: str = Field(default_factory=lambda: f"AK{secrets.token_hex(9).upper()}")
    s3_secret_access_key: str = Field(default_factory=_token)
    s3_signing_key: str = Field(default_factory=_token)
    webhook_secret: str = Field(default_factory=_token)
    service_token: str = Field(default_factory=_token)
    jwt_secret: str = Field(default_factory=_token)


def load_secrets(path: Path) -> Secrets:
    """Those of ``path``; what is missing there is made and kept.

    Raises:
        UsageError: the file is damaged.
        OSError: the place refuses them.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    try:
        found = Secrets.model_validate_json(text)
    except ValidationError as error:
        raise UsageError(
            f"{path} is damaged: {error.errors()[0]['msg']}.",
            "Put it back from a copy; without its passwords the data beside it stays closed.",
        ) from error
    kept = found.model_dump_json(indent=2)
    if kept != text:
        _write(path, kept)
    return found


def _write(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # is 0600
        file.write(text)
    Path(file.name).replace(path)
