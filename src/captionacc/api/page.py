"""The web page: what ``tools/web.py`` has built, and the policy that a browser holds it to."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fastapi.responses import FileResponse, HTMLResponse, Response

from captionacc.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI
    from starlette.requests import Request

    from captionacc.api.services import Services

STATIC: Final = Path(__file__).parent / "static"

PAGES: Final = ("/", "/sign-in", "/deleted", "/videos/{rest:path}")
"""What the page's own router shows; all of them are the one document."""

_NONCE: Final = "csp-nonce-of-the-answer"
"""What stands in the built document where the answer's own nonce belongs."""

_LOOSE_FILES: Final = frozenset({"favicon.svg", "theme.js"})
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_REVALIDATED: Final = "no-cache"


def add_page(app: FastAPI, services: Services) -> None:
    """Serve the page and its files; nothing of it is part of the API's description."""
    outside = _OutsideOrigins(services)

    async def document(_: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(
            _read_document().replace(_NONCE, nonce),
            headers={
                "Content-Security-Policy": policy(nonce, await outside.get()),
                "Cache-Control": _REVALIDATED,
            },
        )

    async def asset(request: Request) -> Response:
        return _file(request, STATIC / "assets", request.path_params["name"], _IMMUTABLE)

    async def loose_file(request: Request) -> Response:
        return _file(request, STATIC, request.url.path.removeprefix("/"), _REVALIDATED)

    for path in PAGES:
        app.add_route(path, document, include_in_schema=False)
    app.add_route("/assets/{name}", asset, include_in_schema=False)
    for name in _LOOSE_FILES:
        app.add_route(f"/{name}", loose_file, include_in_schema=False)


def policy(nonce: str, origins: Iterable[str]) -> str:
    """The Content-Security-Policy (level 3): our own scripts, and the services that we name.

    Args:
        nonce: Of the style sheets that libraries of the page make while it runs.
        origins: Those of the object store and of the sign-in service.
    """
    outside = " ".join(origins)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            f"style-src 'self' 'nonce-{nonce}'",
            f"connect-src 'self' {outside}",
            f"img-src 'self' blob: data: {outside}",
            f"media-src 'self' blob: {outside}",
            "worker-src 'self'",
            "font-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class _OutsideOrigins:
    """Where the page may go besides the API: found out once, as signing takes a moment at first."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: tuple[str, ...] | None = None

    async def get(self) -> tuple[str, ...]:
        if self._found is None:
            self._found = await asyncio.to_thread(self._find)
        return self._found

    def _find(self) -> tuple[str, ...]:
        """Both ways to sign count: one may name the bucket in the host, the other in the path."""
        signer, supabase_url = self._services.signer, self._services.settings.supabase_url
        signed = [signer.presign_get("x", 1), signer.presign_part("x", "x", 1, 1)]
        found = [_origin(url) for url in (*signed, supabase_url) if url]
        if supabase_url:
            found.append(_origin(supabase_url).replace("http", "ws", 1))  # its Realtime
        return tuple(dict.fromkeys(found))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _read_document() -> str:
    try:
        return (STATIC / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(
            "The web page has not been built.", "`make setup` builds it; the API works without it."
        ) from None


def _file(request: Request, folder: Path, name: str, cache_control: str) -> Response:
    """One file of the folder, compressed if the browser takes that."""
    plain = folder / name
    if plain.parent != folder or name.endswith(".gz") or not plain.is_file():
        raise NotFoundError(f"There is no file {name}.", "Load the page again.")
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    packed = folder / f"{name}.gz"
    if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
        headers["Content-Encoding"] = "gzip"
        plain = packed
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FileResponse(plain, media_type=media_type, headers=headers)
