"""Writing a graph as ``execution`` has it: ``spec/pipelinelib.md`` §2.1."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pipeline_dsl.formats.closure import closures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def arcs(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Write a graph as arcs.

    Arguments:
        needs: for each stage those that it waits for, in an order in which they could run.

    Returns:
        The arcs; none where the stages run one by one in that order, which need not be said.
    """
    before = closures(needs)
    if all(one in before[other] for one, other in itertools.pairwise(needs)):
        return []
    direct = {
        name: [one for one in needs[name] if not any(one in before[other] for other in needs[name])]
        for name in needs
    }
    edges = [(one, name) for name in needs for one in direct[name]]
    connected = {name for edge in edges for name in edge}
    return [*_chains(edges), *([name] for name in needs if name not in connected)]


def _chains(edges: list[tuple[str, str]]) -> list[list[str]]:
    """Join edges that follow on one another."""
    chains: list[list[str]] = []
    rest = dict.fromkeys(edges)
    while rest:
        start = next(
            (edge for edge in rest if not any(other[1] == edge[0] for other in rest)), next(iter(rest))
        )
        del rest[start]
        chain = list(start)
        while following := next((edge for edge in rest if edge[0] == chain[-1]), None):
            del rest[following]
            chain.append(following[1])
        chains.append(chain)
    return chains
