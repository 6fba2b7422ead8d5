"""A deployment: database, bucket, Prefect and API are real, Modal's servers are the double."""

import asyncio
import os
import subprocess
import sys

import psycopg
import pytest

from captionacc.catalog.migrate import WebhookTarget, migrate
from captionacc.deployment.check import check_deployment
from captionacc.settings import get_settings
from captionacc.stack.ports import free_ports
from captionacc.stack.postgres import PREFECT_DATABASE
from captionacc.stack.prefect import PrefectService
from captionacc.stack.programs import ApiService
from captionacc.storage.access import S3Access
from captionacc.storage.admin import set_up_bucket
from captionacc.storage.boto import s3_client

APP = "captionacc-deployed"
BUCKET = "captionacc-test"  # the one that the store's role is for
MOST_S = 120


@pytest.fixture(scope="module")
def prefect(postgres, service_folders):
    """A Prefect server with our deployments; most of the time goes into its start."""
    (port,) = free_ports(1)
    environment = {"PATH": os.defpath}
    service = PrefectService(service_folders, port, postgres.url(PREFECT_DATABASE), environment)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def environment(database_url, object_store, service_secrets, prefect, modal_cloud):
    """The settings of the deployment, as environment variables."""
    (port,) = free_ports(1)
    return {
        **object_store.environment,
        **prefect.environment,
        **modal_cloud.environment,
        "CAPTIONACC_S3_BUCKET": BUCKET,
        "CAPTIONACC_DATABASE_URL": database_url,
        "CAPTIONACC_API_PORT": str(port),
        "CAPTIONACC_API_URL": f"http://127.0.0.1:{port}",
        "CAPTIONACC_SERVICE_TOKEN": service_secrets.service_token,
        "CAPTIONACC_WEBHOOK_SECRET": service_secrets.webhook_secret,
        "CAPTIONACC_JWT_SECRET": service_secrets.jwt_secret,
        "CAPTIONACC_COMPUTE": "modal",
        "CAPTIONACC_MODAL_APP": APP,
    }


@pytest.fixture(scope="module")
def api(environment, service_folders):
    """The API's process."""
    port = int(environment["CAPTIONACC_API_PORT"])
    service = ApiService(service_folders, port, dict(os.environ) | environment)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def sql(database_url):
    """Runs statements on the database."""

    def run(statement):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(statement)

    return run


@pytest.fixture(scope="module")
def access(environment):
    """The bucket, with the key to all of it."""
    return S3Access(
        bucket=BUCKET,
        endpoint=environment["CAPTIONACC_S3_ENDPOINT"],
        region="us-east-1",
        access_key_id=environment["CAPTIONACC_S3_ACCESS_KEY_ID"],
        secret_access_key=environment["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
    )


@pytest.fixture(scope="module")
def set_webhook(database_url, environment):
    """Has the database tell of new videos, as `captionacc migrate` does."""

    def put(url=environment["CAPTIONACC_API_URL"], secret=environment["CAPTIONACC_WEBHOOK_SECRET"]):
        target = WebhookTarget(f"{url}/v1/webhooks/supabase", secret)
        asyncio.run(migrate(database_url, webhook=target, embedded=True))

    return put


@pytest.fixture(scope="module")
def own_bucket(access, environment):
    """The bucket as it should be; other tests find it without old versions again."""
    set_up_bucket(access, environment["CAPTIONACC_API_URL"])
    yield
    s3_client(access).put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    )


@pytest.fixture(scope="module")
def deployed(environment, api, prefect, set_webhook, request):
    """All is set up as docs/infrastructure.md says."""
    set_webhook()
    request.getfixturevalue("own_bucket")
    request.getfixturevalue("modal_cloud").deploy(APP)
    prefect.wait_ready()
    command = "from captionacc.cli.main import run; run()"
    register = [sys.executable, "-c", command, "worker", "--register-only"]
    subprocess.run(register, env=dict(os.environ) | environment, check=True, timeout=MOST_S)
    api.wait_ready()


@pytest.fixture
def look(deployed, environment, monkeypatch):  # noqa: ARG001  # it must be there
    """What deploy-check finds with these changes of the environment, by item."""

    def find(**changes):
        for name, value in {**environment, **changes}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        get_settings.cache_clear()
        return {finding.item: finding for finding in asyncio.run(_all())}

    yield find
    get_settings.cache_clear()


async def _all():
    return [finding async for finding in check_deployment(get_settings())]
