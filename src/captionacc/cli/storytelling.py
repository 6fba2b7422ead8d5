"""Tells in words what happened to a video between two looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from captionacc.cli.views import RunView
    from captionacc.cli.watching import Snapshot

_DONE: Final = {
    "video-initial-processing": "frames read",
    "crop-and-infer": "caption boundaries found",
    "median-ocr": "captions read",
}


def tell(before: Snapshot | None, after: Snapshot) -> Iterator[str]:
    """A sentence for each step that was made, in the order in which they are made."""
    known = {} if before is None else {run.id: run for run in before.runs}
    for run in reversed(after.runs):
        yield from _tell_run(known.get(run.id), run)
    region = after.video.crop_region
    if region is not None and (before is None or before.video.crop_region is None):
        edges = ", ".join(f"{edge:.3f}" for edge in region)
        yield f"layout found: captions within {edges} (left, top, right, bottom)"


def _tell_run(before: RunView | None, run: RunView) -> Iterator[str]:
    if before is None:
        yield _queued(run)
    if run.prefect_flow_run_id and (before is None or not before.prefect_flow_run_id):
        yield f"flow started in Prefect: {run.flow}, flow run {run.prefect_flow_run_id}"
    if run.state != (before and before.state):
        if run.state == "succeeded":
            yield f"{_DONE.get(run.flow, run.flow)}{_batch(run)}"
        if run.state == "queued" and before is not None and run.error is not None:
            yield f"{run.flow} will be tried again: {run.error.message}"


def _queued(run: RunView) -> str:
    if run.flow == "video-initial-processing":
        return f"webhook delivered by the database: run {run.id} is in the ledger"
    return f"{run.flow} queued in the ledger{_batch(run)}"


def _batch(run: RunView) -> str:
    return f" ({run.subject})" if run.subject else ""
