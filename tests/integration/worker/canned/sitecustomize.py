"""Python loads this at its start: compute processes then run functions that answer at once."""

from captionacc.compute.backends.process import WorkerOptions

_, *others = WorkerOptions.__init__.__defaults__
WorkerOptions.__init__.__defaults__ = ("canned_compute:run_job", *others)
