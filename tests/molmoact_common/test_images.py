"""Images survive the way through ROS messages bit for bit, and malformed messages are refused."""

import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rosbags.image import compressed_image_to_cvimage, image_to_cvimage
from sensor_msgs.msg import CompressedImage, Image

from molmoact_common.ros.images import compress_image, decompress_image, image_from_message, image_to_message
from molmoact_common.ros.stamps import to_nanoseconds

LAYOUTS = {"rgb8": (np.uint8, 3), "bgr8": (np.uint8, 3), "mono8": (np.uint8, 1), "16UC1": (np.uint16, 1)}
LAYOUTS |= {"32FC1": (np.float32, 1)}


def pictures(encoding):
    kind, channels = LAYOUTS[encoding]
    shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
    return shapes.flatmap(lambda hw: hnp.arrays(kind, (*hw, 3) if channels == 3 else hw))


@st.composite
def encoded_pictures(draw, encodings=tuple(LAYOUTS)):
    encoding = draw(st.sampled_from(encodings))
    return encoding, draw(pictures(encoding))


@given(encoded_pictures(), st.integers(0, 2**31 * 10**9 - 1))
def test_round_trip_is_exact(encoded, stamp):
    encoding, picture = encoded
    message = image_to_message(picture, encoding, stamp, "front_optical")
    back = image_from_message(message)
    assert back.dtype == picture.dtype
    np.testing.assert_array_equal(back, picture)
    assert to_nanoseconds(message.header.stamp) == stamp
    assert message.header.frame_id == "front_optical"


@given(encoded_pictures())
def test_messages_read_the_same_with_rosbags_image(encoded):
    encoding, picture = encoded
    message = image_to_message(picture, encoding, 0, "")
    np.testing.assert_array_equal(image_to_cvimage(message), picture)


@given(encoded_pictures(), st.integers(0, 7), st.integers(0, 3), st.booleans())
def test_padding_trailing_bytes_and_byte_order_are_understood(encoded, padding, trailing, big):
    encoding, picture = encoded
    wire = picture.astype(picture.dtype.newbyteorder(">" if big else "<"))
    rows = [row.tobytes() + b"\xaa" * padding for row in wire]
    message = Image(height=picture.shape[0], width=picture.shape[1], encoding=encoding, is_bigendian=int(big))
    message.step = len(rows[0])
    message.data = array.array("B", b"".join(rows) + b"\xbb" * trailing)
    np.testing.assert_array_equal(image_from_message(message), picture)


@given(pictures("rgb8"))
def test_red_and_blue_change_places_when_asked(picture):
    message = image_to_message(picture, "rgb8", 0, "")
    np.testing.assert_array_equal(image_from_message(message, "bgr8"), picture[:, :, ::-1])
    np.testing.assert_array_equal(image_from_message(message, "rgb8"), picture)


def test_a_view_with_strides_is_written_as_it_looks():
    picture = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)[::-1, ::2]
    np.testing.assert_array_equal(image_from_message(image_to_message(picture, "rgb8", 0, "")), picture)


def test_the_message_does_not_change_with_the_array():
    picture = np.zeros((2, 2, 3), np.uint8)
    message = image_to_message(picture, "rgb8", 0, "")
    picture[:] = 255
    assert not image_from_message(message).any()


@pytest.mark.parametrize(
    ("picture", "encoding"),
    [
        (np.zeros((2, 2), np.uint8), "rgb8"),
        (np.zeros((2, 2, 4), np.uint8), "rgb8"),
        (np.zeros((2, 2), np.float64), "32FC1"),
        (np.zeros((2, 2), np.int16), "16UC1"),
        (np.zeros((0, 2), np.uint8), "mono8"),
        (np.zeros((2, 2), np.uint8), "bayer_rggb8"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(picture, encoding):
    with pytest.raises(ValueError, match=encoding):
        image_to_message(picture, encoding, 0, "")


@pytest.mark.parametrize("change", [{"height": 3}, {"width": 3}, {"step": 5}, {"encoding": "yuv422"}, {"height": 0}])
def test_messages_whose_data_do_not_fill_the_image_are_refused(change):
    message = image_to_message(np.zeros((2, 2, 3), np.uint8), "rgb8", 0, "")
    for field, value in change.items():
        setattr(message, field, value)
    with pytest.raises(ValueError, match=r"image of|encoding"):
        image_from_message(message)


def test_an_encoding_that_cannot_be_had_is_refused():
    message = image_to_message(np.zeros((2, 2), np.uint16), "16UC1", 0, "")
    with pytest.raises(ValueError, match="16UC1 cannot be had in rgb8"):
        image_from_message(message, "rgb8")


@given(encoded_pictures(("rgb8", "bgr8", "mono8", "16UC1")))
def test_png_is_lossless(encoded):
    encoding, picture = encoded
    message = compress_image(image_to_message(picture, encoding, 5, "f"), "png")
    np.testing.assert_array_equal(decompress_image(message), picture)
    assert (to_nanoseconds(message.header.stamp), message.header.frame_id) == (5, "f")


def test_compressed_colors_read_the_same_with_rosbags_image():
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    message = compress_image(image_to_message(picture, "rgb8", 0, ""), "png")
    np.testing.assert_array_equal(compressed_image_to_cvimage(message, "rgb8"), picture)


def test_jpeg_keeps_a_smooth_picture_nearly():
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    picture = np.stack([np.tile(ramp, (64, 1)), np.tile(ramp[:, None], (1, 64)), np.full((64, 64), 9, np.uint8)], -1)
    message = image_to_message(picture, "rgb8", 0, "")
    fine, coarse = (compress_image(message, "jpeg", jpeg_quality=quality) for quality in (95, 10))
    assert np.abs(decompress_image(fine).astype(int) - picture.astype(int)).mean() < 4
    assert len(coarse.data) < len(fine.data)


@pytest.mark.parametrize(("encoding", "codec"), [("32FC1", "png"), ("16UC1", "jpeg")])
def test_codecs_that_cannot_carry_it_are_refused(encoding, codec):
    with pytest.raises(ValueError, match="cannot carry"):
        compress_image(image_to_message(np.zeros((2, 2), LAYOUTS[encoding][0]), encoding, 0, ""), codec)


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_broken_compressed_data_are_refused(data):
    with pytest.raises(ValueError, match="no picture"):
        decompress_image(CompressedImage(format="rgb8; png compressed bgr8", data=array.array("B", data)))
