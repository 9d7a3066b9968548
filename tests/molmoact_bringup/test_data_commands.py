"""`molmoact data` from takes to rows: what it says, what it leaves, and how it ends."""

import sys
from pathlib import Path

import pytest
import yaml

from molmoact.curation.calibration import hand_pixels
from molmoact_bringup.cell_calibration import cell_calibration
from molmoact_bringup.main import main
from sim_cell.projection import project
from sim_cell.settings import load_scene
from support.invented_episode import demo_profile
from support.synthetic_take import write_take

CELLS = Path(__file__).parents[2] / "config/cell"


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["molmoact", *map(str, words)])
    try:
        return main()
    except SystemExit as ended:
        return ended.code


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "profile.yaml"
    path.write_text(yaml.safe_dump(demo_profile().model_dump(mode="json")))
    return path


@pytest.mark.slow
def test_takes_become_rows_and_what_was_refused_is_told(monkeypatch, capsys, tmp_path, profile, golden_dir):
    write_take(tmp_path / "takes/take-0001")
    write_take(tmp_path / "takes/take-0002", mark="failure")
    write_take(tmp_path / "takes/trash/take-0003")
    words = ["data", "convert", tmp_path / "takes", "--output", tmp_path / "set", "--profile", profile]
    assert run(monkeypatch, *words, "--keep-no-ops") == 3
    told = capsys.readouterr()
    assert "take-0002: failure" in told.out
    assert "1 of 2 takes are not in" in told.err
    codebook = golden_dir / "vqvae/small.safetensors"
    rows = ["data", "curate", tmp_path / "set", "--output", tmp_path / "rows", "--codebook", codebook]
    assert run(monkeypatch, *rows, "--processes", 1) == 0
    assert "reasoning" in capsys.readouterr().out
    assert run(monkeypatch, "data", "view", tmp_path / "set", "--output", tmp_path / "sheet.png") == 0
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
    kinds = ["--depth", "none", "--kinds", "trace", "--processes", 1]
    assert run(monkeypatch, "data", "curate", tmp_path / "set", "--output", tmp_path / "few", *kinds) == 0
    assert run(monkeypatch, "data", "view", tmp_path / "few", "--output", tmp_path / "rows.png") == 0
    assert (tmp_path / "rows.png").stat().st_size > 10_000


def test_a_dataset_of_other_conventions_makes_no_rows_for_a_checkpoint(monkeypatch, capsys, tmp_path, profile):
    write_take(tmp_path / "take")
    run(monkeypatch, "data", "convert", tmp_path / "take", "--output", tmp_path / "set", "--profile", profile)
    own = yaml.safe_load(profile.read_text())
    profile.write_text(yaml.safe_dump(own | {"name": "theirs", "rotation": "euler_xyz"}))
    capsys.readouterr()
    words = ["data", "curate", tmp_path / "set", "--output", tmp_path / "rows", "--depth", "none", "--profile", profile]
    assert run(monkeypatch, *words) == 2
    assert "rotation is rotation_vector here and euler_xyz in profile theirs" in capsys.readouterr().err
    assert not (tmp_path / "rows").exists()


@pytest.mark.slow
def test_ray_is_asked_for_by_name(monkeypatch, capsys, tmp_path, profile):
    pytest.importorskip("ray", reason="ray is not installed: pip install 'molmoact-ros[ray]'")
    write_take(tmp_path / "take")
    run(monkeypatch, "data", "convert", tmp_path / "take", "--output", tmp_path / "set", "--profile", profile)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    words = ["data", "curate", tmp_path / "set", "--output", tmp_path / "rows", "--depth", "none", "--engine", "ray"]
    assert run(monkeypatch, *words) == 2
    assert "no Ray listens at 127.0.0.1:1" in capsys.readouterr().err


def test_a_clean_conversion_ends_with_zero(monkeypatch, tmp_path, profile):
    write_take(tmp_path / "take")
    words = ["data", "convert", tmp_path / "take", "--output", tmp_path / "set", "--profile", profile]
    assert run(monkeypatch, *words) == 0


def test_nothing_but_refusals_leave_no_dataset(monkeypatch, capsys, tmp_path, profile):
    write_take(tmp_path / "take", mark="")
    words = ["data", "convert", tmp_path / "take", "--output", tmp_path / "set", "--profile", profile]
    assert run(monkeypatch, *words) == 2
    assert "none of 1 takes could be converted: neither success nor failure is known (1)" in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


def test_a_bag_without_observations_proves_nothing(monkeypatch, capsys, tmp_path, profile):
    write_take(tmp_path / "take")
    assert run(monkeypatch, "data", "parity", tmp_path / "take", "--profile", profile) == 1
    assert "holds no observation" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--depth", "none", "--kinds", "poems"], []])
def test_a_mistake_in_the_options_is_one_line(monkeypatch, capsys, tmp_path, words):
    assert run(monkeypatch, "data", "curate", tmp_path, "--output", tmp_path / "rows", *words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_episode_that_is_not_there_cannot_be_viewed(monkeypatch, capsys, tmp_path, profile):
    write_take(tmp_path / "take")
    run(monkeypatch, "data", "convert", tmp_path / "take", "--output", tmp_path / "set", "--profile", profile)
    assert run(monkeypatch, "data", "view", tmp_path / "set", "--episode", 5) == 2
    assert "there is no 5" in capsys.readouterr().err


@pytest.mark.parametrize("scene", ["solo", "duo"])
def test_the_cells_calibration_projects_as_the_cell_does(scene):
    settings = load_scene(CELLS / f"{scene}.yaml")
    calibration = cell_calibration(CELLS / f"{scene}.yaml").cameras
    assert list(calibration) == ["front"]  # the others ride on the hands
    for arm, place in settings.arms.items():
        in_base = [[0.4, -0.1, 0.1], [0.5, 0.1, 0.2]]
        camera = calibration["front"]
        found = hand_pixels(camera, camera.intrinsics, arm, in_base)
        expected = project(settings.cameras["front"], in_base + place.base_pose.position)
        assert found == pytest.approx(expected)
