"""Signing up, being invited, and what a tier allows; as Supabase's auth server brings it about."""

import json
import uuid

import psycopg
import pytest

pytestmark = pytest.mark.anyio
_DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def sign_up(sql):
    """Adds a user as the auth server does; returns its id."""

    def add(email, *, confirmed=True):
        user_id = str(uuid.uuid4())
        sql(
            "insert into auth.users (id, email, email_confirmed_at)"
            " values (%s, %s, case when %s then now() end)",
            user_id,
            email,
            confirmed,
        )
        return user_id

    return add


@pytest.fixture
def profile(sql):
    """A user's profile and its tenant."""

    def find(user_id):
        rows = sql(
            "select profiles.*, tenants.name, tenants.priority, tenants.storage_quota_bytes"
            " from captionacc.profiles join captionacc.tenants on tenants.id = tenant_id"
            " where user_id = %s",
            user_id,
        )
        return rows[0] if rows else None

    return find


@pytest.fixture
def as_user(database_url):
    """Runs a statement with a user's token, as supabase-js would; returns the rows."""

    def run(user_id, statement, *values):
        with psycopg.connect(database_url) as connection:
            claims = json.dumps({"sub": user_id, "role": "authenticated"})
            connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            connection.execute("set local role authenticated")
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    return run


INVITE = "insert into captionacc.invitations (tenant_id, email, role) values (%s, %s, %s)"


async def test_whoever_signs_up_owns_a_tenant(sign_up, profile):
    """With the name of the address, and what the free tier allows."""
    found = profile(sign_up(f"Ada-{uuid.uuid4().hex}@example.com"))
    assert (found["role"], found["tier"], found["priority"]) == ("owner", "free", 0)
    assert found["name"].startswith("ada-")
    assert found["storage_quota_bytes"] == 20 << 30


async def test_nobody_is_welcomed_before_the_address_is_confirmed(sign_up, profile, sql):
    """Else one could take the invitation of another by signing up with that address."""
    user_id = sign_up("late@example.com", confirmed=False)
    assert profile(user_id) is None
    confirm = "update auth.users set email_confirmed_at = now() where id = %s"
    sql(confirm, user_id)
    assert profile(user_id)["role"] == "owner"
    sql(confirm, user_id)
    assert profile(user_id)["role"] == "owner"


async def test_whoever_is_invited_joins(sign_up, profile, sql):
    """In the role that the owner chose; the invitation is used up."""
    owner = sign_up("owner@example.com")
    tenant_id = profile(owner)["tenant_id"]
    sql("select captionacc.set_tier(%s, 'pro')", tenant_id)
    sql(INVITE, tenant_id, "friend@example.com", "viewer")
    joined = profile(sign_up("Friend@Example.com"))
    assert (joined["tenant_id"], joined["role"], joined["tier"]) == (tenant_id, "viewer", "pro")
    again = profile(sign_up("friend@example.com"))
    assert again["tenant_id"] != tenant_id


async def test_late_invitation_is_void(sign_up, profile, sql):
    """After its time the address gets a tenant of its own, as if it had never been invited."""
    owner = profile(sign_up("patient@example.com"))
    sql(INVITE, owner["tenant_id"], "slow@example.com", "editor")
    sql("update captionacc.invitations set expires_at = now() where email = 'slow@example.com'")
    assert profile(sign_up("slow@example.com"))["tenant_id"] != owner["tenant_id"]


async def test_owners_alone_invite(sign_up, profile, as_user, sql):
    """Into their own tenant; others neither see the addresses nor add one."""
    owner, stranger = sign_up("boss@example.com"), sign_up("stranger@example.com")
    tenant_id = profile(owner)["tenant_id"]
    sql(INVITE, tenant_id, "clerk@example.com", "editor")
    clerk = sign_up("clerk@example.com")
    look = "select email from captionacc.invitations"
    assert as_user(owner, look) == [("clerk@example.com",)]
    for other in (clerk, stranger):
        assert as_user(other, look) == []
        with pytest.raises(_DENIED):
            as_user(other, INVITE, tenant_id, "mole@example.com", "owner")
    with pytest.raises(_DENIED):
        as_user(owner, look.replace("select email from", "update") + " set accepted_at = now()")


async def test_tier_is_what_a_tenant_may_use(sign_up, profile, sql):
    """A change of tier changes priority and quota, and only a known tier is taken."""
    user_id = sign_up("rich@example.com")
    tenant_id = profile(user_id)["tenant_id"]
    sql("select captionacc.set_tier(%s, 'enterprise')", tenant_id)
    found = profile(user_id)
    assert (found["tier"], found["priority"], found["storage_quota_bytes"]) == (
        "enterprise",
        20,
        None,
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql("select captionacc.set_tier(%s, 'golden')", tenant_id)
