"""The model that is only looked at: the cell with its visual meshes thinned out, kept compiled in the user's cache."""

import os
import xml.etree.ElementTree as ET
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim_cell.scene import build_scene, find, remove_geoms
from sim_cell.settings import SceneSettings

GRID = 0.005
"""Cell edge of the thinning, metres: a seventh of the faces, and at these picture sizes it looks the same."""

_FORMAT = 1


def cache_directory() -> Path:
    """Where compiled models are kept: $XDG_CACHE_HOME or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "molmoact_ros" / "render_models"


def load_render_model(settings: SceneSettings, cache: Path) -> Any:
    """The MjModel to render, with the same qpos as the physics; its masses are meaningless.

    Compiled anew (a few seconds) only where the scene, franky-sim or MuJoCo changed.
    """
    root = build_scene(settings).simulator.scene
    remove_geoms(root, "collision")
    path = cache / f"{_key(root)}.mjb"
    if path.is_file():
        return mujoco.MjModel.from_binary_path(str(path))
    model = _compile_thinned(root)
    cache.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    mujoco.mj_saveModel(model, str(draft), None)
    draft.replace(path)
    return model


def _key(root: ET.Element) -> str:
    parts = [str(_FORMAT), str(GRID), version("franky-sim"), mujoco.__version__]
    return sha256("\n".join(parts).encode() + ET.tostring(root)).hexdigest()[:24]


def _compile_thinned(root: ET.Element) -> Any:
    full = mujoco.MjModel.from_xml_string(ET.tostring(root, encoding="unicode"))
    for mesh in find(root, "asset").findall("mesh"):
        vertices, faces = _mesh(full, mesh.attrib["name"])
        points, triangles = thin(vertices, faces, GRID)
        if len(points) < 4 or not len(triangles):
            continue
        del mesh.attrib["file"]
        mesh.set("vertex", " ".join(f"{number:.6g}" for number in points.ravel()))
        mesh.set("face", " ".join(str(index) for index in triangles.ravel()))
        # A thinned surface may be open or flat: its volume says nothing, and nobody needs it.
        mesh.set("inertia", "shell")
    return mujoco.MjModel.from_xml_string(ET.tostring(root, encoding="unicode"))


def _mesh(model: Any, name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vertices as in the mesh's file (MuJoCo moves them to the centre of mass) and faces."""
    mesh = model.mesh(name).id
    first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    vertices = np.array(model.mesh_vert[first : first + count], dtype=np.float64)
    rotation = np.zeros(9)
    mujoco.mju_quat2Mat(rotation, model.mesh_quat[mesh])
    first, count = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    faces = np.array(model.mesh_face[first : first + count], dtype=np.int64)
    return vertices @ rotation.reshape(3, 3).T + model.mesh_pos[mesh], faces


def thin(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], grid: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Merge all vertices of one grid cell into their mean, and drop faces that collapse or repeat.

    Args:
        vertices: metres, shape (n, 3).
        faces: indices, shape (m, 3).
        grid: edge of a cell, metres.

    Returns:
        The vertices and faces that are left.
    """
    cells, group = np.unique(np.floor(vertices / grid).astype(np.int64), axis=0, return_inverse=True)
    group = group.ravel()
    weight = np.bincount(group, minlength=len(cells))
    merged = np.stack([np.bincount(group, vertices[:, axis], len(cells)) / weight for axis in range(3)], axis=1)
    left = group[faces]
    whole = (left[:, 0] != left[:, 1]) & (left[:, 1] != left[:, 2]) & (left[:, 2] != left[:, 0])
    left = left[whole]
    _, first = np.unique(np.sort(left, axis=1), axis=0, return_index=True)
    return merged, left[np.sort(first)]
