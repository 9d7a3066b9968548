"""Images between arrays and ROS messages, raw and compressed: the only place of this project that does it."""

import array
import sys
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image

from molmoact_common.ros.stamps import to_time

try:  # A ROS installation brings it; the wheels do not.
    from cv_bridge import CvBridge
except ImportError:
    CvBridge = None

ImageArray = NDArray[Any]
"""Shape (height, width) for one channel, (height, width, 3) for three; C-contiguous when written."""

_LAYOUTS: dict[str, tuple[type[np.generic], int]] = {
    "rgb8": (np.uint8, 3),
    "bgr8": (np.uint8, 3),
    "mono8": (np.uint8, 1),
    "16UC1": (np.uint16, 1),
    "32FC1": (np.float32, 1),
}
_BRIDGE: Any = CvBridge() if CvBridge is not None else None


def image_to_message(picture: ImageArray, encoding: str, stamp_ns: int, frame_id: str) -> Image:
    """Raw image message with a copy of the pixels, rows without padding, in this machine's byte order.

    Args:
        picture: uint8 (height, width, 3) for rgb8 and bgr8; (height, width) of uint8 for mono8, uint16 for 16UC1,
            float32 for 32FC1.
        encoding: one of these.
        stamp_ns: exposure, nanoseconds of the graph's clock.
        frame_id: optical frame.

    Raises:
        ValueError: the array does not fit the encoding, or the encoding is not known.
    """
    _check(picture, encoding)
    native = np.ascontiguousarray(picture, dtype=picture.dtype.newbyteorder("="))
    message = _to_message_bridge(native, encoding) if _BRIDGE is not None else _to_message_numpy(native, encoding)
    message.header.stamp = to_time(stamp_ns)
    message.header.frame_id = frame_id
    return message


def image_from_message(message: Any, encoding: str | None = None) -> ImageArray:
    """Pixels of a raw image message; they share the message's memory where its layout allows.

    Args:
        message: sensor_msgs/Image; padded rows and either byte order are fine.
        encoding: what the caller wants; rgb8 and bgr8 turn into each other. None: as the message is.

    Raises:
        ValueError: encoding unknown or not convertible, or the data do not fill the image.
    """
    _check_message(message)
    picture = _BRIDGE.imgmsg_to_cv2(message, "passthrough") if _BRIDGE is not None else _from_message_numpy(message)
    if encoding in (None, message.encoding):
        return np.asarray(picture)
    if {encoding, message.encoding} == {"rgb8", "bgr8"}:
        return np.ascontiguousarray(picture[:, :, ::-1])
    raise ValueError(f"an image in {message.encoding} cannot be had in {encoding}")


def compress_image(message: Any, codec: Literal["png", "jpeg"], *, jpeg_quality: int = 95) -> CompressedImage:
    """The image of a raw message, compressed, with its header; the format string is that of ROS's image transport.

    Args:
        message: sensor_msgs/Image of 8 bits, or 16UC1 for png.
        codec: png is lossless.
        jpeg_quality: 1..100, for jpeg only.

    Raises:
        ValueError: the message is malformed, or the codec cannot carry it (jpeg: 8 bits; neither: 32FC1).
    """
    encoding, picture = message.encoding, image_from_message(message)
    if encoding == "32FC1" or (encoding == "16UC1" and codec == "jpeg"):
        raise ValueError(f"{codec} cannot carry {encoding}")
    stored = "bgr8" if encoding == "rgb8" else encoding  # OpenCV's encoders take blue first
    options = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if codec == "jpeg" else []
    done, data = cv2.imencode(f".{codec}", picture[:, :, ::-1] if encoding == "rgb8" else picture, options)
    if not done:
        raise ValueError(f"OpenCV could not encode {picture.dtype}{picture.shape} as {codec}")
    compressed = CompressedImage(header=message.header, format=f"{encoding}; {codec} compressed {stored}")
    compressed.data = array.array("B", data.tobytes())
    return compressed


def decompress_image(message: Any) -> ImageArray:
    """Pixels of a compressed message in the encoding that its format string names first (rgb8 where it names none).

    Raises:
        ValueError: the data are no picture, or none of that encoding.
    """
    head = message.format.split(";")[0].strip()
    encoding = head if head in _LAYOUTS else "rgb8"
    picture = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_UNCHANGED) if len(message.data) else None
    if picture is None:
        raise ValueError(f"{len(message.data)} bytes of format {message.format!r} are no picture")
    if encoding == "rgb8" and picture.ndim == 3:
        picture = np.ascontiguousarray(picture[:, :, ::-1])
    _check(picture, encoding)
    return np.asarray(picture)


def _check(picture: ImageArray, encoding: str) -> None:
    kind, channels = _layout(encoding)
    good_shape = picture.ndim == 2 if channels == 1 else picture.ndim == 3 and picture.shape[2] == channels
    if picture.dtype != kind or not good_shape or not picture.size:
        raise ValueError(f"{picture.dtype}{picture.shape} is no {encoding} image")


def _layout(encoding: str) -> tuple[type[np.generic], int]:
    if encoding not in _LAYOUTS:
        raise ValueError(f"encoding {encoding!r} is none of {', '.join(_LAYOUTS)}")
    return _LAYOUTS[encoding]


def _check_message(message: Any) -> None:
    kind, channels = _layout(message.encoding)
    row = message.width * channels * np.dtype(kind).itemsize
    if not row or not message.height or message.step < row or len(message.data) < message.step * message.height:
        raise ValueError(
            f"{len(message.data)} bytes in rows of {message.step} are no {message.encoding} image of "
            f"{message.width}x{message.height}"
        )


def _to_message_bridge(picture: ImageArray, encoding: str) -> Image:
    return _BRIDGE.cv2_to_imgmsg(picture, encoding)


def _to_message_numpy(picture: ImageArray, encoding: str) -> Image:
    height, width = picture.shape[:2]
    message = Image(height=height, width=width, encoding=encoding, step=picture.nbytes // height)
    message.is_bigendian = int(sys.byteorder == "big")
    data = array.array("B")  # the setter takes this type at once and checks any other element by element
    data.frombytes(picture.view(np.uint8).data)
    message.data = data
    return message


def _from_message_numpy(message: Any) -> ImageArray:
    kind, channels = _layout(message.encoding)
    wire = np.dtype(kind).newbyteorder(">" if message.is_bigendian else "<")
    rows = np.frombuffer(message.data, np.uint8, count=message.step * message.height).reshape(message.height, -1)
    used = rows[:, : message.width * channels * wire.itemsize]
    shape = (message.height, message.width, 3) if channels == 3 else (message.height, message.width)
    return np.ascontiguousarray(used).view(wire).reshape(shape).astype(kind, copy=False)
