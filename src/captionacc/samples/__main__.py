"""``python -m captionacc.samples --set tuning --out DIR [NAME...]``: render clips."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from captionacc.errors import CaptionAccError
from captionacc.samples import HELD_OUT, TUNING, demo_clip, render_clip


def main() -> int:
    """Render the named clips of a set, or all of them; returns the exit code."""
    sets = {"tuning": TUNING, "held_out": HELD_OUT, "demo": {"demo": demo_clip()}}
    parser = argparse.ArgumentParser(prog="python -m captionacc.samples", description=main.__doc__)
    parser.add_argument("--set", choices=sorted(sets), default="tuning", dest="chosen")
    parser.add_argument("--out", type=Path, required=True, help="folder for videos and truth")
    parser.add_argument("--seconds", type=float, help="another length than the clip's own")
    parser.add_argument("names", nargs="*", metavar="NAME", help="clips, all of the set if none")
    options = parser.parse_args()
    specs = sets[options.chosen]
    unknown = set(options.names) - set(specs)
    if unknown:
        parser.error(f"no clip {sorted(unknown)}; there are {', '.join(specs)}")
    for name in options.names or specs:
        began = time.perf_counter()
        spec = specs[name]
        if options.seconds:
            spec = replace(spec, duration_s=options.seconds)
        clip = render_clip(spec, options.out)
        sys.stdout.write(f"{clip.video}  {time.perf_counter() - began:.1f} s\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CaptionAccError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
