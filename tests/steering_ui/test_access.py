import pytest

from steering_ui.access import MOST_SESSIONS, TRIES, Access, new_secret
from steering_ui.errors import RefusedError


def test_the_token_opens_a_session_and_nothing_else_is_one():
    access = Access("right")
    session = access.login("right", 0.0)
    assert access.knows(session)
    assert not any(access.knows(other) for other in ("", "right", session[:-1], session + "x", "schlüssel"))


def test_a_wrong_token_opens_nothing():
    for wrong in ("", "Right", "right ", "schlüssel"):
        with pytest.raises(RefusedError, match="wrong token"):
            Access("right").login(wrong, 0.0)


def test_trying_is_slow_even_for_the_right_one():
    access = Access("right")
    for _ in range(TRIES):
        with pytest.raises(RefusedError, match="wrong"):
            access.login("wrong", 0.0)
    with pytest.raises(RefusedError, match="too many"):
        access.login("right", 0.1)
    assert access.knows(access.login("right", 60.0))


def test_the_oldest_session_makes_room():
    access = Access("right")
    sessions = [access.login("right", 10.0 * number) for number in range(MOST_SESSIONS + 1)]
    assert not access.knows(sessions[0])
    assert all(access.knows(session) for session in sessions[1:])


def test_secrets_differ_and_are_long():
    assert new_secret() != new_secret()
    assert len(new_secret()) >= 43
