import cv2
import numpy as np

from steering_ui.pictures import Pictures


def test_colours_arrive_as_they_are_seen():
    pictures = Pictures(("front", "depth"))
    red = np.zeros((24, 32, 3), np.uint8)
    red[..., 0] = 255
    pictures.put("front", red)
    (data,) = pictures.news({})
    assert data[0] == 0
    blue, green, seen_red = cv2.imdecode(np.frombuffer(data[1:], np.uint8), cv2.IMREAD_COLOR)[12, 16]
    assert seen_red > 240
    assert max(blue, green) < 15


def test_only_the_newest_goes_out_and_only_once():
    pictures, seen = Pictures(("front", "depth")), {}
    for shade in (0, 100, 200):
        pictures.put("depth", np.full((8, 8), shade, np.uint8))
    (data,) = pictures.news(seen)
    assert data[0] == 1
    assert abs(int(cv2.imdecode(np.frombuffer(data[1:], np.uint8), cv2.IMREAD_GRAYSCALE)[4, 4]) - 200) < 4
    assert pictures.news(seen) == []
