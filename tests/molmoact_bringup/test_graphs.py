"""The graphs contain what the options ask for, and name what every node needs."""

import json

import pytest

from molmoact_bringup.graph import Graph
from molmoact_bringup.graphs import cell_graph, duo_graph, single_arm_graph
from molmoact_bringup.options import CellOptions, DuoOptions, SingleArmOptions
from molmoact_common.errors import ConfigError


def node(graph, name):
    return next(spec for spec in graph.nodes if spec.name == name)


def test_the_cell_runs_the_nodes_of_the_hardware_beside_its_world(stock):
    cell = {spec.executable for spec in cell_graph(CellOptions(), stock).nodes}
    hardware = {spec.executable for spec in single_arm_graph(SingleArmOptions(), stock).nodes}
    assert cell - hardware == {"cell_world", "cell_renderer", "cell_node"}
    assert hardware == {"camera_node", "bridge_node", "policy_node", "recorder_node"}


def test_names_are_unique(stock):
    for graph in (
        cell_graph(CellOptions(), stock),
        cell_graph(CellOptions(cell="duo"), stock),
        single_arm_graph(SingleArmOptions(), stock),
        duo_graph(DuoOptions(), stock),
    ):
        names = [spec.name for spec in graph.nodes]
        assert len(set(names)) == len(names)


def test_in_the_cell_every_node_but_the_clock_itself_lives_on_the_world_clock(stock):
    graph = cell_graph(CellOptions(), stock)
    on_world_time = {spec.name for spec in graph.nodes if spec.parameters.get("use_sim_time")}
    assert on_world_time == {"camera_front", "camera_wrist", "bridge", "policy", "recorder"}


def test_on_hardware_no_node_lives_on_the_world_clock(stock):
    graph = single_arm_graph(SingleArmOptions(), stock)
    assert not any("use_sim_time" in spec.parameters for spec in graph.nodes)


def test_all_processes_of_the_cell_share_one_scratch_folder(stock):
    graph = cell_graph(CellOptions(), stock)
    assert graph.scratch == (stock.cell,)
    for name in ("cell_world", "cell_renderer"):
        assert str(stock.cell) in node(graph, name).arguments
    assert node(graph, "cell_node").parameters["cell_dir"] == str(stock.cell)
    for name, key in (("camera_front", "context_options"), ("policy", "options")):
        assert json.loads(node(graph, name).parameters[key])["cell_dir"] == str(stock.cell)


def test_only_a_policy_that_asks_for_the_cell_gets_to_know_it(stock):
    graph = cell_graph(CellOptions(policy="molmoact_7b_d"), stock)
    assert "options" not in node(graph, "policy").parameters


def test_what_a_person_leaves_open_is_left_to_the_node(stock):
    graph = single_arm_graph(SingleArmOptions(), stock)
    assert "checkpoint" not in node(graph, "policy").parameters
    assert "device" not in node(graph, "policy").parameters
    assert "host" not in node(graph, "bridge").parameters


def test_what_a_person_chooses_reaches_the_node(stock):
    options = SingleArmOptions(robot_host="172.16.0.2", dry_run=True, front_serial="0123", execution="async")
    graph = single_arm_graph(options, stock)
    assert node(graph, "bridge").parameters["host"] == "172.16.0.2"
    assert node(graph, "bridge").parameters["dry_run"] is True
    assert node(graph, "camera_front").parameters["serial"] == "0123"
    assert "serial" not in node(graph, "camera_wrist").parameters
    assert node(graph, "policy").parameters["execution"] == "async"


def test_a_real_camera_must_be_there_at_the_start_and_a_simulated_one_comes_with_the_world(stock):
    real = node(single_arm_graph(SingleArmOptions(), stock), "camera_front").parameters
    simulated = node(cell_graph(CellOptions(), stock), "camera_front").parameters
    assert real["require"] is True
    assert "require" not in simulated


def test_the_bridge_of_the_cell_starts_once_the_world_is_there(stock):
    (control,) = node(cell_graph(CellOptions(), stock), "bridge").after
    assert control.parent == stock.cell
    assert node(single_arm_graph(SingleArmOptions(), stock), "bridge").after == ()


