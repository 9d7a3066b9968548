"""What the fault tests share."""

from collections.abc import Iterator

import pytest

from support.bridge_rig import QUICK, Rig, rig_at

HOST, SECOND = "127.0.76.1", "127.0.76.2"


@pytest.fixture
def rig() -> Iterator[Rig]:
    """One arm, following."""
    with rig_at(HOST, deadlines=QUICK) as made:
        yield made


@pytest.fixture
def duo() -> Iterator[Rig]:
    """Two arms, following."""
    with rig_at(HOST, SECOND, names=("left", "right"), deadlines=QUICK) as made:
        yield made
