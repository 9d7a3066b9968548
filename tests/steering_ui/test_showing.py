import json
import math

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from molmoact_ros.msg import ArmState, ChunkStatus, Reasoning, RecorderStatus

from molmoact_common.chunks import Ledger
from molmoact_common.ros.messages import ledger_to_message, traces_to_messages
from steering_ui import showing


def test_an_arm_without_a_gripper_is_json():
    message = ArmState(mode=ArmState.STOPPED, reason="user stop", gripper_opening=math.nan, command_step=7)
    message.measured.position.x = 0.30701
    message.wrench.force.x, message.wrench.force.y = 3.0, 4.0
    shown = showing.arm_state(message)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert (shown["mode"], shown["reason"], shown["step"]) == ("stopped", "user stop", 7)
    assert (shown["gripper"], shown["force"], shown["measured"]) == (None, 5.0, [0.307, 0.0, 0.0])


def test_a_thought_is_shown_as_far_as_it_is():
    ledger = ledger_to_message(Ledger(exposure=1_000_000_000, received=1_012_300_000, action=1_500_000_000))
    traces = traces_to_messages({"arm": ((1, 2), (3, 4))})
    message = Reasoning(sequence=2**63, stage=Reasoning.STAGE_TRACE, traces=traces, text="t", ledger=ledger)
    message.depth_codes = [5] * 100
    shown = showing.reasoning(message)
    assert json.loads(json.dumps(shown)) == shown
    assert shown["stage"] == "trace"
    assert shown["traces"] == {"arm": [[1, 2], [3, 4]]}
    assert shown["ledger"] == {"exposure": 0.0, "received": 12.3, "action": 500.0}
    assert shown["depth_codes"] == [5] * 100


def test_a_ledger_without_an_exposure_says_nothing():
    assert showing.ledger(Ledger(received=5)) == {}


def test_of_each_chunk_the_last_word_is_shown_newest_first():
    outcomes = showing.Outcomes()
    for sequence in range(20):
        outcomes.add(showing.chunk_outcome(ChunkStatus(sequence=sequence, status=ChunkStatus.ACCEPTED)))
    shown = outcomes.add(showing.chunk_outcome(ChunkStatus(sequence=18, status=ChunkStatus.FINISHED, steps_done=8)))
    assert [one["sequence"] for one in shown] == list(range(19, 19 - showing.OUTCOMES_SHOWN, -1))
    assert (shown[1]["status"], shown[1]["rows"]) == ("finished", 8)


def test_the_gates_counters_and_limits_are_told_apart():
    gate = showing.gate_activity({"speed_factor": "0.5", "gate.leash": "3", "limit.leash": "wait: 50 mm", "mode": "x"})
    assert gate == {"speed_factor": 0.5, "counts": {"leash": 3}, "limits": {"leash": "wait: 50 mm"}}


@pytest.mark.parametrize(("level", "word"), [(DiagnosticStatus.OK, "ok"), (DiagnosticStatus.ERROR, "error")])
def test_levels_have_names(level, word):
    assert showing.diagnostic(DiagnosticStatus(level=level, message="m")) == {"level": word, "message": "m"}


def test_the_recorder_tells_the_takes_name_and_mark():
    shown = showing.recorder(RecorderStatus(state=1, path="/a/b/take-3", seconds=4.4, bytes=2_500_000, mark=2))
    assert (shown["state"], shown["path"], shown["megabytes"], shown["mark"]) == ("recording", "take-3", 2.5, "failure")
