"""Python loads this at its start: compute processes then run quick stand-ins that take notes.

The supervisor gives its services the clock that may jump.
"""

import json
import os
import sys
from dataclasses import replace

from captionacc.compute.backends.process import WorkerOptions

_, *others = WorkerOptions.__init__.__defaults__ or ()
WorkerOptions.__init__.__defaults__ = ("noting_compute:run_job", *others)

if "SOAK_CLOCK" in os.environ and "up" in sys.orig_argv:
    from captionacc.stack import child

    start, clock = child._start, json.loads(os.environ["SOAK_CLOCK"])  # noqa: SLF001  # our own
    child._start = lambda program, log: start(  # noqa: SLF001  # as above
        replace(program, environment={**program.environment, **clock}), log
    )
