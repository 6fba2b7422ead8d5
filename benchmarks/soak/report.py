"""The tables at the end, and the last line."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1]))
from notes import read_calls

from harness import write_result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invariants import Violation
    from people import Accepted
    from place import Place
    from recovery import Recovery
    from sabotage import Blow

_HOW = ("killed", "stopped", "set")
_STAGES = ("extract", "infer", "read")


def show(
    place: Place,
    accepted: Accepted,
    blows: Sequence[Blow],
    violations: Sequence[Violation],
    recoveries: Sequence[Recovery],
) -> None:
    """What was done, what it hit, and what came of it."""
    console = Console(width=110)
    console.print(_blows(place, blows))
    if not place.clock.can_jump:
        console.print("The clock did not jump: libfaketime is not made for this system.")
    console.print(_work(place, accepted))
    if recoveries:
        console.print(_recoveries(recoveries))
    for one in violations:
        console.print(f"[red]{one.kind}[/]: {one.what}", highlight=False)


def summary(result: dict[str, Any], *, is_kept: bool) -> None:
    """Print it as the last line, and keep it among the benchmarks' results."""
    if is_kept:
        write_result("soak", result)
    else:
        print(json.dumps(result))


def _blows(place: Place, blows: Sequence[Blow]) -> Table:
    calls = read_calls(place.notes / "notes")
    table = Table(title="what was done, and during which computations", title_justify="left")
    for heading in ("target", *_HOW, *_STAGES, "phases hit"):
        table.add_column(
            heading, justify="left" if heading in {"target", "phases hit"} else "right"
        )
    for target in dict.fromkeys(blow.target for blow in blows):
        own = [blow for blow in blows if blow.target == target]
        hit = Counter(
            (call.stage, phase)
            for blow in own
            for call in calls
            if (phase := call.phase_at(blow.at)) is not None
        )
        stages = [str(sum(n for (name, _), n in hit.items() if name == one)) for one in _STAGES]
        times = Counter(blow.how for blow in own)
        phases = " ".join(sorted({phase for _, phase in hit}))
        table.add_row(target, *(str(times[how]) for how in _HOW), *stages, phases)
    return table


def _work(place: Place, accepted: Accepted) -> Table:
    table = Table(title="what was asked for, and what became of it", title_justify="left")
    table.add_column("what")
    table.add_column("times", justify="right")
    for what, number in sorted(accepted.did.items()):
        table.add_row(what, str(number))
    table.add_section()
    for row in place.query(
        "select flow, state, case state when 'failed' then error ->> 'code' end as code, count(*)"
        " from captionacc.processing_runs"
        " group by 1, 2, 3 order by 1, 2, 3"
    ):
        why = f" ({row['code']})" if row["state"] == "failed" else ""
        table.add_row(f"{row['flow']} {row['state']}{why}", str(row["count"]))
    calls = read_calls(place.notes / "notes")
    table.add_section()
    table.add_row("computations begun", str(len(calls)))
    table.add_row("of these done", str(sum(call.stored is not None for call in calls)))
    table.add_row("different ones", str(len({call.key for call in calls})))
    return table


def _recoveries(recoveries: Sequence[Recovery]) -> Table:
    table = Table(title="everything killed at once, and started again", title_justify="left")
    for heading in ("flow", "during", "processes", "ready, s", "done, s", "attempts"):
        table.add_column(heading, justify="left" if heading in {"flow", "during"} else "right")
    for one in recoveries:
        times = (f"{one.ready_s:.1f}", f"{one.done_s:.1f}")
        table.add_row(one.flow, one.phase, str(one.processes), *times, str(one.attempts))
    return table
