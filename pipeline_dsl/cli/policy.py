"""The option ``--policy``: rules that a project has to keep before a command goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline_dsl.resolve import Resolved


def add_policies(parser: argparse.ArgumentParser) -> None:
    """Declare the words that name policies."""
    parser.add_argument(
        "--policy",
        dest="policies",
        metavar="POLICY",
        action="append",
        default=[],
        help="hold the project to this: a .py, .yaml or .json file, an installed policy, or one of"
        " registries=HOST,…, secure[=VARIANT,…], no-root, pinned[=images,apt,python];"
        " may be given several times",
    )


def enforce_policies(policies: Sequence[str], resolved: Resolved) -> None:
    """Hold a project to policies, as ``--policy`` names them."""
    if policies:
        from pipeline_dsl.policy import enforce, load_policies

        enforce(resolved, load_policies(policies))
