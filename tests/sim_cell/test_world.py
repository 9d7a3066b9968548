"""The world without a client: resets, snapshots, the true pose of the hand."""

import socket

import numpy as np
import pytest

from molmoact_common.errors import UnreachableError
from sim_cell.scoring import objects_of
from sim_cell.shared import Control, SnapshotRing
from sim_cell.tasks import make_episode
from sim_cell.world import World

HOST = "127.0.64.2"
TASK = "put_block_in_tray"


@pytest.fixture
def world(scene, tray_task):
    world = World(
        scene, HOST, lock_step=True, make_episode=lambda name, seed: make_episode(name, tray_task, scene, seed)
    )
    yield world
    world.close()


def run(world, ticks):
    for _ in range(ticks):
        world.step()


def test_a_second_world_on_the_same_address_is_refused_in_one_line(world, scene):
    with pytest.raises(UnreachableError, match=r"cannot serve the simulated arm on 127\.0\.64\.2"):
        World(scene, HOST, lock_step=True, make_episode=lambda *_: None)


def test_blocks_rest_where_the_seed_puts_them_and_the_arm_holds(world, scene, tray_task):
    episode = make_episode(TASK, tray_task, scene, 3)
    world.reset(episode)
    run(world, 300)
    now = world.snapshot()
    for name, pose in objects_of(scene, now).items():
        assert pose.distance_to(episode.start[name]) == pytest.approx((0.0, 0.0), abs=1e-3)
    np.testing.assert_allclose(now.q[0], scene.arms["arm"].home, atol=1e-3)
    assert now.opening[0] == pytest.approx(1.0, abs=0.01)
    assert not now.moving.any()


def test_the_hand_is_where_forward_kinematics_puts_it(world):
    """Franka's ready pose: published figures of the flange, and 0.1034 m from there to the TCP."""
    run(world, 5)
    (tcp,) = world.snapshot().tcp
    np.testing.assert_allclose(tcp[:3], [0.307, 0.0, 0.487], atol=2e-3)
    np.testing.assert_allclose(np.abs(tcp[3:]), [1.0, 0.0, 0.0, 0.0], atol=2e-3)


def test_snapshots_come_every_five_ticks_and_with_every_picture(world, tmp_path):
    ring = SnapshotRing.create(tmp_path, world.joints, 3)
    world.share(ring)
    run(world, 140)
    kept = {tick for tick in range(141) if ring.exactly(tick) is not None}
    assert kept == set(range(0, 141, 5)) | {67, 134}


def test_a_reset_is_done_once_and_seen_by_whoever_waited_for_it(world, tmp_path, scene, tray_task):
    control, ring = Control.create(tmp_path), SnapshotRing.create(tmp_path, world.joints, 3)
    world.share(ring)
    number = control.ask_reset(TASK, 8)
    world.obey(control)
    assert (control.reset_done, control.task, control.seed) == (number, TASK, 8)
    target = make_episode(TASK, tray_task, scene, 8).start
    for name, pose in objects_of(scene, ring.newest()).items():
        np.testing.assert_allclose(pose.position, target[name].position, atol=1e-3)
    tick = world.tick
    world.obey(control)
    assert world.tick == tick


def test_the_same_ticks_give_the_same_world(scene, tray_task):
    ends = []
    for host in ("127.0.64.3", "127.0.64.4"):
        world = World(scene, host, lock_step=True, make_episode=lambda *_: None)
        world.reset(make_episode(TASK, tray_task, scene, 1))
        run(world, 200)
        ends.append(world.snapshot().qpos)
        world.close()
    np.testing.assert_array_equal(*ends)


@pytest.fixture
def pair(duo, lift_task):
    world = World(duo, "127.0.64.20", lock_step=True, make_episode=lambda *_: None)
    world.reset(make_episode("lift_tray", lift_task, duo, 3))
    yield world
    world.close()


def test_two_arms_stand_at_their_bases_and_hold_while_the_tray_rests(pair, duo, lift_task):
    run(pair, 300)
    now = pair.snapshot()
    for number, arm in enumerate(duo.arms.values()):
        np.testing.assert_allclose(now.q[number], arm.home, atol=1e-3)
        np.testing.assert_allclose(now.tcp[number, :3] - arm.base, [0.307, 0.0, 0.487], atol=2e-3)
    np.testing.assert_allclose(now.opening, [1.0, 1.0], atol=0.01)
    (tray,) = objects_of(duo, now).values()
    start = make_episode("lift_tray", lift_task, duo, 3).start["tray"]
    assert tray.distance_to(start) == pytest.approx((0.0, 0.0), abs=1e-3)


def test_each_arm_is_served_on_an_address_of_its_own(pair):
    for host in ("127.0.64.20", "127.0.64.21"):
        with socket.create_connection((host, 1337), timeout=5):
            pass


def test_a_second_address_in_use_is_refused_and_the_first_given_back(duo):
    with socket.socket() as taken:
        taken.bind(("127.0.64.23", 1337))
        taken.listen()
        with pytest.raises(UnreachableError, match=r"127\.0\.64\.23"):
            World(duo, "127.0.64.22", lock_step=True, make_episode=lambda *_: None)
    World(duo, "127.0.64.22", lock_step=True, make_episode=lambda *_: None).close()
