"""A steering node with everybody around it."""

from collections.abc import Iterator

import pytest

from support.steering_page import SteeringGraph, Tab, steering_graph


@pytest.fixture
def graph() -> Iterator[SteeringGraph]:
    """Chunks pass until asked otherwise."""
    with steering_graph() as graph:
        yield graph


@pytest.fixture
def tab(graph: SteeringGraph) -> Iterator[Tab]:
    """A page that is logged in and only watches."""
    with graph.socket() as socket:
        yield Tab(socket)
