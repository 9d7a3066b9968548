"""The MuJoCo world: franky-sim's FR3 with a table, blocks, a tray and the cameras of the scene file."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from franky_sim.mujoco_simulator import MUJOCO_DEFAULT_KV, MujocoSimulator
from scipy.spatial.transform import Rotation

from sim_cell.settings import FINGER_STROKE, HAND_TCP, CameraSettings, SceneSettings

HAND_BODY = "robot0_hand"
TABLE_THICKNESS = 0.04
FLOOR_Z = -0.75
# Soft pads on wood or plastic; franky-sim's geoms have MuJoCo's default of 1.
FRICTION = "1.0 0.01 0.0005"
DAMPING = 0.3
"""Of franky-sim's joint damping: all of it makes the arm lag 13 mm at 120 mm/s (this much: 4 mm), and the explicit
torques of its 1 ms steps then shake joint 7 at 0.08 rad/s, so that an arm that arrived never counts as at rest."""

OPTICAL_TO_MUJOCO = Rotation.from_matrix(np.diag([1.0, -1.0, -1.0]))
"""MuJoCo's cameras look along -z with y up, optical frames along z with y down."""


@dataclass(frozen=True, slots=True)
class Scene:
    """franky-sim's simulator before its start (MJCF still open to changes) and its one arm."""

    simulator: Any
    robot: Any


def build_scene(settings: SceneSettings) -> Scene:
    """The whole cell with the visual meshes of the arm."""
    simulator = MujocoSimulator()
    robot = simulator.add_robot(
        initial_q=settings.home,
        initial_hand_width=FINGER_STROKE,
        kv=tuple(DAMPING * number for number in MUJOCO_DEFAULT_KV),
    )
    world = simulator.worldbody
    _lower_floor(world)
    _add_table(world, settings)
    _add_tray(world, settings)
    for name, rgba in settings.blocks.items():
        _add_block(world, name, rgba, settings)
    for name, camera in settings.cameras.items():
        _add_camera(simulator.scene, name, camera)
    return Scene(simulator, robot)


def build_physics_scene(settings: SceneSettings) -> Scene:
    """The same cell without what is only seen: 35 heavy meshes less to load; every body keeps its inertia."""
    scene = build_scene(settings)
    remove_geoms(scene.simulator.scene, "visual")
    return scene


def remove_geoms(root: ET.Element, geom_class: str) -> None:
    """Take out all geoms of a class, and the meshes that no geom needs any more."""
    for parent in list(root.iter()):
        for geom in [g for g in parent.findall("geom") if g.get("class", "").startswith(geom_class)]:
            parent.remove(geom)
    used = {geom.get("mesh") for geom in root.iter("geom")}
    assets = find(root, "asset")
    for mesh in [m for m in assets.findall("mesh") if m.get("name") not in used]:
        assets.remove(mesh)


def find(root: ET.Element, path: str) -> ET.Element:
    """The element at `path`, which franky-sim's scene always has."""
    element = root.find(path)
    if element is None:
        raise LookupError(f"franky-sim's scene has no {path}")
    return element


def _text(numbers: Iterable[float]) -> str:
    return " ".join(f"{number:.9g}" for number in numbers)


def _lower_floor(world: ET.Element) -> None:
    """The arm stands on the table, so the floor must not cut through the table's top."""
    find(world, "geom[@name='ground']").set("pos", _text((0, 0, FLOOR_Z)))


def _add_box(parent: ET.Element, center: Iterable[float], half: Iterable[float], rgba: Iterable[float]) -> ET.Element:
    return ET.SubElement(
        parent, "geom", type="box", pos=_text(center), size=_text(half), rgba=_text(rgba), friction=FRICTION
    )


def _add_table(world: ET.Element, settings: SceneSettings) -> None:
    (x, y), (sx, sy) = settings.table.center, settings.table.size
    half = TABLE_THICKNESS / 2
    _add_box(world, (x, y, -half), (sx / 2, sy / 2, half), settings.table.rgba)


def _add_tray(world: ET.Element, settings: SceneSettings) -> None:
    tray = settings.tray
    body = ET.SubElement(world, "body", name="tray", pos=_text((*tray.center, 0.0)))
    (ix, iy), wall, up = (tray.inner[0] / 2, tray.inner[1] / 2), tray.wall, tray.height / 2
    for side in (-1, 1):
        _add_box(body, (side * (ix + wall / 2), 0, up), (wall / 2, iy + wall, up), tray.rgba)
        _add_box(body, (0, side * (iy + wall / 2), up), (ix, wall / 2, up), tray.rgba)
    _add_box(body, (0, 0, 0.0005), (ix, iy, 0.0005), tray.rgba)


def _add_block(world: ET.Element, name: str, rgba: Iterable[float], settings: SceneSettings) -> None:
    half = settings.block_size / 2
    body = ET.SubElement(world, "body", name=name, pos=_text((0.5, 0.0, half)))
    ET.SubElement(body, "freejoint", name=f"{name}_joint")
    geom = _add_box(body, (0, 0, 0), (half, half, half), rgba)
    geom.set("mass", f"{settings.block_mass:g}")
    # Four-dimensional contacts resist turning under the fingers.
    geom.set("condim", "4")


def _add_camera(root: ET.Element, name: str, camera: CameraSettings) -> None:
    on_hand = camera.parent == "hand_tcp"
    parent = find(root, f".//body[@name='{HAND_BODY}']") if on_hand else find(root, "worldbody")
    position = camera.pose.position + (np.array(HAND_TCP) if on_hand else 0.0)
    x, y, z, w = (camera.pose.rotation() * OPTICAL_TO_MUJOCO).as_quat()
    ET.SubElement(parent, "camera", name=name, pos=_text(position), quat=_text((w, x, y, z)), fovy=f"{camera.fovy:.9g}")
