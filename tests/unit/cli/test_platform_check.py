"""What ``doctor`` says of the platform's services."""

import json
import os
import socket
import subprocess
import sys

import pytest

from captionacc.cli.diagnosis import run_doctor
from captionacc.cli.platform_check import check_platform
from captionacc.cli.restart import ServiceName
from captionacc.settings import Settings, get_settings
from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import free_ports

from .conftest import Answer

PORTS = ("api_port", "prefect_port", "postgres_port", "s3_port")


@pytest.fixture
def settings(tmp_path):
    """A new data folder, and ports that nobody has."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path, **ports)


@pytest.fixture
def write_state(settings):
    """Leaves a stack's state as that of this process, or of another."""

    def write(url, pid=None):
        settings.data_dir.mkdir()
        state = {"pid": pid or os.getpid(), "api_url": url, "prefect_url": url}
        (settings.data_dir / "stack.json").write_text(json.dumps(state))

    return write


def test_a_machine_that_can_start_the_stack(settings):
    """All packages are there, nothing is in the way, nothing runs, and nothing is made."""
    found = check_platform(settings)
    assert found["problems"] == []
    assert all(found["packages"].values())
    assert (found["data_dir_is_writable"], found["busy_ports"], found["stack"]) == (True, {}, None)
    assert not settings.data_dir.exists()


def test_a_port_that_something_else_has(settings):
    """The problem names port, service and the setting that chooses another."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.s3_port))
        other.listen()
        found = check_platform(settings)
    assert found["busy_ports"] == {"object store": settings.s3_port}
    (problem,) = found["problems"]
    assert str(settings.s3_port) in problem
    assert "CAPTIONACC_S3_PORT" in problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_data_folder_that_refuses(settings):
    """The problem names the setting that chooses another."""
    settings.data_dir.mkdir(mode=0o500)
    found = check_platform(settings)
    assert not found["data_dir_is_writable"]
    assert "CAPTIONACC_DATA_DIR" in found["problems"][0]


def test_a_running_stack_that_is_well(settings, write_state, serve):
    """Its ports are its own, and it is asked whether it is ready."""
    server = serve(lambda _: Answer())
    write_state(server.url)
    found = check_platform(settings)
    known = {"api_url": server.url, "prefect_url": server.url}
    assert found["stack"] == {**known, "unready": [], "troubles": []}
    assert found["problems"] == []
    assert [one.path for one in server.asked] == ["/readyz", "/api/health", "/metrics"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(503, {"missing": {"object_store": "Down."}}), "object store: Down."),
        (Answer(503, b"proxy"), "the API is not ready."),
        (Answer(404), "the API answers 404."),
    ],
)
def test_a_running_stack_that_is_not_ready(settings, write_state, serve, answer, said):
    """What is missing is said as the API says it, or at least that something is wrong."""
    server = serve(lambda one: answer if one.path == "/readyz" else Answer())
    write_state(server.url)
    found = check_platform(settings)
    assert found["stack"]["unready"] == [said]
    assert found["problems"] == [f"The running stack is not ready: {said}"]


def test_a_running_stack_without_a_service(settings, write_state, serve):
    """A service without a process is named, with its log."""
    write_state(serve(lambda _: Answer()).url)
    folders = StackFolders(settings.data_dir)
    folders.make()
    for name in ServiceName:
        folders.pid(name).write_text(json.dumps({"pid": os.getpid()}))
    folders.pid("prefect").unlink()
    (problem,) = check_platform(settings)["problems"]
    assert "prefect is not running" in problem
    assert str(folders.log("prefect")) in problem


def test_a_running_stack_in_trouble(settings, write_state, serve):
    """What its figures tell is told in words, with what to do."""
    told = Answer(200, b"captionacc_oldest_heartbeat_seconds 90.0\n")
    server = serve(lambda one: told if one.path == "/metrics" else Answer())
    write_state(server.url)
    (problem,) = check_platform(settings)["problems"]
    assert "no sign of life for 90 s" in problem
    assert "captionacc restart worker" in problem


def test_a_stack_that_does_not_answer(settings, write_state):
    """A process that is there but silent is not well."""
    (port,) = free_ports(1)
    write_state(f"http://127.0.0.1:{port}")
    unready = check_platform(settings)["stack"]["unready"]
    assert [one.split(" at ")[0] for one in unready] == [
        "the API does not answer",
        "Prefect does not answer",
    ]


def test_a_stack_that_was_killed(settings, write_state):
    """The state that it left behind is not taken for a running one."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    write_state("http://127.0.0.1:9", process.pid)
    assert check_platform(settings)["stack"] is None


def test_the_services_are_part_of_both_outputs(settings, write_state, serve, monkeypatch, capsys):
    """The table and the object say where the stack is."""
    server = serve(lambda _: Answer())
    write_state(server.url)
    monkeypatch.setenv("CAPTIONACC_DATA_DIR", str(settings.data_dir))
    get_settings.cache_clear()
    assert run_doctor(as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["services"]["stack"]["api_url"] == server.url
    assert run_doctor(as_json=False) == 0
    assert f"ready: {server.url}" in capsys.readouterr().out
    get_settings.cache_clear()
