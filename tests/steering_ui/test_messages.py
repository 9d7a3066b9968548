import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steering_ui.errors import RefusedError
from steering_ui.messages import MOST_CHARACTERS, Steer, parse

BASE = {"connection": "c", "seq": 1}


def text(**fields):
    return json.dumps({**BASE, **fields})


def test_a_drawn_trace_arrives_as_it_was_drawn():
    command = parse(text(type="steer", traces={"left": [[0, 255], [12, 7]]}))
    assert command == Steer(connection="c", seq=1, type="steer", traces={"left": ((0, 255), (12, 7))})


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "fly"},
        {},
        {"type": "heartbeat", "more": 1},
        {"type": "heartbeat", "seq": 0},
        {"type": "heartbeat", "connection": "x" * 65},
        {"type": "instruct", "text": ""},
        {"type": "instruct", "text": "x" * 501},
        {"type": "speed", "factor": 0.04},
        {"type": "speed", "factor": 1.01},
        {"type": "order", "name": "stop"},
        {"type": "order", "name": "set_speed_factor"},
        {"type": "approval", "mode": "always"},
        {"type": "decide", "sequence": 1, "verdict": "maybe"},
        {"type": "decide", "sequence": 1, "verdict": "approve", "rows": 0},
        {"type": "record", "action": "delete"},
        {"type": "steer", "traces": {"arm": []}},
        {"type": "steer", "traces": {"arm": [[0, 0]] * 6}},
        {"type": "steer", "traces": {"arm": [[0, 256]]}},
        {"type": "steer", "traces": {"arm": [[-1, 0]]}},
        {"type": "steer", "traces": {"arm": [[0.5, 0]]}},
        {"type": "steer", "traces": {"arm": [[0, 0, 0]]}},
        {"type": "steer", "traces": {str(number): [[0, 0]] for number in range(3)}},
    ],
)
def test_what_no_schema_allows_is_refused(fields):
    with pytest.raises(RefusedError):
        parse(text(**fields))


def test_numbers_that_are_none_are_refused():
    with pytest.raises(RefusedError):
        parse('{"type":"speed","connection":"c","seq":1,"factor":NaN}')


def test_length_is_judged_before_anything_is_read():
    with pytest.raises(RefusedError, match="characters"):
        parse(text(type="instruct", text="x" * MOST_CHARACTERS))


@given(
    st.text(max_size=50)
    | st.dictionaries(st.sampled_from(["type", "seq", "connection"]), st.text(max_size=9)).map(json.dumps)
)
def test_nonsense_is_refused_and_breaks_nothing(nonsense):
    with pytest.raises(RefusedError):
        parse(nonsense)


def test_a_refusal_tells_back_nothing_of_the_message():
    with pytest.raises(RefusedError) as refused:
        parse(text(type="instruct", text="", secret="hidden"))
    assert "hidden" not in str(refused.value)
