"""Messages with arrays, there and back, and bytes that are none."""

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from molmoact_policy.remote.arrays import ArraysError, packed, unpacked

FROM_OPENPI = bytes.fromhex(
    "83a7616374696f6e7384c40b5f5f6e6461727261795f5fc3c40464617461c4080000003f000080bfc4056474797065a33c66"
    "34c4057368617065920102a174cb4008000000000000a16e84c40b5f5f6e6461727261795f5fc3c40464617461c408070000"
    "0000000000c4056474797065a33c6938c405736861706590"
)
"""What openpi-client 0.1.2 makes of {"actions": [[0.5, -1]] (float32), "t": 3.0 (float64), "n": 7 (int64 array)}."""

ARRAYS = arrays.arrays(
    st.sampled_from(["uint8", "bool", "int64", "float32", "float64"]), arrays.array_shapes(min_dims=0, max_dims=4)
)


def test_a_message_of_openpis_own_client_is_read():
    message = unpacked(FROM_OPENPI)
    assert message["actions"].tolist() == [[0.5, -1.0]]
    assert message["actions"].dtype == np.float32
    assert (message["t"], message["n"]) == (3.0, 7)


@settings(max_examples=40)
@given(ARRAYS, st.text())
def test_arrays_come_back_as_they_went(array, text):
    back = unpacked(packed({"deep": {"down": array}, "prompt": text}))
    assert back["prompt"] == text
    assert back["deep"]["down"].dtype == array.dtype
    np.testing.assert_array_equal(back["deep"]["down"], array)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data):
    try:
        unpacked(data)
    except ArraysError:
        return


@given(st.data())
def test_a_message_of_openpi_with_changed_bytes_is_a_message_or_refused(data):
    broken = bytearray(FROM_OPENPI)
    for place in data.draw(st.lists(st.integers(0, len(broken) - 1), min_size=1, max_size=4)):
        broken[place] = data.draw(st.integers(0, 255))
    try:
        unpacked(bytes(broken))
    except ArraysError:
        return


@pytest.mark.parametrize(
    "form",
    [
        {b"__ndarray__": True, b"dtype": "|O", b"data": b"12345678", b"shape": [1]},
        {b"__ndarray__": True, b"dtype": "<f4", b"data": b"1234", b"shape": [2]},
        {b"__ndarray__": True, b"dtype": "<f4", b"data": b"1234", b"shape": [-1]},
        {b"__ndarray__": True, b"dtype": "<f4", b"data": b"", b"shape": [0] * 9},
        {b"__ndarray__": True, b"dtype": 7, b"data": b"", b"shape": [0]},
        {b"__ndarray__": True},
        {b"__npgeneric__": True, b"dtype": "<f8", b"data": "three"},
    ],
)
def test_an_array_that_does_not_add_up_is_refused(form):
    with pytest.raises(ArraysError):
        unpacked(msgpack.packb({"actions": form}))


@pytest.mark.parametrize("value", [object(), np.array([object()]), np.array(["a"]), 1j])
def test_what_is_no_number_is_not_sent(value):
    with pytest.raises(TypeError):
        packed({"value": value})
