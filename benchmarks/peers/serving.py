"""The peer's side of the bench: jobs named on stdin are run one round at a time, figures go out as JSON lines."""

import gc
import json
import os
import sys
from collections.abc import Callable, Mapping


def serve(versions: Mapping[str, str], jobs: Mapping[str, Callable[[], float]]) -> None:
    """Say what is installed, then answer each job's name with the figure of one round until stdin ends."""
    out = os.fdopen(os.dup(1), "w")
    # Whatever the engines print must not end up among the answers.
    os.dup2(2, 1)
    print(json.dumps({"versions": dict(versions)}), file=out, flush=True)
    for line in sys.stdin:
        gc.collect()
        gc.disable()
        figure = jobs[line.strip()]()
        gc.enable()
        print(json.dumps({"figure": figure}), file=out, flush=True)
