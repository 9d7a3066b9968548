"""Two arms keep apart: the bars cover the arm, distances are right, and what both cells ask for is allowed."""

import re
from pathlib import Path

import franky_sim
import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franka_bridge.gate.checks import Situation
from franka_bridge.gate.together_checks import BARS, ArmsApart
from franka_bridge.targets import Target
from molmoact_common.poses import Pose
from support.fr3 import FR3, READY, target_at

UPRIGHT = np.array([0.0, 0.0, 0.0, 1.0])
BASES = {"left": Pose(np.array([0.0, 0.3, 0.0]), UPRIGHT), "right": Pose(np.array([0.0, -0.3, 0.0]), UPRIGHT)}
APART = ArmsApart(BASES, 0.03)
DOWN = FR3.forward(READY).quaternion


def there(x: float, y: float, z: float) -> Target:
    """A hand that points down, in its arm's base frame."""
    return target_at(inverse(Pose(np.array([x, y, z]), DOWN)))


def inverse(pose: Pose) -> np.ndarray:
    q: np.ndarray | None = READY
    home = FR3.forward(READY).position
    for share in np.linspace(0.1, 1.0, 10):
        assert q is not None
        q = FR3.inverse(Pose(home + share * (pose.position - home), pose.quaternion), q)
    assert q is not None
    return q


def objection(before: dict[str, Target], after: dict[str, Target]) -> str:
    return APART.objection({arm: Situation(one, one.pose, 0.1, model=FR3) for arm, one in before.items()}, after)


def gap(targets: dict[str, Target]) -> float:
    situations = {arm: Situation(one, one.pose, 0.1, model=FR3) for arm, one in targets.items()}
    found = ArmsApart(BASES, 1.0).gap("left", "right", situations, targets)
    assert found is not None
    return found


def test_arms_that_come_too_near_are_refused_and_may_part_again():
    near = {"left": there(0.5, -0.2, 0.3), "right": there(0.5, 0.18, 0.3)}
    nearer = {"left": there(0.5, -0.21, 0.3), "right": there(0.5, 0.18, 0.3)}
    assert gap(nearer) < gap(near) < 0.03
    assert re.fullmatch(r"left and right would come as near as -?\d+ mm; 30 mm are kept", objection(near, nearer))
    assert objection(nearer, near) == ""
    assert objection(near, near) == ""


def test_arms_at_home_and_hands_at_one_tray_are_far_enough():
    """The loose tray's plates stand 0.33 m apart: half as much, less 0.3 m, from each base."""
    home = dict.fromkeys(BASES, target_at(READY))
    tray = {"left": there(0.49, -0.135, 0.06), "right": there(0.49, 0.135, 0.06)}
    assert gap(home) > 0.3
    assert gap(tray) > 0.05
    assert objection(home, tray) == ""


def test_distance_of_two_hands_side_by_side():
    """0.4 m from TCP to TCP; a hand reaches 126 mm to the one side and 111 mm to the other."""
    hands = {"left": there(0.5, -0.1, 0.3), "right": there(0.5, 0.1, 0.3)}
    assert gap(hands) == pytest.approx(0.4 - 0.126 - 0.111, abs=2e-3)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_seen_to_be_far_at_a_glance_is_far(seed: int):
    random = np.random.default_rng(seed)
    middle, half = (FR3.limits.lower + FR3.limits.upper) / 2, (FR3.limits.upper - FR3.limits.lower) / 2
    pair = {arm: target_at(middle + half * random.uniform(-1, 1, 7)) for arm in BASES}
    situations = {arm: Situation(one, one.pose, 0.1, model=FR3) for arm, one in pair.items()}
    quick, exact = (ArmsApart(BASES, asked).gap("left", "right", situations, pair) for asked in (0.03, 3.0))
    assert quick is not None
    assert exact is not None
    assert quick == exact if exact < 0.03 else quick >= 0.03


def test_an_arm_whose_joints_are_not_known_is_not_judged():
    nowhere = {arm: Target(target.pose, 1.0) for arm, target in dict.fromkeys(BASES, target_at(READY)).items()}
    assert objection(nowhere, nowhere) == ""


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_mirrored_arms_have_the_same_distance_when_they_change_places(seed: int):
    random = np.random.default_rng(seed)
    middle, half = (FR3.limits.lower + FR3.limits.upper) / 2, (FR3.limits.upper - FR3.limits.lower) / 2
    one, other = (target_at(middle + half * random.uniform(-1, 1, 7)) for _ in range(2))
    turned = Pose(np.zeros(3), np.array([0.0, 0.0, 1.0, 0.0]))
    facing = ArmsApart({"left": BASES["left"], "right": turned @ BASES["left"]}, 1.0)
    gaps = []
    for pair in ({"left": one, "right": other}, {"left": other, "right": one}):
        situations = {arm: Situation(target, target.pose, 0.1, model=FR3) for arm, target in pair.items()}
        gaps.append(facing.gap("left", "right", situations, pair))
    assert gaps[0] == pytest.approx(gaps[1], abs=1e-6)


def meshes() -> dict[str, np.ndarray]:
    """Body -> vertices of its meshes in its own frame, metres, shape (n, 3)."""
    folder = Path(franky_sim.__file__).parent / "assets"
    text = (folder / "fr3.xml").read_text()
    model = mujoco.MjModel.from_xml_string(text.replace('meshdir="assets"', f'meshdir="{folder / "meshes"}"'))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    found: dict[str, list[np.ndarray]] = {}
    for geom in range(model.ngeom):
        mesh, body = model.geom_dataid[geom], data.body(model.geom_bodyid[geom])
        if mesh >= 0:
            first, number = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
            world = (
                model.mesh_vert[first : first + number] @ data.geom(geom).xmat.reshape(3, 3).T + data.geom(geom).xpos
            )
            found.setdefault(body.name, []).append((world - body.xpos) @ body.xmat.reshape(3, 3))
    return {name: np.concatenate(parts) for name, parts in found.items()}


@pytest.mark.slow
def test_the_bars_cover_every_mesh_of_arm_and_hand():
    vertices = meshes()
    names = {"hand": 8} | {f"fr3_link{number}": number for number in range(8)}
    for name, frame in names.items():
        turn = np.eye(3) if frame < 8 else np.array([[1, 1, 0], [-1, 1, 0], [0, 0, np.sqrt(2)]]) / np.sqrt(2)
        outside = np.full(len(vertices[name]), np.inf)
        for bar in (bar for bar in BARS if bar.frame == frame):
            begin, way = np.array(bar.begin), np.array(bar.end) - np.array(bar.begin)
            away = vertices[name] @ turn.T - begin
            along = np.clip(away @ way / (way @ way), 0.0, 1.0)
            outside = np.minimum(outside, np.linalg.norm(away - along[:, None] * way, axis=1) - bar.radius)
        assert outside.max() < 0.0, name
