"""The MuJoCo world: franky-sim's FR3s with the table, the objects and the cameras of the scene file."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from franky_sim.mujoco_simulator import MUJOCO_DEFAULT_KV, MujocoSimulator
from scipy.spatial.transform import Rotation

from sim_cell.object_settings import FINGER_STROKE, BlocksSettings, LooseTraySettings, TableSettings, TrayShape
from sim_cell.settings import HAND_TCP, LOOSE_TRAY, WORLD, CameraSettings, SceneSettings, hand_frame

TABLE_THICKNESS = 0.04
FLOOR_HALF = 0.0005
"""Half the thickness of a tray's floor, metres."""

FLOOR_Z = -0.75
# Soft pads on wood or plastic; franky-sim's geoms have MuJoCo's default of 1.
FRICTION = "1.0 0.01 0.0005"
RESIST_TURNING = "4"
"""Dimension of a contact that resists turning under the fingers."""

DAMPING = 0.3
"""Of franky-sim's joint damping: all of it makes the arm lag 13 mm at 120 mm/s (this much: 4 mm), and the explicit
torques of its 1 ms steps then shake joint 7 at 0.08 rad/s, so that an arm that arrived never counts as at rest."""

OPTICAL_TO_MUJOCO = Rotation.from_matrix(np.diag([1.0, -1.0, -1.0]))
"""MuJoCo's cameras look along -z with y up, optical frames along z with y down."""


@dataclass(frozen=True, slots=True)
class Scene:
    """franky-sim's simulator before its start (MJCF still open to changes) and its arms by name."""

    simulator: Any
    robots: Mapping[str, Any]


def hand_bodies(settings: SceneSettings) -> dict[str, str]:
    """Arm name -> body of its hand; franky-sim numbers its robots."""
    return {arm: f"robot{number}_hand" for number, arm in enumerate(settings.arms)}


def build_scene(settings: SceneSettings) -> Scene:
    """The whole cell with the visual meshes of the arms."""
    simulator = MujocoSimulator()
    damping = tuple(DAMPING * number for number in MUJOCO_DEFAULT_KV)
    robots = {
        name: simulator.add_robot(initial_q=arm.home, initial_hand_width=FINGER_STROKE, kv=damping, position=arm.base)
        for name, arm in settings.arms.items()
    }
    world = simulator.worldbody
    _lower_floor(world)
    _add_table(world, settings.table)
    if settings.blocks is not None:
        _add_blocks(world, settings.blocks)
    if settings.loose_tray is not None:
        _add_loose_tray(world, settings.loose_tray)
    hands = {hand_frame(arm): body for arm, body in hand_bodies(settings).items()}
    for name, camera in settings.cameras.items():
        _add_camera(simulator.scene, name, camera, hands)
    return Scene(simulator, robots)


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


def _add_table(world: ET.Element, table: TableSettings) -> None:
    (x, y), (sx, sy) = table.center, table.size
    half = TABLE_THICKNESS / 2
    _add_box(world, (x, y, -half), (sx / 2, sy / 2, half), table.rgba)


def _add_tray_box(body: ET.Element, tray: TrayShape) -> None:
    (ix, iy), wall, up = (tray.inner[0] / 2, tray.inner[1] / 2), tray.wall, tray.height / 2
    for side in (-1, 1):
        _add_box(body, (side * (ix + wall / 2), 0, up), (wall / 2, iy + wall, up), tray.rgba)
        _add_box(body, (0, side * (iy + wall / 2), up), (ix, wall / 2, up), tray.rgba)
    _add_box(body, (0, 0, FLOOR_HALF), (ix, iy, FLOOR_HALF), tray.rgba)


def _add_blocks(world: ET.Element, blocks: BlocksSettings) -> None:
    _add_tray_box(ET.SubElement(world, "body", name="tray", pos=_text((*blocks.tray.center, 0.0))), blocks.tray)
    half = blocks.size / 2
    for name, rgba in blocks.all.items():
        body = _add_loose_body(world, name, half)
        geom = _add_box(body, (0, 0, 0), (half, half, half), rgba)
        if blocks.shape == "cylinder":
            # Seen as a cylinder, held as a box: between flat pads a cylinder's few contacts let it turn and slip.
            geom.set("class", "collision")
            ET.SubElement(
                body, "geom", {"class": "visual"}, type="cylinder", size=_text((half, half)), rgba=_text(rgba)
            )
        geom.set("mass", f"{blocks.mass:g}")
        geom.set("condim", RESIST_TURNING)


def _add_loose_tray(world: ET.Element, tray: LooseTraySettings) -> None:
    body = _add_loose_body(world, LOOSE_TRAY, 0.0)
    _add_tray_box(body, tray)
    handle = tray.handle
    half = (handle.length / 2, handle.thickness / 2, handle.height / 2)
    for side in (-1, 1):
        geom = _add_box(body, (0, side * tray.handle_at, half[2]), half, handle.rgba)
        geom.set("condim", RESIST_TURNING)
    sizes = {geom: prod(map(float, geom.attrib["size"].split())) for geom in body.findall("geom")}
    for geom, size in sizes.items():
        geom.set("mass", f"{tray.mass * size / sum(sizes.values()):g}")


def _add_loose_body(world: ET.Element, name: str, height: float) -> ET.Element:
    body = ET.SubElement(world, "body", name=name, pos=_text((0.5, 0.0, height)))
    ET.SubElement(body, "freejoint", name=f"{name}_joint")
    return body


def _add_camera(root: ET.Element, name: str, camera: CameraSettings, hands: Mapping[str, str]) -> None:
    on_hand = camera.parent != WORLD
    parent = find(root, f".//body[@name='{hands[camera.parent]}']") if on_hand else find(root, "worldbody")
    position = camera.pose.position + (np.array(HAND_TCP) if on_hand else 0.0)
    x, y, z, w = (camera.pose.rotation() * OPTICAL_TO_MUJOCO).as_quat()
    ET.SubElement(parent, "camera", name=name, pos=_text(position), quat=_text((w, x, y, z)), fovy=f"{camera.fovy:.9g}")