def test_without_recording_there_is_no_recorder(stock):
    names = {spec.name for spec in cell_graph(CellOptions(record=False), stock).nodes}
    assert "recorder" not in names


def test_only_the_renderer_and_the_policy_yield_the_cpu(stock):
    graph = cell_graph(CellOptions(), stock)
    assert {spec.name for spec in graph.nodes if spec.nice} == {"cell_renderer", "policy"}


@pytest.mark.parametrize(("network", "file"), [("local", "fastdds.xml"), ("lan", "fastdds_lan.xml")])
def test_the_dds_profile_is_one_that_is_shipped(places, stock, network, file):
    graph = cell_graph(CellOptions(network=network), stock)
    assert graph.environment["FASTRTPS_DEFAULT_PROFILES_FILE"].endswith(file)
    assert (places.config / "dds" / file).is_file()


def test_the_surroundings_win_over_the_defaults():
    graph = Graph("g", (), environment={"A": "1", "B": "2"})
    assert graph.missing_environment({"A": "mine"}) == {"B": "2"}


@pytest.mark.parametrize("field", ["cell", "policy", "robot", "safety", "recording", "task"])
def test_a_wrong_name_is_one_line(stock, field):
    with pytest.raises(ConfigError, match="'wrong'; there are: "):
        cell_graph(CellOptions(**{field: "wrong"}), stock)


def test_robot_task_recording_and_policy_follow_the_scene(stock):
    graph = cell_graph(CellOptions(cell="duo"), stock)
    assert graph.arms == ("left", "right")
    assert node(graph, "bridge").parameters["robot_config"].endswith("robots/duo_cell.yaml")
    assert node(graph, "policy").parameters["policy_config"].endswith("policy/expert_duo.yaml")
    assert node(graph, "recorder").parameters["contract"].endswith("recording/duo.yaml")
    world = node(graph, "cell_world").arguments
    assert world[world.index("--task") + 1] == "lift_tray"
    assert world[world.index("--scene") + 1] == str(stock.config / "cell" / "duo.yaml")


def test_what_a_person_chooses_wins_over_the_scene(stock):
    own = CellOptions(cell="duo", robot="fr3_cell", task="put_block_in_tray", recording="default")
    graph = cell_graph(own.model_copy(update={"policy": "molmoact_7b_d"}), stock)
    assert node(graph, "bridge").parameters["robot_config"].endswith("robots/fr3_cell.yaml")
    assert node(graph, "policy").parameters["policy_config"].endswith("policy/molmoact_7b_d.yaml")
    assert "put_block_in_tray" in node(graph, "cell_world").arguments


def test_two_arms_have_two_hosts_three_cameras_and_one_bridge(stock):
    graph = cell_graph(CellOptions(cell="duo", robot_host="127.0.9.1"), stock)
    assert node(graph, "bridge").parameters["host"] == "127.0.9.1,127.0.9.2"
    assert "arm" not in node(graph, "bridge").parameters
    assert node(graph, "policy").parameters["arms"] == "left,right"
    cameras = [spec for spec in graph.nodes if spec.executable == "camera_node"]
    serials = {spec.parameters["name"]: spec.parameters["serial"] for spec in cameras}
    assert serials == {name: f"cell_{name}" for name in ("front", "left_wrist", "right_wrist")}


def test_a_host_that_has_no_next_one_is_refused(stock):
    with pytest.raises(ConfigError, match="two arms need an address"):
        cell_graph(CellOptions(cell="duo", robot_host="localhost"), stock)


def test_two_real_arms_take_the_hosts_of_their_file_where_none_is_given(stock):
    assert "host" not in node(duo_graph(DuoOptions(), stock), "bridge").parameters
    one = node(duo_graph(DuoOptions(right_host="10.0.0.2"), stock), "bridge").parameters
    assert one["host"] == ",10.0.0.2"


def test_each_real_camera_of_two_arms_has_its_serial(stock):
    graph = duo_graph(DuoOptions(front_serial="1", left_serial="2", right_serial="3"), stock)
    cameras = {spec.name: spec.parameters["serial"] for spec in graph.nodes if spec.executable == "camera_node"}
    assert cameras == {"camera_front": "1", "camera_left_wrist": "2", "camera_right_wrist": "3"}
