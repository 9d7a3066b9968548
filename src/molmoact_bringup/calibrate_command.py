"""`molmoact data calibrate`: where a standing camera is, from a bag in which the hand shows it a chessboard."""

from pathlib import Path
from typing import Annotated

import typer


def calibrate(  # noqa: PLR0917  typer needs names, not positions
    bag: Annotated[Path, typer.Argument(help="the hand holds a chessboard still, at 15 poses in many orientations")],
    square: Annotated[float, typer.Option(help="side of a square, metres")],
    view: Annotated[str, typer.Option(help="the standing camera")] = "front",
    arm: Annotated[str, typer.Option(help="the arm that holds the board; its base is taken as the world")] = "arm",
    columns: Annotated[int, typer.Option(min=3, help="inner corners along the board")] = 8,
    rows: Annotated[int, typer.Option(min=3, help="inner corners across it")] = 6,
    output: Annotated[Path, typer.Option(help="calibration file, for convert")] = Path("cameras.yaml"),
    picture: Annotated[Path, typer.Option(help="PNG: where the board and the hand should be")] = Path("cameras.png"),
) -> None:
    """Calibrate a camera; look at the picture before you trust it: the cross must sit on the fingertips.

    Example: molmoact data calibrate takes/board --square 0.03 --columns 7 --rows 5
    """
    import cv2  # noqa: PLC0415  these take seconds to load
    import numpy as np  # noqa: PLC0415
    import yaml  # noqa: PLC0415

    from demo_recorder.dataset.board_views import board_pictures  # noqa: PLC0415
    from molmoact.curation.calibration import Calibration, CameraCalibration, Transform, project  # noqa: PLC0415
    from molmoact.curation.hand_eye import Board, BoardView  # noqa: PLC0415
    from molmoact.curation.hand_eye import calibrate as solve  # noqa: PLC0415

    board = Board(columns, rows, square)
    intrinsics, pictures = board_pictures(bag, view, arm)
    seen = [(BoardView(hand, corners), image) for hand, image in pictures if (corners := board.find(image)) is not None]
    result = solve([one for one, _ in seen], board, intrinsics)
    for number, residual in enumerate(result.residuals, start=1):
        typer.echo(f"view {number}: {residual:.2f} px")
    typer.echo(f"{len(seen)} of {len(pictures)} pictures show the board whole; {result.rms:.2f} px over all")
    x, y, z = result.camera.position.tolist()
    qx, qy, qz, qw = result.camera.quaternion.tolist()
    found = CameraCalibration(
        camera=Transform(position=(x, y, z), quaternion=(qx, qy, qz, qw)),
        intrinsics=intrinsics,
        residual_px=round(result.rms, 3),
    )
    text = yaml.safe_dump(Calibration(cameras={view: found}).model_dump(mode="json"), sort_keys=False)
    output.write_text(text, encoding="utf-8")
    (last, image) = seen[-1]
    drawn = np.ascontiguousarray(image[:, :, ::-1])
    for corner in last.corners:
        cv2.circle(drawn, (round(corner[0]), round(corner[1])), 3, (0, 255, 0), 1)
    hand = project(result.camera, intrinsics, last.hand.position[None])[0]
    if np.isfinite(hand).all():
        cv2.drawMarker(drawn, (round(hand[0]), round(hand[1])), (0, 255, 255), cv2.MARKER_CROSS, 20, 2)
    cv2.imwrite(str(picture), drawn)
    typer.echo(f"wrote {output} and {picture}")
