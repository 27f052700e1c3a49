"""The program's entry: the fast path first, and the command line as a whole only if that does not do."""

from __future__ import annotations

import gc
import os
import sys

_COMMAND = "run"
"""The command that the fast path knows."""


def entry_point() -> None:
    """Run the command line of this process and end the process with its exit code."""
    gc.disable()  # nearly all that is made is there until the end; whoever goes on for long enables it again
    contexts = None
    try:
        if _COMMAND in sys.argv[1:2]:
            from pipeline_dsl.fastpath.attempt import attempt

            made = attempt(sys.argv[1:], os.environ, _make_ready)
            if made.is_done:
                os._exit(0)  # all is written: Python would clear up for a tenth of the time that the run took
            contexts = made.contexts
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    from pipeline_dsl.cli import main

    main.entry_point(contexts)


def _make_ready() -> None:
    """Load the program: most of what the usual path does before it builds."""
    from pipeline_dsl.cli import main, run  # noqa: F401 -- to have them
