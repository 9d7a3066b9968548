"""Where a standing camera is, from pictures of a chessboard that the hand holds at several poses."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from molmoact.curation.calibration import Intrinsics, project
from molmoact_common.errors import UserError
from molmoact_common.poses import Pose

LEAST_VIEWS = 6
"""Poses of the board below which a calibration is refused; 15 to 20 in different orientations are good."""

Array = NDArray[np.float64]


class HandEyeError(UserError):
    """The views do not say where the camera is."""


@dataclass(frozen=True, slots=True)
class Board:
    """A chessboard by its inner corners, and the side of a square in metres."""

    columns: int
    rows: int
    square: float

    @property
    def points(self) -> Array:
        """Inner corners in the board's own frame, shape (columns * rows, 3), metres."""
        grid = np.mgrid[0 : self.columns, 0 : self.rows].T.reshape(-1, 2) * self.square
        return np.column_stack([grid, np.zeros(len(grid))])

    def find(self, image: NDArray[np.uint8]) -> Array | None:
        """Pixels of the corners in an RGB image, shape (columns * rows, 2); None: the board is not seen whole."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        found, corners = cv2.findChessboardCornersSB(grey, (self.columns, self.rows))
        return np.asarray(corners, dtype=np.float64).reshape(-1, 2) if found else None


@dataclass(frozen=True, slots=True)
class BoardView:
    """The board at one pose of the hand: that pose in the arm's base frame, and the corners' pixels."""

    hand: Pose
    corners: Array


@dataclass(frozen=True, slots=True)
class HandEye:
    """The result.

    Attributes:
        camera: optical frame in the arm's base frame.
        board: board in the hand's frame.
        residuals: root mean square per view, pixels, in the order of the views.
    """

    camera: Pose
    board: Pose
    residuals: Array

    @property
    def rms(self) -> float:
        """Over all views, pixels."""
        return float(np.sqrt(np.mean(self.residuals**2)))


def calibrate(views: Sequence[BoardView], board: Board, intrinsics: Intrinsics) -> HandEye:
    """Find camera and board: a closed form to start from, then the least reprojection error.

    Raises:
        HandEyeError: too few views, too little turning between them, or a board that cannot be placed in one.
    """
    if len(views) < LEAST_VIEWS:
        raise HandEyeError(f"{len(views)} views show the board, {LEAST_VIEWS} are needed; show it at more poses")
    seen = [_board_in_camera(view.corners, board, intrinsics) for view in views]
    camera = _start(views, seen)
    held = views[0].hand.inverse() @ camera @ seen[0]

    def errors_of(numbers: Array) -> Array:
        return _errors(numbers, views, board, intrinsics).ravel()

    solved = least_squares(
        errors_of,
        np.concatenate([_numbers(camera), _numbers(held)]),
        x_scale="jac",
        loss="soft_l1",
    )
    errors = _errors(solved.x, views, board, intrinsics)
    residuals = np.sqrt(np.mean(np.sum(errors**2, axis=2), axis=1))
    return HandEye(_pose(solved.x[:6]), _pose(solved.x[6:]), residuals)


def _errors(x: Array, views: Sequence[BoardView], board: Board, intrinsics: Intrinsics) -> Array:
    camera, held = _pose(x[:6]), _pose(x[6:])
    errors = []
    for view in views:
        at = view.hand @ held
        errors.append(project(camera, intrinsics, at.position + at.rotation().apply(board.points)) - view.corners)
    return np.nan_to_num(np.array(errors), nan=1e3)


def _start(views: Sequence[BoardView], seen: Sequence[Pose]) -> Pose:
    """Relative turns of the hand are those of the board, seen from the camera: that gives its turn, then its place."""
    pairs = list(combinations(range(len(views)), 2))
    hand = [views[j].hand @ views[i].hand.inverse() for i, j in pairs]
    eye = [seen[j] @ seen[i].inverse() for i, j in pairs]
    turns = np.array([step.rotation().as_rotvec() for step in hand])
    if np.linalg.matrix_rank(turns, tol=0.1) < 2:
        raise HandEyeError("the hand turned about one axis at most; show the board in several orientations")
    rotation, _ = Rotation.align_vectors(turns, np.array([step.rotation().as_rotvec() for step in eye]))
    left = np.concatenate([step.rotation().as_matrix() - np.eye(3) for step in hand])
    right = np.concatenate([rotation.apply(e.position) - h.position for h, e in zip(hand, eye, strict=True)])
    position, *_ = np.linalg.lstsq(left, right, rcond=None)
    return Pose(position, rotation.as_quat())


def _board_in_camera(corners: Array, board: Board, intrinsics: Intrinsics) -> Pose:
    matrix = np.array([[intrinsics.fx, 0, intrinsics.cx], [0, intrinsics.fy, intrinsics.cy], [0, 0, 1.0]])
    found, turn, shift = cv2.solvePnP(board.points, corners, matrix, None, flags=cv2.SOLVEPNP_IPPE)
    if not found:
        raise HandEyeError("the board's pose cannot be found in one view; are columns, rows and square right?")
    return Pose(shift.ravel(), Rotation.from_rotvec(turn.ravel()).as_quat())


def _numbers(pose: Pose) -> Array:
    return np.concatenate([pose.position, pose.rotation().as_rotvec()])


def _pose(numbers: Array) -> Pose:
    return Pose(numbers[:3], Rotation.from_rotvec(numbers[3:]).as_quat())
