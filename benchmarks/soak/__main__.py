"""The platform under people who use it and a saboteur who kills its processes.

``captionacc up`` runs with compute functions that do nothing but take notes. Members of three
tenants upload, approve, correct, cancel, retry and delete. At random moments processes are killed
with SIGKILL or stopped for seconds, the clock jumps, webhooks are dropped or come twice. Then all
is left alone, and when it has come to rest every invariant of the platform is checked. At last
everything is killed at once in the middle of each flow, and started again.

The last line is JSON: ``kills``, and how many triggers or results were ``lost``, how much was
``duplicated`` or is ``stuck``, how many processes are ``orphans``, and how often compute began
again although its result was there (``repeated_compute``). The exit code is 1 unless all of these
are 0.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import psycopg
from invariants import KINDS, Invariants, Violation
from people import Accepted, Person, new_tenants
from place import Place, SoakError, wait_until
from recovery import recover_each_flow
from report import show, summary
from sabotage import Saboteur

from captionacc.errors import CaptionAccError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recovery import Recovery

_TENANTS: Final = 3
_PEOPLE: Final = 6
_QUIET_S: Final = 300.0
_TIDY_S: Final = 90.0
_LOOK_EVERY_S: Final = 2.0
_UNREACHABLE: Final = (psycopg.OperationalError, httpx.HTTPError, CaptionAccError)


def main() -> None:
    """Let it all happen, then judge."""
    options = _options()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    chance = random.Random(seed)  # noqa: S311  # it shall be possible to have the same again
    folder = Path(tempfile.mkdtemp(prefix="captionacc-soak-"))
    place, accepted = Place(folder), Accepted()
    print(f"seed {seed}, {folder}", flush=True)
    try:
        result = _soak(place, accepted, chance, options)
    finally:
        place.stop()
        orphans = [one.pid for one in place.members()]
        place.kill_everything()
        place.clock.remove()
    result["orphans"] += len(orphans)
    is_good = not any(result[kind] for kind in KINDS)
    if is_good or not options.keep:
        shutil.rmtree(folder)
    summary({"seed": seed, **result}, is_kept=not options.no_file)
    sys.exit(0 if is_good else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many (default: 200)")
    parser.add_argument(
        "--seconds", type=float, default=540.0, help="to kill in, at most (default: 540)"
    )
    parser.add_argument("--seed", type=int, help="decides on what happens (default: any)")
    parser.add_argument("--no-recovery", action="store_true", help="skip the last part")
    parser.add_argument("--no-file", action="store_true", help="leave benchmarks/results alone")
    parser.add_argument("--keep", action="store_true", help="keep data and logs of a bad end")
    return parser.parse_args()


def _soak(
    place: Place, accepted: Accepted, chance: random.Random, options: argparse.Namespace
) -> dict[str, Any]:
    place.up()
    wait_until(place.is_ready, "the first start")
    tenants = new_tenants(place, _TENANTS)
    saboteur = Saboteur(place, chance, options.kills, options.seconds)
    began = time.monotonic()
    _live_through(place, tenants, accepted, saboteur, chance)
    struck_s = time.monotonic() - began
    invariants = Invariants(place, accepted)
    violations = _at_rest(invariants)
    quiet_s = time.monotonic() - began - struck_s
    recoveries: list[Recovery] = []
    if not options.no_recovery:
        over = threading.Event()
        try:
            recoveries = recover_each_flow(place, Person(place, tenants[0], chance, accepted, over))
        except SoakError as error:
            violations.append(Violation("stuck", f"after everything was killed: {error}"))
        violations += (one for one in _at_rest(invariants) if one not in violations)
    show(place, accepted, saboteur.blows, violations, recoveries)
    found = Counter(one.kind for one in violations)
    return {
        "kills": saboteur.kills + len(recoveries),
        **{kind: found[kind] for kind in KINDS},
        "stops": sum(blow.how == "stopped" for blow in saboteur.blows),
        "clock_jumps": sum(blow.how == "set" for blow in saboteur.blows),
        "starts": place.starts,
        "struck_s": round(struck_s, 1),
        "until_quiet_s": round(quiet_s, 1),
        "recovery_s": {one.flow: round(one.done_s, 1) for one in recoveries},
    }


def _live_through(
    place: Place,
    tenants: Sequence[str],
    accepted: Accepted,
    saboteur: Saboteur,
    chance: random.Random,
) -> None:
    over = threading.Event()
    people = [
        Person(
            place,
            tenants[number % len(tenants)],
            random.Random(chance.random()),  # noqa: S311  # as above
            accepted,
            over,
        )
        for number in range(_PEOPLE)
    ]
    with ThreadPoolExecutor(_PEOPLE) as pool:
        lives = [pool.submit(person.work) for person in people]
        try:
            saboteur.rage()
        finally:
            over.set()
        for life in lives:
            life.result()


def _at_rest(invariants: Invariants) -> list[Violation]:
    """What is wrong when nothing happens any more, or too much still does."""
    _wait_for(lambda: not invariants.active_runs(), _QUIET_S)
    found: list[Violation] = []

    def is_good() -> bool:
        found[:] = invariants.violations()
        return not found

    _wait_for(is_good, _TIDY_S)
    return found


def _wait_for(condition: Callable[[], bool], limit_s: float) -> None:
    """Return when it holds, or was looked at for so long; what cannot be reached is awaited.

    Raises:
        SoakError: the platform cannot be reached.
    """
    deadline, has_answered = time.monotonic() + limit_s, False
    while time.monotonic() < deadline:
        with suppress(*_UNREACHABLE):
            if condition():
                return
            has_answered = True
        time.sleep(_LOOK_EVERY_S)
    if not has_answered:
        raise SoakError("the platform does not come back")


if __name__ == "__main__":
    main()
