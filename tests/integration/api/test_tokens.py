"""Who is let in: verified tokens of one family, and nobody else."""

import base64
import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .world import JWT_SECRET, claims, later, new_id, problem, sign

OTHER_SECRET = "another secret that is long enough too"  # noqa: S105
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGE_KEY = ec.generate_private_key(ec.SECP256R1())


def public_pem(key):
    """The public half, as anybody may have it."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def unsigned(payload):
    """A token with ``alg: none``."""
    parts = [{"alg": "none", "typ": "JWT"}, payload]
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return b".".join([*encoded, b""]).decode()


def forged_hmac(payload, key, **headers):
    """HS256 with a public key as its secret, which PyJWT itself would not sign."""
    parts = [{"alg": "HS256", "typ": "JWT", **headers}, payload]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    message = b".".join(encoded)
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return (message + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def is_let_in(api, token):
    """Whether this token lists videos; else it must be a 401."""
    answer = api.http.get("/v1/videos", headers={"Authorization": f"Bearer {token}"})
    if answer.is_success:
        return True
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    return False


def test_no_token(api):
    """Without a token, or with something else than a bearer token, nobody is let in."""
    problem(api.http.get("/v1/videos"), 401, "unauthenticated")
    for value in ("Bearer", "Basic eDp5", "Bearer x", "Bearer a.b.c", "Bearer ..", "x"):
        answer = api.http.get("/v1/videos", headers={"Authorization": value})
        problem(answer, 401, "unauthenticated")


def test_good_token(api):
    """Supabase's token with a tenant is all that is needed."""
    assert is_let_in(api, sign(claims(new_id(), new_id())))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": later(-60)},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 10**30},
        {"exp": -1},
        {"nbf": later(600)},
        {"aud": "anon"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": None},
        {"sub": "somebody"},
        {"sub": "' or 1=1"},
        {"app_metadata": {"tenant_id": "../other"}},
        {"app_metadata": {"tenant_id": 7}},
        {"app_metadata": {"tenant_id": ["x"]}},
    ],
    ids=str,
)
def test_wrong_claims(api, changes):
    """A signature is not enough: what the token says must be right too."""
    assert not is_let_in(api, sign(claims(new_id(), new_id(), **changes)))


def test_wrong_signatures(api):
    """Other keys and other algorithms are refused where HS256 is configured."""
    payload = claims(new_id(), new_id())
    assert not is_let_in(api, sign(payload, OTHER_SECRET))
    assert not is_let_in(api, sign(payload, JWT_SECRET * 2, "HS512"))
    assert not is_let_in(api, sign(payload, EC_KEY, "ES256", kid="ec"))
    assert not is_let_in(api, sign(payload, RSA_KEY, "RS256", kid="rsa"))
    assert not is_let_in(api, unsigned(payload))
    head, body, _ = sign(payload).split(".")
    assert not is_let_in(api, f"{head}.{body}.")
    _, other, _ = sign(claims(new_id(), new_id())).split(".")
    assert not is_let_in(api, f"{head}.{other}.{sign(payload).split('.')[2]}")


def test_tenant_of_the_profile(api, world):
    """A token without a tenant is for that of the user's profile; without one it is refused."""
    user_id = new_id()
    token = sign(claims(user_id))
    headers = {"Authorization": f"Bearer {token}"}
    problem(api.http.get("/v1/videos", headers=headers), 403, "forbidden")
    tenant_id = world.new_tenant()
    world.ask(lambda catalog: catalog.tenants.add_member(tenant_id, user_id))
    video = world.new_video(tenant_id)
    found = api.http.get("/v1/videos", headers=headers).json()["videos"]
    assert [one["id"] for one in found] == [video.id]


