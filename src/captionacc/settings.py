"""One settings model, read from environment variables with the prefix ``CAPTIONACC_``.

What each setting means for the person who runs the program is in ``docs/operations.md``.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from captionacc.errors import MissingDependencyError, UsageError
from captionacc.logs import LogFormat  # noqa: TC001  # pydantic reads annotations at run time

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ENV_PREFIX = "CAPTIONACC_"

Device = Literal["auto", "cpu", "cuda"]
OcrEngineName = Literal["rapidocr", "tesseract"]
OcrRuntime = Literal["auto", "onnxruntime", "openvino"]
ComputePlace = Literal["local", "modal"]

_HINT = "Correct the variable or unset it; docs/operations.md lists every setting."


def available_cores() -> int:
    """Cores that this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def default_cache_dir() -> Path:
    """``captionacc`` in the user's cache folder, as the XDG base directory specification has it.

    Raises:
        UsageError: the user has no home folder.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():
        return base / "captionacc"
    try:
        return Path.home() / ".cache" / "captionacc"
    except RuntimeError:
        raise UsageError(
            "This user has no home folder for the cache.",
            f"Set {ENV_PREFIX}CACHE_DIR to a folder that can be written.",
        ) from None


def default_data_dir() -> Path:
    """``captionacc`` in the user's data folder, as the XDG base directory specification has it.

    Raises:
        UsageError: the user has no home folder.
    """
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    if base.is_absolute():
        return base / "captionacc"
    try:
        return Path.home() / ".local" / "share" / "captionacc"
    except RuntimeError:
        raise UsageError(
            "This user has no home folder for the data.",
            f"Set {ENV_PREFIX}DATA_DIR to a folder that can be written.",
        ) from None


def _expanded(value: Any) -> Any:  # noqa: ANN401 - a validator gets what the caller gave
    if not isinstance(value, str | Path):
        return value
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # "~somebody" names nobody
        raise ValueError(str(error)) from None


ExpandedPath = Annotated[Path, BeforeValidator(_expanded)]

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """What may differ between two machines; everything else is a constant next to its use.

    Attributes:
        threads: Cores that one compute process may use for decoding, encoding and OCR.
        worker_memory_mb: Memory limit of a compute process in MiB; none if unset.
        device: Where OCR runs; ``auto`` takes CUDA if the runtime offers it.
        ocr_engine: The engine that reads captions.
        ocr_runtime: What runs the default engine's models; ``auto`` takes the fastest installed.
        language: The captions' language: an ISO 639 code such as ``en``, or Tesseract's name.
        tessdata_dir: Folder with Tesseract's language data; the library's own default if unset.
        cache_dir: Folder for what can be computed again.
        work_dir: Folder for partial work, which a later run resumes.
        layout_interval_s: Seconds between the full frames that the layout is found from.
        data_dir: Folder where the embedded services keep everything.
        log_format: Whether processes log lines for people or JSON.
        environment: Which of several deployments this is; part of the bucket's name.
        database_url: Postgres, as the service role; for LISTEN it must be no transaction pooler.
        s3_endpoint: URL of the object store; AWS's own for the region if unset.
        s3_region: Region that requests are signed for.
        s3_bucket: Bucket; ``captionacc-<environment>`` if unset.
        s3_access_key_id: Key that may read and write the whole bucket.
        s3_secret_access_key: Its secret.
        s3_role_arn: Role that is assumed for a tenant's temporary credentials.
        s3_sts_endpoint: URL of the token service that gives them; the object store's own if unset.
        api_host: Address that the API listens on.
        api_port: Its port.
        api_url: Where flows and the command line reach the API.
        prefect_api_url: Where the worker reaches the Prefect server.
        prefect_port: Port of the embedded Prefect server and its UI.
        postgres_port: Port of the embedded Postgres.
        s3_port: Port of the embedded object store.
        webhook_secret: What the database's webhook sends to prove that it is the database.
        service_token: What flows send to prove that they are flows.
        jwt_jwks_url: Where the keys of asymmetrically signed user tokens are.
        jwt_secret: Key of HS256-signed user tokens; never together with ``jwt_jwks_url``.
        jwt_issuer: Who must have issued user tokens.
        has_local_session: Whether clients on this machine are signed in without a password.
        supabase_url: The Supabase project whose users sign in on the web page.
        supabase_anon_key: Its public key.
        max_upload_bytes: Largest video that may be uploaded.
        initial_processing_limit: Videos processed at once for the first time.
        crop_and_infer_limit: Layouts processed at once.
        median_ocr_limit: Batches of captions read at once.
        compute: Where compute functions run: processes of this machine, or Modal's GPUs.
        compute_workers: Compute processes of this machine.
        min_free_mb: Free disk space in MiB under which no queued work begins.
        deleted_kept_s: Seconds for which a deleted video can be had back.
        idle_exit_s: Seconds without any use after which the platform ends itself; never if unset.
        modal_app: Name of the Modal app and of its secret; ``captionacc-<environment>`` if unset.
    """

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_ignore_empty=True, frozen=True)

    threads: int = Field(default_factory=available_cores, ge=1, le=512)
    worker_memory_mb: int | None = Field(default=None, ge=512)
    device: Device = "auto"
    ocr_engine: OcrEngineName = "rapidocr"
    ocr_runtime: OcrRuntime = "auto"
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,8}([-_+][A-Za-z0-9]{1,8})*$")
    tessdata_dir: ExpandedPath | None = None
    cache_dir: ExpandedPath = Field(default_factory=default_cache_dir)
    work_dir: ExpandedPath = Field(default_factory=lambda data: data["cache_dir"] / "work")
    layout_interval_s: float = Field(default=10.0, ge=0.5, le=600)
    data_dir: ExpandedPath = Field(default_factory=default_data_dir)
    log_format: LogFormat = "text"
    environment: str = Field(default="dev", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    database_url: SecretStr | None = None
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_bucket: str = Field(
        default_factory=lambda data: f"captionacc-{data['environment']}",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    )
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None
    s3_role_arn: str | None = None
    s3_sts_endpoint: str | None = None
    api_host: str = "127.0.0.1"
    api_port: Port = 8710
    api_url: str | None = None
    prefect_api_url: str | None = None
    prefect_port: Port = 4200
    postgres_port: Port = 8711
    s3_port: Port = 8712
    webhook_secret: SecretStr | None = None
    service_token: SecretStr | None = None
    jwt_jwks_url: str | None = None
    jwt_secret: SecretStr | None = None
    jwt_issuer: str | None = None
    has_local_session: bool = False
    supabase_url: str | None = None
    supabase_anon_key: str | None = None
    max_upload_bytes: int = Field(default=20 << 30, ge=1)
    initial_processing_limit: int = Field(default=5, ge=1)
    crop_and_infer_limit: int = Field(default=2, ge=1)
    median_ocr_limit: int = Field(default=10, ge=1)
    compute: ComputePlace = "local"
    compute_workers: int = Field(default=1, ge=1, le=64)
    min_free_mb: int = Field(default=500, ge=0)
    deleted_kept_s: float = Field(default=7 * 86400, ge=0)
    idle_exit_s: float | None = Field(default=None, ge=5)
    modal_app: str = Field(
        default_factory=lambda data: f"captionacc-{data['environment']}",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$",
    )

    @model_validator(mode="after")
    def _has_one_kind_of_token(self) -> Self:
        if self.jwt_jwks_url is not None and self.jwt_secret is not None:
            raise ValueError("set one of the two, or a token of either kind would be accepted")
        return self


def variable_name(field: str) -> str:
    """The environment variable that sets ``field``."""
    return f"{ENV_PREFIX}{field.upper()}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        UsageError: a variable holds a value that cannot work, or names no setting.
    """
    _reject_unknown_variables()
    try:
        return Settings()
    except ValidationError as error:
        raise UsageError(_describe(error), _HINT) from None


