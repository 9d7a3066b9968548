"""Every run has places of its own."""

from datetime import datetime

from molmoact_bringup.places import new_run_folder, places_for

NOON = datetime(2030, 1, 2, 12, 0, 0)


def test_two_runs_of_one_second_do_not_share_a_folder(tmp_path):
    first, second = new_run_folder(tmp_path, NOON), new_run_folder(tmp_path, NOON)
    assert first != second
    assert first.is_dir()
    assert second.is_dir()


def test_runs_of_the_same_name_in_other_folders_do_not_share_a_cell(tmp_path):
    one, other = (places_for(tmp_path / name / "20300102-120000", tmp_path, tmp_path) for name in "ab")
    assert one.cell != other.cell


def test_without_shared_memory_the_cell_lies_in_the_temporary_folder(tmp_path):
    places = places_for(tmp_path / "run", tmp_path, tmp_path / "absent")
    assert places.cell.parent.is_dir()
