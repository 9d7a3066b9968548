"""The steering page as a part of every graph."""

import importlib.util
import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from molmoact_bringup.graphs import cell_graph, duo_graph, page_graph, single_arm_graph
from molmoact_bringup.options import CellOptions, DuoOptions, PageOptions, SingleArmOptions
from molmoact_bringup.preflight import preflight
from molmoact_bringup.steering_page import page_address
from molmoact_bringup.supervising import tell_page
from molmoact_common.errors import ConfigError, UserError
from steering_ui.listening import listen
from steering_ui.parameters import TOKEN_VARIABLE
from support import launch_stand_in as stand_in

CASES = [(CellOptions, cell_graph), (SingleArmOptions, single_arm_graph), (DuoOptions, duo_graph)]


def node(graph, name):
    return next(spec for spec in graph.nodes if spec.name == name)


@pytest.mark.parametrize(("schema", "build"), CASES)
def test_without_being_asked_for_it_is_not_there_and_nothing_stands_in_the_chunks_way(stock, schema, build):
    graph = build(schema(), stock)
    assert "steering" not in {spec.name for spec in graph.nodes}
    assert node(graph, "policy").remappings == {}
    assert page_address(graph) == ""


@pytest.mark.parametrize(("schema", "build"), CASES)
def test_with_it_chunks_go_through_the_page(stock, schema, build):
    graph = build(schema(ui=True), stock)
    page = node(graph, "steering")
    assert node(graph, "policy").remappings == {"policy/chunk": "policy/proposal"}
    assert page.parameters["relay"] is True
    assert page.parameters["ask"] is False
    assert page.parameters["arms"] == ",".join(graph.arms)
    assert page.parameters["cameras"].startswith("front,")
    assert page.parameters["host"] == "127.0.0.1"


def test_approval_brings_the_page_and_ends_before_the_bridge_finds_a_chunk_too_old(stock):
    (stock.config / "safety" / "default.yaml").write_text("max_age_holding: 30.0\n")
    graph = single_arm_graph(SingleArmOptions(approve=True), stock)
    parameters = node(graph, "steering").parameters
    assert (parameters["ask"], parameters["approval_limit"]) == (True, 29.5)
    assert node(graph, "policy").parameters["execution"] == "open_loop"


def test_a_policy_that_does_not_wait_cannot_be_approved(stock):
    with pytest.raises(ConfigError, match="exclude each other"):
        single_arm_graph(SingleArmOptions(approve=True, execution="async"), stock)


def test_the_token_is_in_the_address_and_in_the_processs_environment_and_nowhere_else(stock):
    graph = cell_graph(CellOptions(ui=True, ui_port=9000), stock)
    page = node(graph, "steering")
    token = page.environment[TOKEN_VARIABLE]
    assert page_address(graph) == f"http://127.0.0.1:9000/#token={token}"
    assert not any(token in str(value) for value in page.parameters.values())
    assert not any(token in str(spec.environment) for spec in graph.nodes if spec is not page)
    assert token not in str(graph.environment)
    assert page_address(cell_graph(CellOptions(ui=True, ui_port=9000), stock)) != page_address(graph)


def test_the_recorder_waits_for_orders_where_takes_are_wanted(stock):
    assert "takes" not in node(single_arm_graph(SingleArmOptions(), stock), "recorder").parameters
    parameters = node(single_arm_graph(SingleArmOptions(takes="takes/sink"), stock), "recorder").parameters
    assert parameters["takes"] == str(Path("takes/sink").absolute())
    assert "output" not in parameters


def test_a_port_in_use_is_told_before_anything_starts(places):
    with listen("127.0.0.1", 0) as taken:
        options = SingleArmOptions(policy="expert", ui=True, ui_port=taken.getsockname()[1])
        with pytest.raises(UserError, match="cannot listen"):
            preflight(options, single_arm_graph(options, places))


def test_the_launch_file_brings_the_page_to_a_running_graph(stock, monkeypatch, tmp_path):
    with stand_in.installed():
        sys.modules.pop("molmoact_bringup.launching", None)
        path = Path(__file__).parents[2] / "launch" / "steering_ui.launch.py"
        spec = importlib.util.spec_from_file_location("launch_file", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(sys.modules["molmoact_bringup.launching"], "share_directory", lambda: stock.config.parent)
        chosen = {"arms": "left,right", "namespace": "lab", "runs": str(tmp_path)}
        actions = stand_in.run(module.generate_launch_description(), chosen, {})
        sys.modules.pop("molmoact_bringup.launching")
    (page,) = [action for action in actions if isinstance(action, stand_in.Node)]
    given = {name: value.value for parameters in page.parameters for name, value in parameters.items()}
    assert (page.executable, page.namespace, given["arms"]) == ("steering_node", "lab", "left,right")
    assert "relay" not in given
    assert page_graph(PageOptions(arms="left, right"), stock).arms == ("left", "right")


def test_the_address_is_printed_whole_where_there_is_a_page(stock):
    console = Console(file=io.StringIO(), width=40)
    graph = cell_graph(CellOptions(ui=True), stock)
    tell_page(cell_graph(CellOptions(), stock), console)
    tell_page(graph, console)
    assert console.file.getvalue() == f"steering page: {page_address(graph)}\n"
