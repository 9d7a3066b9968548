"""Launch files do what the node graph says; launch itself is a stand-in, as it is not on PyPI."""

import importlib.util
import sys
from pathlib import Path

import pytest

from molmoact_bringup.graphs import cell_graph, duo_graph, single_arm_graph
from molmoact_bringup.options import CellOptions, DuoOptions, SingleArmOptions
from molmoact_bringup.places import places_for
from molmoact_common.errors import ConfigError
from support import launch_stand_in as stand_in

LAUNCH = Path(__file__).parents[2] / "launch"
CASES = {
    "cell": (CellOptions, cell_graph),
    "single_arm": (SingleArmOptions, single_arm_graph),
    "duo": (DuoOptions, duo_graph),
}


@pytest.fixture(params=sorted(CASES))
def case(request, stock, tmp_path, monkeypatch):
    """Name of the graph, its schema, its builder, the launch description, and the arguments that every run needs."""
    with stand_in.installed():
        sys.modules.pop("molmoact_bringup.launching", None)
        spec = importlib.util.spec_from_file_location("launch_file", LAUNCH / f"{request.param}.launch.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        launching = sys.modules["molmoact_bringup.launching"]
        monkeypatch.setattr(launching, "share_directory", lambda: stock.config.parent)
        yield (
            request.param,
            *CASES[request.param],
            module.generate_launch_description(),
            {"runs": str(tmp_path / "runs")},
        )
        sys.modules.pop("molmoact_bringup.launching")


def nodes_of(actions):
    return [action for action in actions if isinstance(action, stand_in.Node)]


def expected_graph(build, options, arguments, stock):
    (run,) = Path(arguments["runs"]).iterdir()
    return build(options, places_for(run, stock.config))


def key_of(node):
    return node.executable, node.name or ""


def make_ready(graph):
    for path in (path for spec in graph.nodes for path in spec.after):
        path.touch()


def remove_scratch(actions):
    for action in actions:
        if isinstance(action, stand_in.RegisterEventHandler):
            action.event_handler.on_shutdown(None, stand_in.LaunchContext())


def test_every_option_is_an_argument_with_its_default_and_description(case):
    _, schema, _, description, _ = case
    declared = {a.name: a for a in description.entities if isinstance(a, stand_in.DeclareLaunchArgument)}
    assert set(declared) == {*schema.model_fields, "runs"}
    for name, field in schema.model_fields.items():
        assert declared[name].description == field.description


def test_without_arguments_the_nodes_are_those_of_the_graph(case, stock):
    _, schema, build, description, arguments = case
    actions = stand_in.run(description, arguments, {})
    graph = expected_graph(build, schema(), arguments, stock)
    make_ready(graph)
    nodes = nodes_of([*actions, *stand_in.pass_time(actions)])
    for node, spec in zip(sorted(nodes, key=key_of), sorted(graph.nodes, key=key_of), strict=True):
        assert node.package == "molmoact_ros"
        assert node.name == (spec.name if spec.ros else None)
        given = {name: value.value for parameters in node.parameters for name, value in parameters.items()}
        assert given == dict(spec.parameters)
        assert tuple(node.arguments) == spec.arguments
        assert dict(node.remappings) == dict(spec.remappings)
        assert dict(node.additional_env) == dict(spec.environment)
        assert (node.prefix or "nice -n 0") == f"nice -n {spec.nice}"
        assert isinstance(node.on_exit, stand_in.Shutdown) == spec.required
    remove_scratch(actions)


def test_arguments_reach_the_graph(case, stock):
    _, schema, build, description, arguments = case
    chosen = {"dry_run": "true", "record": "false", "namespace": "lab", "threads": "2", "execution": "async"}
    actions = stand_in.run(description, {**arguments, **chosen}, {})
    graph = expected_graph(build, schema.model_validate(chosen), arguments, stock)
    make_ready(graph)
    nodes = nodes_of([*actions, *stand_in.pass_time(actions)])
    assert sorted(n.executable for n in nodes) == sorted(spec.executable for spec in graph.nodes)
    bridge = next(n for n in nodes if n.executable == "bridge_node")
    assert bridge.parameters[0]["dry_run"].value is True
    assert bridge.namespace == "lab"
    remove_scratch(actions)


def test_text_parameters_stay_text(case):
    _, _, _, description, arguments = case
    actions = stand_in.run(description, {**arguments, "instruction": "1234"}, {})
    policy = next(n for n in nodes_of(actions) if n.executable == "policy_node")
    assert policy.parameters[0]["instruction"] == stand_in.ParameterValue("1234", str)
    remove_scratch(actions)


def test_the_environment_is_set_where_the_surroundings_leave_it_open(case, stock):
    _, schema, build, description, arguments = case
    actions = stand_in.run(description, arguments, {"OMP_NUM_THREADS": "8"})
    graph = expected_graph(build, schema(), arguments, stock)
    variables = {a.name: a.value for a in actions if isinstance(a, stand_in.SetEnvironmentVariable)}
    assert variables == graph.missing_environment({"OMP_NUM_THREADS": "8"})
    assert "FASTRTPS_DEFAULT_PROFILES_FILE" in variables
    remove_scratch(actions)


def test_scratch_folders_are_there_until_the_shutdown(case, stock):
    _, schema, build, description, arguments = case
    actions = stand_in.run(description, arguments, {})
    graph = expected_graph(build, schema(), arguments, stock)
    assert all(folder.is_dir() for folder in graph.scratch)
    remove_scratch(actions)
    assert not any(folder.exists() for folder in graph.scratch)


def test_a_wrong_argument_is_one_line(case):
    _, _, _, description, arguments = case
    with pytest.raises(ConfigError, match="launch argument: threads"):
        stand_in.run(description, {**arguments, "threads": "many"}, {})


def test_a_node_that_starts_after_a_file_waits_for_it_but_not_for_ever(case, stock):
    _, schema, build, description, arguments = case
    actions = stand_in.run(description, arguments, {})
    graph = expected_graph(build, schema(), arguments, stock)
    waiting = [spec.name for spec in graph.nodes if spec.after]
    started = {node.name or node.executable for node in nodes_of(actions)}
    assert started == {spec.name for spec in graph.nodes} - set(waiting)
    later = stand_in.pass_time(actions)
    looks = 1
    while any(isinstance(action, stand_in.TimerAction) for action in later):
        later, looks = stand_in.pass_time(later), looks + 1
        assert looks < 1000
    assert [type(action) for action in later] == [stand_in.Shutdown] * len(waiting)
    remove_scratch(actions)
