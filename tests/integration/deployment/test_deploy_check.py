"""``captionacc deploy-check``: all is well, or exactly what is wrong is said, and what mends it."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace

import httpx
import pytest
from botocore.exceptions import ClientError

from captionacc.compute.backends.gpu_functions import GPU_FUNCTIONS
from captionacc.deployment import service_checks
from captionacc.deployment.check import CHECKS
from captionacc.deployment.findings import Verdict
from captionacc.storage import credentials
from captionacc.storage.admin import set_up_bucket
from captionacc.storage.boto import s3_client

from .conftest import APP, BUCKET
from .pooler import Pooler

CLOSED = "http://127.0.0.1:1"
MIGRATE = "captionacc migrate"
SET_UP = "captionacc bucket"
EVERYBODY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
        }
    ],
}
ALL_OF_IT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}

SETTING_FAULTS = {
    "settings": ({"CAPTIONACC_WEBHOOK_SECRET": None}, "CAPTIONACC_WEBHOOK_SECRET"),
    "database": ({"CAPTIONACC_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "DATABASE_URL"),
    "bucket": ({"CAPTIONACC_S3_BUCKET": "captionacc-nowhere"}, ""),
    "tenant credentials": ({"CAPTIONACC_S3_ROLE_ARN": "arn:aws:iam::1:role/x"}, ""),
    "token keys": (
        {"CAPTIONACC_JWT_SECRET": None, "CAPTIONACC_JWT_JWKS_URL": f"{CLOSED}/jwks"},
        "jwks.json",
    ),
    "prefect": ({"CAPTIONACC_PREFECT_API_URL": CLOSED}, "CAPTIONACC_PREFECT_API_URL"),
}
SQL_FAULTS = {
    "migrations": (
        "delete from supabase_migrations.schema_migrations where version = '20261125193300'",
        "insert into supabase_migrations.schema_migrations (version) values ('20261125193300')",
        MIGRATE,
    ),
    "row-level security": (
        "alter table captionacc.usage disable row level security",
        "alter table captionacc.usage enable row level security",
        "alter table captionacc.usage enable row level security",
    ),
    "realtime publication": (
        "alter publication supabase_realtime drop table captionacc.videos",
        "alter publication supabase_realtime add table captionacc.videos",
        "add table captionacc.videos",
    ),
    "sign-up": (
        "drop trigger captionacc_welcome on auth.users",
        "select captionacc.welcome_new_users()",
        "captionacc.welcome_new_users()",
    ),
}


def only(found, item):
    """The finding about ``item``, which must be the only one that is wrong."""
    wrong = {name for name, finding in found.items() if finding.verdict is Verdict.WRONG}
    assert wrong == {item}, [found[name] for name in wrong]
    return found[item]


def test_all_is_well(look):
    """Set up as it should be, every item is told to be well, and nothing is left behind."""
    found = look()
    assert list(found) == [check.item for check in CHECKS]
    bad = [finding for finding in found.values() if finding.verdict is not Verdict.OK]
    assert bad == []


def test_what_cannot_be_asked_is_said(look):
    """Prefect that nobody reaches from outside, and Modal where it is not used, are no faults."""
    found = look(CAPTIONACC_PREFECT_API_URL=None, CAPTIONACC_COMPUTE=None)
    skipped = {name for name, one in found.items() if one.verdict is Verdict.SKIPPED}
    assert skipped == {"prefect", "prefect deployments", "modal app", "modal functions"}
    assert {one.verdict for one in found.values()} == {Verdict.OK, Verdict.SKIPPED}


def test_bucket_command_sets_up_and_verifies(look, access):
    """What differs is told and the exit code says so; set up again, nothing differs."""
    look()
    command = [sys.executable, "-c", "from captionacc.cli.main import run; run()", "bucket"]

    def run(*options):
        told = subprocess.run(
            [*command, *options, "--json"], capture_output=True, text=True, check=False
        )
        return told.returncode, json.loads(told.stdout)["items"]

    assert run("--verify") == (0, {"cors": None, "versioning": None, "lifecycle": None})
    s3_client(access).delete_bucket_cors(Bucket=BUCKET)
    code, items = run("--verify")
    assert (code, items["cors"], items["versioning"]) == (1, "It is not set.", None)
    assert run()[0] == 0


@pytest.mark.parametrize("item", SETTING_FAULTS)
def test_wrong_setting_is_named(look, item):
    """A setting that leads nowhere makes exactly its item wrong, and the cure names it."""
    changes, cure = SETTING_FAULTS[item]
    finding = only(look(**changes), item)
    assert finding.cure
    assert cure in finding.cure


@pytest.mark.parametrize("item", SQL_FAULTS)
def test_wrong_database_is_named(look, sql, item):
    """What the database lacks makes exactly its item wrong, with the statement or command."""
    fault, repair, cure = SQL_FAULTS[item]
    sql(fault)
    try:
        assert cure in only(look(), item).cure
    finally:
        sql(repair)


def test_transaction_pooler_is_named(look, database_url):
    """Through a pooler that hears nothing the sessions are wrong, and the right port is named."""
    with Pooler(database_url) as pooler:
        finding = only(look(CAPTIONACC_DATABASE_URL=pooler.url), "database sessions")
    assert "session pooler (port 5432)" in finding.cure


@pytest.mark.parametrize(
    ("item", "change"),
    [
        ("webhook", {"url": "https://elsewhere.example"}),
        ("webhook secret", {"secret": "another"}),
    ],
)
def test_wrong_webhook_is_named(look, set_webhook, item, change):
    """A webhook that goes elsewhere, or with another secret, is to be set again by migrate."""
    set_webhook(**change)
    try:
        assert MIGRATE in only(look(), item).cure
    finally:
        set_webhook()


def test_missing_webhook_is_named(look, sql, set_webhook):
    """Without the trigger nobody hears of new videos."""
    sql("drop trigger video_inserted on captionacc.videos")
    try:
        assert MIGRATE in only(look(), "webhook").cure
    finally:
        set_webhook()


@contextmanager
def bucket_fault(access, origin, break_it):
    """The bucket as ``break_it`` leaves it, for the block."""
    break_it(s3_client(access))
    try:
        yield
    finally:
        with suppress(ClientError):  # there is none
            s3_client(access).delete_bucket_policy(Bucket=BUCKET)
        set_up_bucket(access, origin)


@pytest.mark.parametrize(
    ("item", "break_it"),
    [
        ("bucket cors", lambda s3: s3.delete_bucket_cors(Bucket=BUCKET)),
        ("bucket lifecycle", lambda s3: s3.delete_bucket_lifecycle(Bucket=BUCKET)),
        (
            "bucket versioning",
            lambda s3: s3.put_bucket_versioning(
                Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
            ),
        ),
        (
            "bucket privacy",
            lambda s3: s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(EVERYBODY)),
        ),
    ],
)
def test_wrong_bucket_is_named(look, access, environment, item, break_it):
    """What the bucket lacks, or grants, makes exactly its item wrong."""
    with bucket_fault(access, environment["CAPTIONACC_API_URL"], break_it):
        finding = only(look(), item)
    assert SET_UP in finding.cure or "policy" in finding.cure


def test_keys_that_open_too_much_are_named(look, monkeypatch):
    """A token service that does not narrow the keys is found out by trying them."""
    monkeypatch.setattr(credentials, "_policy", lambda *_: ALL_OF_IT)
    finding = only(look(), "tenant credentials")
    assert "tenant's keys" in finding.detail
    assert "deploy/s3/tenant-role" in finding.cure


def test_silent_api_is_named(look, api):
    """An API that does not run is named with where to look."""
    api.stop()
    try:
        assert "CAPTIONACC_API_URL" in only(look(), "api").cure
    finally:
        api.start()
        api.wait_ready()


def test_missing_deployment_is_named(look, prefect):
    """A flow that Prefect does not know is to be registered."""
    url = f"{prefect.api_url}/deployments"
    known = httpx.get(f"{url}/name/median-ocr/captionacc").json()
    httpx.delete(f"{url}/{known['id']}").raise_for_status()
    try:
        assert "worker --register-only" in only(look(), "prefect deployments").cure
    finally:
        again = {key: known[key] for key in ("name", "flow_id", "entrypoint", "work_pool_name")}
        httpx.post(f"{url}/", json=again).raise_for_status()


def test_refused_modal_token_is_named(look, modal_cloud, monkeypatch):
    """Modal's token is wrong: the functions are not even looked at."""
    monkeypatch.setattr(modal_cloud, "token", ("ak-other", "as-other"))
    assert "modal token new" in only(look(), "modal app").cure


