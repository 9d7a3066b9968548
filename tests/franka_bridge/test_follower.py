"""What becomes of chunks, without robot, clock or ROS."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from franka_bridge.authority import Source
from franka_bridge.follower import Follower
from franka_bridge.gate.checks import Measured
from franka_bridge.gate.gate import make_gate
from franka_bridge.reports import Status
from franka_bridge.safety import SafetyConfig
from franka_bridge.targets import Target, Targets
from molmoact_common.chunks import Chunk
from molmoact_common.poses import DeltaFrame, Pose, RotationConvention

SECOND = 1_000_000_000
TICK = 10_000_000
SAFETY = SafetyConfig()
START = Pose(np.array([0.4, 0.0, 0.4]), np.array([1.0, 0.0, 0.0, 0.0]))


def chunk(
    deltas: np.ndarray | None = None, *, sequence: int = 1, at_ns: int = SECOND, step: int = 0, period: float = 0.1
) -> Chunk:
    if deltas is None:
        deltas = np.tile([0.008, 0, 0, 0, 0, 0, 1.0], (8, 1))
    return Chunk(
        sequence=sequence,
        observation_ns=at_ns,
        command_step=step,
        arms=("arm",),
        deltas=np.asarray(deltas, dtype=np.float64),
        step_period=period,
        frame=DeltaFrame.BASE,
        rotation=RotationConvention.ROTATION_VECTOR,
    )


def follower(safety: SafetyConfig = SAFETY, arms: tuple[str, ...] = ("arm",)) -> Follower:
    made = Follower(make_gate(safety, arms), safety)
    made.start(dict.fromkeys(arms, Target(START, 1.0)), SECOND)
    return made


def follow(one: Follower, from_ns: int, ticks: int) -> list[tuple[int, Targets]]:
    """Tick with an arm that is always where it was commanded to be; (time, targets) of each command."""
    commands = []
    for now in range(from_ns, from_ns + ticks * TICK, TICK):
        assert one.commanded is not None
        targets = one.step(now, {arm: Measured(target.pose) for arm, target in one.commanded.items()})
        if targets is not None:
            commands.append((now, targets))
    return commands


def moved(commands: list[tuple[int, Targets]]) -> float:
    return float(commands[-1][1]["arm"].pose.position[0] - START.position[0])


def test_eight_deltas_of_8_mm_make_64_mm_in_eight_steps_a_period_apart():
    one = follower()
    assert one.offer(chunk(), SECOND)
    commands = follow(one, SECOND, 100)
    assert moved(commands) == pytest.approx(0.064, abs=1e-12)
    assert [now - SECOND for now, _ in commands] == [100_000_000 * row for row in range(8)]
    assert one.command_step == 8


@pytest.mark.parametrize("factor", [0.05, 0.3, 1.0])
def test_speed_factor_stretches_time_and_not_lengths(factor: float):
    one = follower(SafetyConfig(speed_factor=factor))
    one.offer(chunk(), SECOND)
    commands = follow(one, SECOND, 2000)
    assert moved(commands) == pytest.approx(0.064, abs=1e-9)
    assert len(commands) == 8
    assert commands[-1][0] - SECOND == pytest.approx(7 * 0.1 / factor * SECOND, abs=2 * TICK)


def test_a_speed_factor_that_changes_takes_effect_with_the_next_step():
    one = follower()
    one.offer(chunk(), SECOND)
    commands = follow(one, SECOND, 25)  # three steps
    one.speed_factor = 0.5
    commands += follow(one, SECOND + 25 * TICK, 60)
    one.speed_factor = 1.0
    commands += follow(one, SECOND + 85 * TICK, 100)
    gaps = np.diff([now for now, _ in commands]) // 1_000_000
    assert gaps.tolist() == [100, 100, 100, 200, 200, 200, 100]
    assert moved(commands) == pytest.approx(0.064, abs=1e-12)


@pytest.mark.parametrize("execution", ["open_loop", "async"])
@pytest.mark.parametrize("latency", [0.1, 0.3, 0.6, 2.0])
def test_the_path_is_the_same_and_no_step_made_twice_however_late_the_policy_answers(latency: float, execution: str):
    """A policy that has a path in mind, a pose a step, and deltas of eight steps from what it sees."""
    one = follower()
    angles = np.linspace(0.0, np.pi, 41)
    path = START.position + 0.05 * np.column_stack([1.0 - np.cos(angles), np.sin(angles), 0.0 * angles])
    answer: tuple[int, Chunk] | None = None
    made: list[int] = []
    now = SECOND
    while one.command_step < 32:
        now += TICK
        step = one.command_step
        if answer is None and (execution == "async" or not one.following):
            deltas = np.zeros((8, 7))
            deltas[:, :3] = np.diff(path[step : step + 9], axis=0)
            answer = now + round(latency * SECOND), chunk(deltas, sequence=now, at_ns=now, step=step)
        if answer is not None and now >= answer[0]:
            one.offer(answer[1], now)
            answer = None
        if follow(one, now, 1):
            made.append(one.command_step)
            assert one.commanded is not None
            assert one.commanded["arm"].pose.position == pytest.approx(path[one.command_step], abs=1e-9)
    assert made == list(range(1, 33))


def test_a_chunk_that_would_have_the_arm_elsewhere_is_led_over_to_and_ends_where_it_says():
    one = follower()
    one.offer(chunk(), SECOND)
    follow(one, SECOND, 25)  # three steps along x
    sideways = np.tile([0, 0.008, 0, 0, 0, 0, 1.0], (8, 1))
    one.offer(chunk(sideways, sequence=2), SECOND + 25 * TICK)
    commands = follow(one, SECOND + 25 * TICK, 100)
    ways = np.array([targets["arm"].pose.position - START.position for _, targets in commands])
    assert ways[-1] == pytest.approx([0.0, 0.064, 0.0], abs=1e-12)
    steps = np.linalg.norm(np.diff(ways, axis=0), axis=1)
    assert steps.max() < np.hypot(0.024, 0.024) / 2  # in one step it would be 24 mm back and as many aside


def test_each_source_counts_its_chunks_for_itself():
    one = follower()
    assert one.offer(chunk(sequence=10), SECOND)
    assert one.offer(chunk(sequence=3), SECOND, Source.OPERATOR)
    assert one.source is Source.OPERATOR
    assert not one.offer(chunk(sequence=3), SECOND, Source.OPERATOR)
    assert not one.offer(chunk(sequence=10), SECOND)
    reports = [(report.source, report.sequence, report.status) for report in one.take_reports()]
    assert reports == [
        (Source.POLICY, 10, Status.ACCEPTED),
        (Source.POLICY, 10, Status.REPLACED),
        (Source.OPERATOR, 3, Status.ACCEPTED),
        (Source.OPERATOR, 3, Status.REFUSED),
        (Source.POLICY, 10, Status.REFUSED),
    ]


def test_a_chunk_is_reported_accepted_then_finished_with_its_stamps():
    one = follower()
    one.offer(chunk(), SECOND)
    follow(one, SECOND, 100)
    accepted, finished = one.take_reports()
    assert (accepted.status, accepted.entry_step) == (Status.ACCEPTED, 0)
    assert (finished.status, finished.steps_done, finished.reason) == (Status.FINISHED, 8, "")
    assert finished.ledger.bridge_received == finished.ledger.first_step_applied == SECOND
    assert finished.ledger.last_step_applied == SECOND + 700_000_000
    assert one.take_reports() == []


def test_a_late_chunk_enters_behind_the_steps_made_since_its_observation_and_the_path_stays():
    one = follower()
    one.offer(chunk(), SECOND)
    follow(one, SECOND, 25)  # three steps
    assert one.command_step == 3
    assert one.offer(chunk(sequence=2, at_ns=SECOND, step=0), SECOND + 25 * TICK)
    commands = follow(one, SECOND + 25 * TICK, 100)
    assert next(report.entry_step for report in one.take_reports() if report.sequence == 2) == 3
    assert len(commands) == 5
    assert moved(commands) == pytest.approx(0.064, abs=1e-12)


def test_a_newer_chunk_replaces_the_one_under_way_without_a_gap_or_a_hurried_step():
    one = follower()
    one.offer(chunk(), SECOND)
    before = follow(one, SECOND, 25)
    one.offer(chunk(sequence=2, step=1), SECOND + 25 * TICK)
    after = follow(one, SECOND + 25 * TICK, 100)
    assert after[0][0] - before[-1][0] == 100_000_000
    replaced = next(r for r in one.take_reports() if r.status is Status.REPLACED)
    assert (replaced.sequence, replaced.steps_done) == (1, 3)


def test_a_chunk_overtaken_by_all_its_rows_is_refused():
    one = follower()
    one.offer(chunk(), SECOND)
    follow(one, SECOND, 100)
    assert not one.offer(chunk(sequence=2, step=0), SECOND)
    assert "8 steps were made" in one.take_reports()[-1].reason


@pytest.mark.parametrize(
    ("bad", "check"),
    [
        (chunk(np.full((8, 7), math.nan)), "finite"),
        (chunk(np.zeros((8, 6))), "shape"),
        (chunk(np.zeros((8, 14))), "shape"),
        (replace(chunk(), arms=("other",)), "shape"),
        (chunk(period=0.0), "finite"),
        (chunk(period=math.nan), "finite"),
        (chunk(sequence=0), "sequence"),
        (chunk(at_ns=SECOND - 1), "age"),
        (chunk(at_ns=100 * SECOND), "age"),
        (chunk(step=5), "anchor"),
        (chunk(np.tile([0.08, 0, 0, 0, 0, 0, 1.0], (8, 1))), "row_size"),
        (chunk(np.tile([0, 0, 0, 1.0, 0, 0, 1.0], (8, 1))), "row_size"),
        (chunk(np.tile([0, 0, 0, 2 * np.pi, 0, 0, 1.0], (8, 1))), "row_size"),
        (chunk(np.tile([0, 0, 0, 1e300, 0, 0, 1.0], (8, 1))), "row_size"),
    ],
)
def test_a_chunk_that_breaks_a_rule_is_refused_whole_by_name(bad: Chunk, check: str):
    one = follower()
    if check == "sequence":
        one.offer(chunk(sequence=0), SECOND)
        one.take_reports()
    assert not one.offer(bad, 2 * SECOND)
    (report,) = one.take_reports()
    assert (report.status, report.steps_done) == (Status.REFUSED, 0)
    assert report.reason.startswith(check)


def test_an_old_observation_is_refused_and_sooner_while_running():
    one = follower()
    assert not one.offer(chunk(), SECOND + 11 * SECOND)
    assert one.offer(chunk(), SECOND + 5 * SECOND)
    assert not one.offer(chunk(sequence=2), SECOND + 5 * SECOND)
    assert "limit is 3 s" in one.take_reports()[-1].reason


def test_rows_outside_the_workspace_are_clipped_and_said_so():
    one = follower()
    one.offer(chunk(np.tile([0, 0, -0.02, 0, 0, 0, 1.0], (30, 1))), SECOND)
    commands = follow(one, SECOND, 400)
    lowest = min(targets["arm"].pose.position[2] for _, targets in commands)
    assert lowest == pytest.approx(SAFETY.table_height + SAFETY.table_clearance)
    assert "table_plane" in one.take_reports()[-1].clipped


def test_a_row_over_the_speed_cap_takes_more_steps_and_arrives_at_the_same_place():
    one = follower()
    one.offer(chunk(np.array([[0.05, 0, 0, 0, 0, 0, 1.0]]), period=0.1), SECOND)  # 500 mm/s
    commands = follow(one, SECOND, 100)
    assert [round(float(t["arm"].pose.position[0] - 0.4), 6) for _, t in commands] == [0.025, 0.05]
    assert one.command_step == 1


def test_an_arm_on_its_leash_is_waited_for_and_given_up_in_the_end():
    one = follower()
    one.offer(chunk(), SECOND)
    far = Pose(START.position + np.array([0.0, 0.09, 0.0]), START.quaternion)
    assert all(one.step(now, {"arm": Measured(far)}) is None for now in range(SECOND, SECOND + 99 * TICK, TICK))
    assert one.following
    for now in range(SECOND + 99 * TICK, SECOND + 110 * TICK, TICK):
        one.step(now, {"arm": Measured(far)})
    assert not one.following
    assert one.take_reports()[-1].reason.startswith("leash")


def leave_behind(one: Follower, sequence: int) -> None:
    """A chunk that an arm 90 mm away does not follow until it is given up."""
    far = Pose(START.position + np.array([0.0, 0.09, 0.0]), START.quaternion)
    at_ns = sequence * 10 * SECOND
    one.offer(chunk(sequence=sequence, at_ns=at_ns, step=one.command_step), at_ns)
    for now in range(at_ns, at_ns + 110 * TICK, TICK):
        one.step(now, {"arm": Measured(far)})


def test_three_chunks_in_a_row_that_an_arm_does_not_follow_are_a_reason_to_stop():
    one = follower()
    for sequence in (1, 2):
        leave_behind(one, sequence)
        assert not one.stuck
    leave_behind(one, 3)
    assert "3 chunks in a row" in one.stuck
    one.start(dict.fromkeys(["arm"], Target(START, 1.0)), 40 * SECOND)
    assert not one.stuck


def test_a_step_between_two_that_were_left_behind_begins_the_count_anew():
    one = follower()
    leave_behind(one, 1)
    leave_behind(one, 2)
    one.offer(chunk(sequence=3, at_ns=30 * SECOND), 30 * SECOND)
    follow(one, 30 * SECOND, 100)
    leave_behind(one, 4)
    assert not one.stuck


def test_no_more_than_one_row_a_call_when_time_jumps_forwards_and_no_hurry_after():
    one = follower()
    one.offer(chunk(), SECOND)
    follow(one, SECOND, 1)
    late = SECOND + 400_000_000
    commands = follow(one, late, 100)
    assert [now - late for now, _ in commands] == [100_000_000 * row for row in range(7)]


def test_a_clock_set_back_does_not_stall_the_chunk():
    one = follower()
    one.offer(chunk(), SECOND)
    follow(one, SECOND, 25)
    commands = follow(one, 10 * TICK, 100)
    assert len(commands) == 5


def test_two_arms_step_together():
    one = follower(arms=("left", "right"))
    deltas = np.tile([0.008, 0, 0, 0, 0, 0, 1.0, 0, -0.008, 0, 0, 0, 0, 0.0], (8, 1))
    assert one.offer(replace(chunk(deltas), arms=("left", "right")), SECOND)
    _, targets = follow(one, SECOND, 100)[-1]
    assert targets["left"].pose.position == pytest.approx([0.464, 0.0, 0.4])
    assert targets["right"].pose.position == pytest.approx([0.4, -0.064, 0.4])


numbers = st.one_of(st.floats(-0.03, 0.03), st.floats(-1e9, 1e9), st.floats(allow_nan=True, allow_infinity=True))
small = st.floats(-0.03, 0.03)


@given(
    shape=st.tuples(st.integers(1, 8), st.sampled_from([7, 7, 7, 6, 14])),
    elements=st.sampled_from([numbers, small, small]),
    data=st.data(),
    sequence=st.integers(0, 3),
    step=st.integers(0, 12),
    period=st.floats(0.01, 0.5),
    jumps=st.lists(st.integers(-50, 200), max_size=60),
)
def test_whatever_comes_no_command_leaves_the_limits(shape, elements, data, sequence, step, period, jumps):
    one = follower()
    one.offer(chunk(), SECOND)
    follow(one, SECOND, 35)
    deltas = data.draw(arrays(np.float64, shape, elements=elements))
    one.offer(chunk(deltas, sequence=sequence, step=step, period=period), SECOND + 35 * TICK)
    now = SECOND + 35 * TICK
    low = np.array(SAFETY.workspace_lower)
    low[2] = SAFETY.table_height + SAFETY.table_clearance
    for jump in [*jumps, *[10] * 50]:
        now += jump * 1_000_000
        assert one.commanded is not None
        before = one.commanded["arm"]
        steps_before = one.command_step
        targets = one.step(now, {"arm": Measured(before.pose)})
        if targets is None:
            continue
        metres, radians = before.pose.distance_to(targets["arm"].pose)
        longest = max(period, 0.1)
        assert metres <= SAFETY.speed_cap * longest + 1e-9
        assert radians <= SAFETY.turn_cap * longest + 1e-9
        assert np.all(targets["arm"].pose.position >= low - 1e-12)
        assert np.all(targets["arm"].pose.position <= SAFETY.workspace_upper)
        assert 0.0 <= targets["arm"].opening <= 1.0
        assert one.command_step - steps_before <= 1
