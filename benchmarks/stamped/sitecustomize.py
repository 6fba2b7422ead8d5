"""Python loads this at its start: compute processes then note when a job reaches them."""

from captionacc.compute.backends.process import WorkerOptions

_, *others = WorkerOptions.__init__.__defaults__ or ()
WorkerOptions.__init__.__defaults__ = ("stamped_compute:run_job", *others)
