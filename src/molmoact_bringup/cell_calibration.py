"""The calibration of the simulated cell's cameras, from its scene file, in the form that conversion takes."""

from pathlib import Path

from molmoact.curation.calibration import Calibration, CameraCalibration, Intrinsics, Transform
from sim_cell.settings import WORLD, CameraSettings, SceneSettings, load_scene


def cell_calibration(scene_file: Path) -> Calibration:
    """Calibration of every standing camera of the scene.

    Raises:
        ConfigError: unreadable, or no scene.
    """
    scene = load_scene(scene_file)
    standing = {name: camera for name, camera in scene.cameras.items() if camera.parent == WORLD}
    return Calibration(cameras={name: _camera(camera, scene) for name, camera in standing.items()})


def _camera(camera: CameraSettings, scene: SceneSettings) -> CameraCalibration:
    fx, fy, cx, cy = camera.intrinsics
    return CameraCalibration(
        camera=Transform(position=camera.position, quaternion=camera.quaternion),
        bases={name: Transform(position=arm.base) for name, arm in scene.arms.items()},
        intrinsics=Intrinsics(width=camera.width, height=camera.height, fx=fx, fy=fy, cx=cx, cy=cy),
        residual_px=0.0,
    )
