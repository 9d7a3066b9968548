"""Who may do what, and what becomes of it; the robot writes down what it is told."""

import asyncio

import pytest

from steering_ui import messages as say
from steering_ui.approval import ApprovalDesk, Mode, Proposal, Relayed
from steering_ui.control import LOST, Clock, Control
from steering_ui.errors import RefusedError
from steering_ui.lease import Lease


class WritesDown:
    """A `Robot` that notes what it is told."""

    def __init__(self):
        self.relays = True
        self.told = []

    def stop(self, held):
        self.told.append(("stop", held))

    def stand_still(self, why):
        self.told.append(("stand still", why))

    def relay(self, outcome: Relayed):
        self.told.append(("relay", outcome.proposal.sequence, outcome.rows))

    def decline(self, outcome):
        self.told.append(("decline", outcome.proposal.sequence, outcome.why))

    async def call(self, service, fields):
        self.told.append((service, fields))
        return "done"


class Desk:
    """Control with a clock that a test sets."""

    def __init__(self, mode=Mode.ASK):
        self.now = 0.0
        self.robot = WritesDown()
        clock = Clock(lambda: self.now, lambda: round(self.now * 1e9))
        self.control = Control(self.robot, ApprovalDesk(mode, 9.5), Lease(1.0), clock)

    def says(self, who, kind, **fields):
        command = say.parse(
            f'{{"type":"{kind}","connection":"{who}","seq":1{"".join(f",{p}" for p in pairs(fields))}}}'
        )
        return asyncio.run(self.control.follow(command))


def pairs(fields):
    import json  # noqa: PLC0415

    return [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in fields.items()]


@pytest.fixture
def desk():
    desk = Desk()
    desk.says("a", "take_control")
    return desk


WANTED = [
    ("instruct", {"text": "lift"}, ("policy/set_instruction", {"instruction": "lift"})),
    ("steer", {"traces": {"arm": [[1, 2]]}}, ("policy/set_trace", {"traces": {"arm": ((1, 2),)}})),
    ("speed", {"factor": 0.5}, ("bridge/set_speed_factor", {"speed_factor": 0.5})),
    ("order", {"name": "start"}, ("bridge/start", {})),
    ("order", {"name": "home"}, ("bridge/home", {})),
    ("record", {"action": "keep"}, ("recorder/episode", {"command": "keep", "instruction": "", "note": ""})),
]


@pytest.mark.parametrize(("kind", "fields", "told"), WANTED)
def test_the_controller_is_followed(desk, kind, fields, told):
    assert desk.says("a", kind, **fields) == "done"
    assert desk.robot.told == [told]


@pytest.mark.parametrize(
    ("kind", "fields"), [*[row[:2] for row in WANTED], ("hold", {}), ("resume", {}), ("approval", {"mode": "pass"})]
)
def test_a_watcher_moves_nothing(desk, kind, fields):
    with pytest.raises(RefusedError, match="only watches"):
        desk.says("b", kind, **fields)
    assert desk.robot.told == []
    assert desk.control.approval.mode is Mode.ASK


def test_recover_lets_go_of_the_stop_first(desk):
    desk.says("a", "order", name="recover")
    assert desk.robot.told == [("stop", False), ("bridge/recover", {})]


def test_stop_asks_nobody():
    desk = Desk()
    desk.control.stop()
    assert desk.robot.told == [("stop", True)]


def test_what_is_drawn_is_shown_as_steering_once_the_policy_took_it(desk):
    desk.says("a", "steer", traces={"arm": [[1, 2], [3, 4]]})
    assert desk.control.steering == {"arm": ((1, 2), (3, 4))}
    desk.says("a", "steer", traces={})
    assert desk.control.steering == {}


def test_a_controller_that_falls_silent_ends_the_motion_and_everything_after_it(desk):
    desk.now = 1.1
    desk.control.look()
    assert desk.robot.told == [("stand still", LOST)]
    desk.control.proposed(Proposal(1, round(desk.now * 1e9), 8))
    assert desk.robot.told == [("stand still", LOST)]


def test_a_heartbeat_keeps_it_going(desk):
    for desk.now in (0.9, 1.8, 2.7):
        assert desk.says("a", "heartbeat") == ""
        desk.control.look()
    assert desk.robot.told == []


def test_a_closed_connection_is_a_lost_controller_and_a_watchers_is_nothing(desk):
    desk.control.gone("b")
    assert desk.robot.told == []
    desk.control.gone("a")
    desk.control.gone("a")
    assert desk.robot.told == [("stand still", LOST)]


def test_controls_that_were_given_back_are_not_lost(desk):
    desk.says("a", "release_control")
    desk.control.gone("a")
    desk.now = 9.0
    desk.control.look()
    assert desk.robot.told == []


def test_after_a_hold_somebody_has_to_say_that_it_goes_on():
    desk = Desk(Mode.PASS)
    desk.says("a", "take_control")
    desk.control.gone("a")
    desk.control.proposed(Proposal(1, 0, 8))
    desk.says("b", "take_control")
    desk.control.proposed(Proposal(2, 0, 8))
    assert ("relay", 2, 8) not in desk.robot.told
    desk.says("b", "resume")
    desk.control.proposed(Proposal(3, 0, 8))
    assert desk.robot.told[1:] == [
        ("decline", 1, "approval: a newer chunk was proposed"),
        ("decline", 2, "approval: held meanwhile"),
        ("relay", 3, 8),
    ]


def test_an_approved_chunk_goes_on_and_a_rejected_one_is_declined(desk):
    desk.control.proposed(Proposal(1, 0, 8))
    assert desk.says("a", "decide", sequence=1, verdict="approve", rows=5) == "chunk 1 goes on, 5 of 8 rows"
    desk.control.proposed(Proposal(2, 0, 8))
    assert desk.says("a", "decide", sequence=2, verdict="reject") == "approval: a person said no"
    assert desk.robot.told == [("relay", 1, 5), ("decline", 2, "approval: a person said no")]


def test_a_chunk_that_nobody_can_see_is_not_asked_about(desk):
    desk.control.proposed(Proposal(1, 0, 8), unseen="no numbers")
    assert desk.robot.told == [("decline", 1, "approval: cannot be shown: no numbers")]
    assert desk.control.approval.waiting is None


def test_without_an_answer_the_chunk_is_declined_in_time(desk):
    desk.control.proposed(Proposal(1, 0, 8))
    for step in range(100):
        desk.now = step / 10
        desk.says("a", "heartbeat")
        desk.control.look()
    assert desk.robot.told == [("decline", 1, "approval: no answer in time")]


def test_approval_needs_the_chunks_to_come_through_here(desk):
    desk.robot.relays = False
    with pytest.raises(RefusedError, match="--ui"):
        desk.says("a", "approval", mode="ask")
