import pytest

from steering_ui.errors import RefusedError
from steering_ui.lease import Lease


@pytest.fixture
def lease():
    lease = Lease(patience=1.0)
    lease.claim("a", 0.0)
    return lease


def test_there_is_one_controller(lease):
    with pytest.raises(RefusedError, match="another page"):
        lease.claim("b", 0.1)
    with pytest.raises(RefusedError, match="only watches"):
        lease.require("b")
    lease.require("a")


def test_a_controller_that_is_heard_of_stays(lease):
    for now in (0.9, 1.8, 2.7):
        lease.heard("a", now)
        assert not lease.lapsed(now + 0.9)


def test_silence_ends_it_once(lease):
    lease.heard("b", 0.9)
    assert lease.lapsed(1.01)
    assert not lease.lapsed(1.02)
    lease.claim("b", 2.0)


def test_a_page_that_goes_gives_up_only_its_own(lease):
    assert not lease.release("b")
    assert not lease.release("")
    assert lease.release("a")
    assert not lease.release("a")
    assert not lease.lapsed(99.0)
