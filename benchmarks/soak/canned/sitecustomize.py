"""Python loads this at its start: compute processes then run quick stand-ins that take notes."""

from captionacc.compute.backends.process import WorkerOptions

_, *others = WorkerOptions.__init__.__defaults__ or ()
WorkerOptions.__init__.__defaults__ = ("noting_compute:run_job", *others)
