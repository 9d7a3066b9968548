"""Pickles from the network: read where they are answers, refused where they are anything else, never run."""

import pickle
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from molmoact_policy.remote.pickles import PickleError, dump, load_actions
from support.lerobot_server import timed_actions

ANSWER = timed_actions(torch.arange(14.0).reshape(2, 7), 40)


def test_an_answer_is_read():
    found = load_actions(ANSWER)
    assert found.timestep == 40
    assert (found.rows == np.arange(14.0).reshape(2, 7)).all()


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16, torch.int64])
def test_tensors_of_every_type_of_numbers_are_read(kind):
    found = load_actions(timed_actions(torch.arange(7).to(kind)[None], 0))
    assert found.rows.tolist() == [[0, 1, 2, 3, 4, 5, 6]]


def test_an_object_of_a_class_that_is_not_here_can_be_sent():
    data = dump("collections", "Counter", {"anything": np.arange(3)})  # a class that is, so that it can be read back
    assert vars(pickle.loads(data))["anything"].tolist() == [0, 1, 2]


@settings(max_examples=150)
@given(st.data())
def test_an_answer_with_changed_bytes_is_read_or_refused(data):
    broken = bytearray(ANSWER)
    for place in data.draw(st.lists(st.integers(0, len(broken) - 1), min_size=1, max_size=4)):
        broken[place] = data.draw(st.integers(0, 255))
    try:
        load_actions(bytes(broken))
    except PickleError:
        return


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data):
    with pytest.raises(PickleError):
        load_actions(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x03]r" + struct.pack("<I", 2**32 - 1) + b".",  # a place in the memo that would take 64 GiB
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b".",  # a byte array of a tebibyte
        b"cos\nsystem\n(S'true'\ntR.",
        b"ctorch.serialization\nload\n.",
        b"ccollections\nOrderedDict\n(]tR.",
        pickle.dumps([torch.nn.Linear(2, 2)]),
        b"\x80\x03(" * 5000,
    ],
)
def test_tricks_are_refused(data):
    with pytest.raises(PickleError):
        load_actions(data)
