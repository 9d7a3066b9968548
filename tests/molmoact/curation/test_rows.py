"""What rows say, held against the recorded published formats."""

import json

import numpy as np
import pytest

from molmoact.curation.rows import Frame, Kind, RowWriter, image_columns
from molmoact.protocol.answer import parse_answer
from molmoact.protocol.symbols import ActionSymbols
from molmoact.protocol.wording import Wording
from support.invented_episode import demo_profile

SYMBOLS = ActionSymbols.printed()


@pytest.fixture(scope="module")
def recorded(golden_dir):
    return json.loads((golden_dir / "train/formats.json").read_text())


def frame_of(recorded, **changes):
    codes = tuple(int(code) for code in recorded["depth"].replace("<DEPTH_START>", "").replace("<DEPTH_END>", "")
                  .removeprefix("<DEPTH_").removesuffix(">").split("><DEPTH_"))  # fmt: skip
    steps = recorded["action"].removeprefix("[[").removesuffix("]]").split("], [")
    bins = np.array([[SYMBOLS.bins[symbol] for symbol in step.split(", ")] for step in steps])
    trace = tuple((x, y) for x, y in json.loads(recorded["trace"]))
    fields = {"task": recorded["task"], "images": [b"a", b"b"], "depth": codes, "traces": (trace,), "bins": bins}
    return Frame(**{**fields, **changes})


def texts(row):
    return [turn["value"] for turn in row["conversations"]]


def test_reasoning_rows_are_the_published_ones(recorded):
    row = RowWriter(demo_profile(), SYMBOLS, Wording.FINE_TUNED).row(Kind.REASONING, frame_of(recorded))
    assert texts(row) == [recorded["reasoning"]["question"], recorded["reasoning"]["answer"]]
    assert row["annotation"] is recorded["reasoning"]["annotation"] is None


def test_conditioned_rows_are_the_published_ones(recorded):
    row = RowWriter(demo_profile(), SYMBOLS).row(Kind.CONDITIONED, frame_of(recorded))
    expected = recorded["trajectory_conditioned"]
    assert [*texts(row), row["annotation"]] == [expected["question"], expected["answer"], expected["annotation"]]


def test_pictures_stand_in_columns_of_the_published_names(recorded):
    row = RowWriter(demo_profile(), SYMBOLS).row(Kind.REASONING, frame_of(recorded))
    assert image_columns(demo_profile()) == ("image", "wrist")
    assert (row["image"]["bytes"], row["wrist"]["bytes"]) == (b"a", b"b")


def test_a_single_view_is_asked_about_as_in_pre_training(recorded):
    profile = demo_profile(views=("front",), prompt="single_view")
    row = RowWriter(profile, SYMBOLS).row(Kind.REASONING, frame_of(recorded, images=[b"a"]))
    asked, answer = texts(row)
    assert "depth map for this image?" in asked
    assert answer.startswith("The depth map of the image is <DEPTH_START><DEPTH_54>")
    assert "The trajectory of the end effector is [[184, 62]" in answer


def test_two_arms_have_a_trace_each_left_first(recorded):
    left, right = ((1, 2), (3, 4)), ((5, 6), (7, 8))
    bins = np.full((8, 14), 127)
    writer = RowWriter(demo_profile(arms=("left", "right")), SYMBOLS)
    frame = frame_of(recorded, traces=(left, right), bins=bins)
    _, answer = texts(writer.row(Kind.REASONING, frame))
    assert (
        "left end effector is [[1, 2], [3, 4]]. The trajectory of the right end effector is [[5, 6], [7, 8]]" in answer
    )
    assert writer.row(Kind.CONDITIONED, frame)["annotation"] == ["[[1, 2], [3, 4]]", "[[5, 6], [7, 8]]"]


def test_auxiliary_rows_ask_for_one_thing_of_the_first_view(recorded):
    writer, frame = RowWriter(demo_profile(), SYMBOLS), frame_of(recorded)
    depth, trace = writer.row(Kind.DEPTH, frame), writer.row(Kind.TRACE, frame)
    asked, answer = texts(depth)
    assert asked == "The task is close the box. What is the depth map for the image?"
    assert answer == f"The depth map of the image is {recorded['depth']}."
    asked, answer = texts(trace)
    assert asked == "The task is close the box. What is the trajectory of the end effector?"
    assert answer == f"The trajectory of the end effector is {recorded['trace']}."
    assert "wrist" not in depth | trace


def test_an_answer_that_was_written_is_read_back(recorded):
    frame = frame_of(recorded)
    _, answer = texts(RowWriter(demo_profile(), SYMBOLS).row(Kind.REASONING, frame))
    read = parse_answer(f" {answer}", SYMBOLS, steps=len(frame.bins))
    assert (read.depth, read.traces) == (frame.depth, frame.traces)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Kind.REASONING, {"depth": ()}),
        (Kind.REASONING, {"traces": ((),)}),
        (Kind.CONDITIONED, {"traces": (((1, 2),),)}),
        (Kind.DEPTH, {"depth": ()}),
        (Kind.TRACE, {"traces": ()}),
    ],
)
def test_a_frame_that_lacks_something_makes_no_row(recorded, kind, changes):
    assert RowWriter(demo_profile(), SYMBOLS).row(kind, frame_of(recorded, **changes)) is None


def test_one_point_is_a_trace_but_nothing_to_draw(recorded):
    writer, frame = RowWriter(demo_profile(), SYMBOLS), frame_of(recorded, traces=(((1, 2),),))
    assert "[[1, 2]]" in texts(writer.row(Kind.REASONING, frame))[1]
    assert writer.row(Kind.CONDITIONED, frame) is None
