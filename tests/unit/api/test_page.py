"""The web page's document and files, as a browser gets them."""

import asyncio
import gzip
import re

import httpx
import pytest

from captionacc.api import page
from captionacc.api.app import create_app
from captionacc.settings import Settings

SETTINGS = {
    "database_url": "postgresql://unused",
    "webhook_secret": "unused",
    "service_token": "unused",
    "jwt_secret": "unused" * 8,
    "s3_endpoint": "http://127.0.0.1:9",
    "s3_access_key_id": "unused",
    "s3_secret_access_key": "unused",
}


@pytest.fixture
def get(tmp_path, monkeypatch):
    """Asks an API with a small page; ``settings`` are added to its own."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text('<script nonce="csp-nonce-of-the-answer"></script>')
    (assets / "index-1a2b.js").write_text("export {};")
    (assets / "index-1a2b.js.gz").write_bytes(gzip.compress(b"export {};"))
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(page, "STATIC", tmp_path)

    def ask(path, headers=None, **settings):
        app = create_app(Settings.model_validate(SETTINGS | settings))
        return asyncio.run(_ask(app, path, headers))

    return ask


async def _ask(app, path, headers):
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/deleted", "/videos/0b9e/captions"])
def test_each_page_is_the_one_document(get, path):
    """Whatever the address within the page, the browser gets the document, and asks again."""
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


def test_nonce_is_new_each_time_and_in_the_policy(get):
    """Style sheets made at run time are allowed by a value that nobody can guess."""
    first, second = get("/"), get("/")
    (nonce,) = re.findall(r'nonce="([^"]+)"', first.text)
    assert f"'nonce-{nonce}'" in first.headers["content-security-policy"]
    assert nonce not in second.text


def test_policy_allows_our_scripts_and_the_store_alone(get):
    """Nothing inline, nothing from elsewhere; WebAssembly and the object store work."""
    policy = get("/").headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert "unsafe-inline" not in policy
    assert rules["connect-src"].split() == ["'self'", "http://127.0.0.1:9"]
    assert "http://127.0.0.1:9" in rules["media-src"].split()


def test_policy_names_supabase_where_it_is_used(get):
    """Sign-in and Realtime reach the configured project."""
    project = {"supabase_url": "https://p.supabase.example", "supabase_anon_key": "anon"}
    policy = get("/", **project).headers["content-security-policy"]
    assert "https://p.supabase.example wss://p.supabase.example" in policy
    config = get("/v1/client-config", **project).json()
    assert config["sign_in"] == "supabase"
    assert config["supabase"] == {"url": "https://p.supabase.example", "anon_key": "anon"}


@pytest.mark.parametrize(("is_local", "sign_in"), [(True, "local"), (False, "none")])
def test_page_is_told_how_to_sign_in(get, is_local, sign_in):
    """Without Supabase it is a local session, where there are such."""
    config = get("/v1/client-config", has_local_session=is_local).json()
    assert config["sign_in"] == sign_in
    assert config["supabase"] is None


def test_assets_are_cached_for_ever_and_sent_compressed(get):
    """Their names change with their content, so they need never be asked for again."""
    answer = get("/assets/index-1a2b.js", {"Accept-Encoding": "gzip"})
    assert answer.text == "export {};"
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    plain = get("/assets/index-1a2b.js", {"Accept-Encoding": "identity"})
    assert plain.text == "export {};"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/nothing.js",
        "/assets/..%2Fsecret.txt",
        "/assets/%2e%2e/secret.txt",
        "/assets/index-1a2b.js.gz",
        "/secret.txt",
        "/v1/nothing",
    ],
)
def test_nothing_else_is_served(get, path):
    """What is no file of the page is a problem, as everywhere in the API."""
    answer = get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_missing_build_is_told(get, tmp_path):
    """Without a built page the API works, and says how to get one."""
    (tmp_path / "index.html").unlink()
    answer = get("/")
    assert answer.status_code == 404
    assert "make setup" in answer.json()["hint"]
