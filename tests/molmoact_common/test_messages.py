"""Chunks, ledgers, poses, traces and stamps cross the border to ROS and come back equal, also over the wire."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rclpy.serialization import deserialize_message, serialize_message

from molmoact_common.chunks import Chunk, Ledger
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention
from molmoact_common.ros.messages import (
    chunk_from_message,
    chunk_to_message,
    ledger_from_message,
    ledger_to_message,
    pose_from_message,
    pose_to_message,
    traces_from_messages,
    traces_to_messages,
)
from molmoact_common.ros.stamps import to_nanoseconds, to_time

stamps = st.integers(0, 2**31 * 10**9 - 1)
counts = st.integers(0, 2**64 - 1)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
ledgers = st.builds(Ledger, **dict.fromkeys(Ledger.stamp_names(), stamps), forward_passes=st.integers(0, 2**32 - 1))


@st.composite
def chunks(draw):
    arms = draw(st.sampled_from([("arm",), ("left", "right")]))
    steps = draw(st.integers(1, 9))
    return Chunk(
        sequence=draw(counts),
        observation_ns=draw(stamps),
        command_step=draw(counts),
        arms=arms,
        deltas=draw(hnp.arrays(np.float64, (steps, 7 * len(arms)), elements=st.floats(-10, 10))),
        step_period=draw(st.floats(0.01, 1)),
        frame=draw(st.sampled_from(DeltaFrame)),
        rotation=draw(st.sampled_from(RotationConvention)),
        model=draw(texts),
        instruction=draw(texts),
        ledger=draw(ledgers),
    )


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


@given(stamps)
def test_stamps_round_trip(nanoseconds):
    assert to_nanoseconds(to_time(nanoseconds)) == nanoseconds


@given(chunks())
def test_chunks_round_trip(chunk):
    back = chunk_from_message(over_the_wire(chunk_to_message(chunk)))
    np.testing.assert_array_equal(back.deltas, chunk.deltas)
    assert replace(back, deltas=chunk.deltas) == chunk


@given(ledgers)
def test_ledgers_round_trip(ledger):
    assert ledger_from_message(over_the_wire(ledger_to_message(ledger))) == ledger


@given(hnp.arrays(np.float64, 7, elements=st.floats(-10, 10)))
def test_poses_round_trip(numbers):
    back = pose_from_message(over_the_wire(pose_to_message(Pose(numbers[:3], numbers[3:]))))
    np.testing.assert_array_equal(np.concatenate([back.position, back.quaternion]), numbers)


@given(st.dictionaries(texts, st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=5).map(tuple)))
def test_traces_round_trip(traces):
    messages = [over_the_wire(message) for message in traces_to_messages(traces)]
    assert traces_from_messages(messages) == traces


@pytest.mark.parametrize("change", [{"steps": 3}, {"dof": 6}, {"steps": 0, "deltas": []}, {"dof": 0, "deltas": []}])
def test_numbers_that_do_not_fill_the_chunk_are_refused(change):
    message = example_message()
    for field, value in change.items():
        setattr(message, field, value)
    with pytest.raises(ValueError, match="do not fill"):
        chunk_from_message(message)


@pytest.mark.parametrize("field", ["frame", "rotation"])
def test_unknown_conventions_are_refused(field):
    message = example_message()
    setattr(message, field, "sideways")
    with pytest.raises(ValueError, match="sideways"):
        chunk_from_message(message)


def example_message():
    kinds = {"frame": DeltaFrame.BASE, "rotation": RotationConvention.EULER_XYZ}
    chunk = Chunk(1, 2, 3, ("arm",), np.zeros((2, 7)), step_period=0.1, **kinds)
    return chunk_to_message(chunk)