def _reject_unknown_variables() -> None:
    known = [variable_name(field) for field in Settings.model_fields]
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            guess = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"{name} is not a setting.{guess}", _HINT)


def require(field: str) -> str:
    """The text of an optional setting that the caller cannot do without.

    Raises:
        MissingDependencyError: it is not set.
    """
    value: SecretStr | str | None = getattr(get_settings(), field)
    if value is None:
        raise MissingDependencyError(
            f"{variable_name(field)} is not set.",
            "`captionacc up` sets it for the services that it starts; else set it yourself.",
        )
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _describe(error: ValidationError) -> str:
    """One sentence for each variable; defaults that only follow from a wrong one are left out."""
    return " ".join(
        f"{_assignment(detail)} cannot work: {detail['msg']}."
        for detail in error.errors()
        if detail["type"] != "default_factory_not_called"
    )


def _assignment(detail: ErrorDetails) -> str:
    """The variable as it is set; a secret's value is not shown."""
    if not detail["loc"]:
        return f"{variable_name('jwt_jwks_url')} and {variable_name('jwt_secret')} together"
    field = str(detail["loc"][0])
    is_secret = "SecretStr" in str(Settings.model_fields[field].annotation)
    return variable_name(field) if is_secret else f"{variable_name(field)}={detail['input']}"
