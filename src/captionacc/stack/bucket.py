"""Sets the bucket up, in a process of its own: the library for it is large, and needed once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from captionacc.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from captionacc.stack.object_store import ObjectStoreService

_CODE: Final = (
    "from captionacc.storage.admin import ensure_bucket;"
    "from captionacc.storage.location import default_access;"
    "ensure_bucket(default_access())"
)
_LIMIT_S: Final = 60.0


def set_up_bucket(store: ObjectStoreService) -> None:
    """Make the bucket usable by browsers, once for each data folder.

    Raises:
        ServiceUnavailableError: the store refuses.
    """
    done = store.folders.home(store.name) / "bucket.json"
    wanted = json.dumps({"bucket": store.bucket})
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return
    result = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", _CODE],
        env=os.environ | store.environment,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    if result.returncode:
        raise ServiceUnavailableError(
            f"The bucket cannot be set up: {result.stderr.strip().splitlines()[-1]}",
            f"The store's log is {store.folders.log(store.name)}.",
        )
    done.write_text(wanted, encoding="utf-8")
