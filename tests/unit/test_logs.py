"""What our processes log."""

import asyncio
import io
import json
import logging

import pytest

from captionacc.logs import about, configure_logging, set_about


@pytest.fixture
def logged(request):
    """Everything that is logged during a test, as text or JSON."""
    before, level = logging.root.handlers[:], logging.root.level
    stream = io.StringIO()
    configure_logging(request.param, logging.StreamHandler(stream))
    yield stream
    logging.root.handlers[:] = before
    logging.root.setLevel(level)


@pytest.mark.parametrize("logged", ["json"], indirect=True)
def test_json_lines_can_be_searched_by_what_they_are_about(logged):
    """Each line is an object with the fields of the blocks around it, tracebacks in one piece."""
    with about(tenant_id="t", video_id="v"), about(run_id="r"):
        logging.getLogger("a").info("begun\nwell")
        error = ZeroDivisionError("oh")
        logging.getLogger("a").error("bug", exc_info=error)
    logging.getLogger("a").info("other", extra={"run_id": "s"})
    first, second, third = map(json.loads, logged.getvalue().splitlines())
    assert first.pop("at").endswith("+00:00")
    expected = {"tenant_id": "t", "video_id": "v", "run_id": "r"}
    assert first == {"level": "INFO", "logger": "a", "message": "begun\nwell", **expected}
    assert "ZeroDivisionError: oh" in second["exception"]
    assert third["run_id"] == "s"
    assert "video_id" not in third


@pytest.mark.parametrize("logged", ["text"], indirect=True)
def test_people_see_it_at_the_end_of_the_line(logged):
    """Lines for people name the run too, and nothing where there is nothing to name."""
    with about(run_id="r"):
        logging.getLogger("a").warning("slow")
    logging.getLogger("a").warning("idle")
    first, second = logged.getvalue().splitlines()
    assert first.endswith("WARNING a: slow [run_id=r]")
    assert second.endswith("WARNING a: idle")


@pytest.mark.parametrize("logged", ["json"], indirect=True)
def test_tasks_are_about_their_own(logged):
    """Runs beside each other do not get into each other's lines; what a task starts is its own."""

    async def work(name):
        set_about(run_id=name)
        await asyncio.sleep(0)
        await asyncio.create_task(asyncio.to_thread(logging.getLogger(name).info, "done"))

    async def both():
        await asyncio.gather(work("a"), work("b"))

    asyncio.run(both())
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert sorted((line["logger"], line["run_id"]) for line in lines) == [("a", "a"), ("b", "b")]