def test_viewers_change_nothing(api, world):
    """Who is a viewer sees the tenant's videos, and may neither rename nor approve nor upload."""
    tenant_id, user_id = world.new_tenant(), new_id()
    world.ask(lambda catalog: catalog.tenants.add_member(tenant_id, user_id, "viewer"))
    path = f"/v1/videos/{world.new_video(tenant_id).id}"
    headers = {"Authorization": f"Bearer {sign(claims(user_id, tenant_id))}"}
    assert api.http.get(path, headers=headers).is_success
    asked = [
        ("PATCH", path, {"title": "mine"}),
        ("DELETE", path, None),
        ("POST", f"{path}/actions/approve-layout", {"crop_region": [0.1, 0.7, 0.9, 0.95]}),
        ("POST", "/v1/uploads", {"filename": "a.mp4", "size_bytes": 9}),
    ]
    for method, where, body in asked:
        problem(api.http.request(method, where, json=body, headers=headers), 403, "forbidden")


def test_tenants_are_from_app_metadata_alone(api, world):
    """What a user can write into a token himself names no tenant."""
    tenant_id = world.new_tenant()
    named = {"tenant_id": tenant_id}
    payload = claims(new_id(), user_metadata=named) | named
    headers = {"Authorization": f"Bearer {sign(payload)}"}
    problem(api.http.get("/v1/videos", headers=headers), 403, "forbidden")


@contextmanager
def key_server(*keys):
    """A JWKS endpoint; yields its URL and a list that grows with each request."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": keys}).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/jwks.json", asked
        finally:
            server.shutdown()
            thread.join()


def public_jwk(key, algorithm, kid):
    """The public half as a key set has it."""
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return made | {"kid": kid, "alg": algorithm, "use": "sig"}


def test_key_set(new_api):
    """With a key set its keys are good, and no shared secret is, not even a public key."""
    keys = (public_jwk(EC_KEY, "ES256", "ec"), public_jwk(RSA_KEY, "RS256", "rsa"))
    with (
        key_server(*keys) as (url, asked),
        new_api(jwt_secret=None, jwt_jwks_url=url) as api,
    ):
        payload = claims(new_id(), new_id())
        assert is_let_in(api, sign(payload, EC_KEY, "ES256", kid="ec"))
        assert is_let_in(api, sign(payload, RSA_KEY, "RS256", kid="rsa"))
        assert not is_let_in(api, sign(payload, STRANGE_KEY, "ES256", kid="ec"))
        assert not is_let_in(api, sign(payload, RSA_KEY, "RS256", kid="ec"))
        assert not is_let_in(api, sign(payload, EC_KEY, "ES256"))
        assert not is_let_in(api, sign(payload, JWT_SECRET, kid="ec"))
        assert not is_let_in(api, forged_hmac(payload, public_pem(RSA_KEY), kid="rsa"))
        assert not is_let_in(api, forged_hmac(payload, public_pem(EC_KEY), kid="ec"))
        assert not is_let_in(api, unsigned(payload))
        assert not is_let_in(api, sign(payload | {"exp": later(-60)}, EC_KEY, "ES256", kid="ec"))
        for number in range(20):
            assert not is_let_in(api, sign(payload, EC_KEY, "ES256", kid=f"new{number}"))
        assert len(asked) <= 2  # unknown keys are no way to have the key set fetched


def test_key_set_that_does_not_answer(new_api):
    """While the keys cannot be fetched tokens are neither good nor bad."""
    with new_api(jwt_secret=None, jwt_jwks_url="http://127.0.0.1:1/jwks.json") as api:
        token = sign(claims(new_id(), new_id()), EC_KEY, "ES256", kid="ec")
        for _ in range(3):
            answer = api.http.get("/v1/videos", headers={"Authorization": f"Bearer {token}"})
            problem(answer, 503, "service_unavailable")
            assert not is_let_in(api, sign(claims(new_id(), new_id())))


def test_service_token_is_no_users_token(api, member, world):
    """Flows and people cannot take each other's place."""
    video = world.new_video(member.tenant_id)
    path = f"/v1/internal/videos/{video.id}/captions?tenant_id={member.tenant_id}&ids=1"
    member.refused("GET", path, 401)
    problem(api.http.get(path), 401)
    headers = {"Authorization": "Bearer the tests' flows"}
    problem(api.http.get("/v1/videos", headers=headers), 401)