@pytest.mark.parametrize(
    "functions", [GPU_FUNCTIONS[:2], (*GPU_FUNCTIONS[:2], replace(GPU_FUNCTIONS[2], gpu="L4"))]
)
def test_wrong_modal_functions_are_named(look, modal_cloud, functions):
    """A function that is missing, or runs on something else, is to be deployed again."""
    modal_cloud.deploy(APP, functions)
    try:
        assert "modal deploy" in only(look(), "modal functions").cure
    finally:
        modal_cloud.deploy(APP)


def test_wrong_clock_is_named(look, monkeypatch):
    """A clock that is an hour late is told by how much."""
    late = service_checks.time.time() - 3600
    monkeypatch.setattr(service_checks, "time", type("Late", (), {"time": lambda: late}))
    finding = only(look(), "clock")
    assert "+3600" in finding.detail.replace("3599", "3600").replace("3601", "3600")
    assert "set-ntp" in finding.cure


def test_command_says_it_as_json(look):
    """Each item is a line of JSON, and the exit code tells whether something is wrong."""
    look()
    command = [sys.executable, "-c", "from captionacc.cli.main import run; run()", "deploy-check"]
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    items = [json.loads(line) for line in told.stdout.splitlines()]
    assert [item["verdict"] for item in items] == ["ok"] * len(CHECKS), told.stdout + told.stderr
    assert told.returncode == 0
    changed = os.environ | {"CAPTIONACC_PREFECT_API_URL": CLOSED}
    wrong = subprocess.run(command, env=changed, capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "1 wrong." in wrong.stdout
