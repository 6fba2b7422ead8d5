"""Figures for the operator."""

from __future__ import annotations

import pytest

from captionacc.catalog.measures import DURATION_BOUNDS_S
from captionacc.errors import LeasedError
from captionacc.model.runs import FlowName, RunError

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("idle")]


async def test_durations_are_added_up(catalog):
    """Of each phase it is told how many runs took at most how long, and how long in all."""
    for seconds in (0.05, 0.2, 5000.0):
        await catalog.measures.add_durations(FlowName.MEDIAN_OCR, {"start": 1.0, "text": seconds})
    found = {(one.flow, one.phase): one for one in (await catalog.measures.standing()).durations}
    text = found[FlowName.MEDIAN_OCR, "text"]
    assert text.runs == (1, *[2] * (len(DURATION_BOUNDS_S) - 2), 3)
    assert text.seconds == pytest.approx(5000.25)
    assert found[FlowName.MEDIAN_OCR, "start"].runs[DURATION_BOUNDS_S.index(1.0)] == 3


async def test_what_stands_in_the_way_is_told(catalog, tenant, enqueue, sql):
    """Failures by code, leases held and refused, tenants paused, and runs that give no sign."""
    failed, running = await enqueue(tenant), await enqueue(tenant)
    claimed = await catalog.runs.claim(FlowName.MEDIAN_OCR, 2, "w")
    assert claimed.id == failed.id
    await catalog.runs.fail(claimed, RunError("store", "It failed.", "Wait.", claimed.id), None)
    await catalog.runs.claim(FlowName.MEDIAN_OCR, 2, "w")
    sql("update captionacc.processing_runs set heartbeat_at = now() - interval '1 min'"
        " where id = %s", running.id)  # fmt: skip
    lease = (running.video_id, "layout", tenant)
    await catalog.databases.acquire_lease(*lease, "user", "somebody", 60)
    with pytest.raises(LeasedError):
        await catalog.databases.acquire_lease(*lease, "run", running.id, 60)
    sql("update captionacc.tenants set paused_reason = 'quota' where id = %s", tenant)

    now = await catalog.measures.standing()
    assert now.failures["median-ocr", "store"] == 1
    assert now.leases["layout", "user"] == 1
    assert now.lease_refusals["layout", "run"] == 1
    assert now.paused_tenants == 1
    assert 60 <= now.oldest_heartbeat_s < 600
