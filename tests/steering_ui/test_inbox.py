import json

import pytest

from steering_ui.errors import RefusedError
from steering_ui.inbox import BURST, MOST_REFUSALS, RATE, Inbox


def beat(seq, connection="c"):
    return json.dumps({"type": "heartbeat", "connection": connection, "seq": seq})


def test_numbers_must_rise():
    inbox = Inbox("c")
    assert inbox.take(beat(1), 0.0).seq == 1
    assert inbox.take(beat(5), 0.1).seq == 5
    for replayed in (1, 4, 5):
        with pytest.raises(RefusedError, match="was here before"):
            inbox.take(beat(replayed), 0.2)
    assert inbox.take(beat(6), 0.3).seq == 6


def test_a_message_of_another_connection_is_refused():
    with pytest.raises(RefusedError, match="another connection"):
        Inbox("c").take(beat(99, "d"), 0.0)


def test_a_refused_message_counts_for_nothing():
    inbox = Inbox("c")
    with pytest.raises(RefusedError):
        inbox.take(beat(9, "d"), 0.0)
    assert inbox.take(beat(1), 0.1).seq == 1


def test_a_flood_is_refused_and_ends_the_connection():
    inbox = Inbox("c")
    for seq in range(1, BURST + 1):
        inbox.take(beat(seq), 0.0)
    for seq in range(BURST + 1, BURST + 1 + MOST_REFUSALS):
        assert not inbox.exhausted
        with pytest.raises(RefusedError, match="a second"):
            inbox.take(beat(seq), 0.0)
    assert inbox.exhausted


def test_a_page_that_beats_four_times_a_second_is_never_refused():
    inbox = Inbox("c")
    for seq in range(1, 400):
        inbox.take(beat(seq), seq / min(RATE, 4.0))
