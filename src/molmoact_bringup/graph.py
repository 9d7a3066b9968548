"""The node graph as plain data: which processes run, with what parameters; read by the runner and by launch files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Parameter = bool | int | float | str

START_LIMIT = 60.0
"""Seconds that a process waits for the files that it starts after; a cell is ready within ten."""


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One process.

    Attributes:
        executable: file name in lib/molmoact_ros.
        name: of the ROS node, of the log file and of the row in the health table; unique in its graph.
        namespace: ROS namespace; empty: the root.
        parameters: ROS parameters.
        arguments: further arguments of the command line.
        remappings: ROS names, old -> new.
        environment: variables of this process only.
        nice: added to the scheduling priority (0..19, higher yields to others).
        ros: whether it is a ROS node; other executables get `arguments` only.
        required: whether its end ends the whole graph.
        after: files that must be there before it starts; another process of the graph writes them once it is ready.
    """

    executable: str
    name: str
    namespace: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    remappings: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0
    ros: bool = True
    required: bool = True
    after: tuple[Path, ...] = ()

    def may_start(self) -> bool:
        """Whether what it waits for is there."""
        return all(path.exists() for path in self.after)


@dataclass(frozen=True, slots=True)
class Graph:
    """Processes that run together.

    Attributes:
        name: of the graph.
        nodes: in the order in which they start.
        arms: names of the arms whose state is published.
        namespace: of the nodes' topics; empty: the root.
        environment: defaults of every process; what the person has set in the surroundings wins.
        scratch: folders that are made before the start and removed after the end.
    """

    name: str
    nodes: tuple[NodeSpec, ...]
    arms: tuple[str, ...] = ()
    namespace: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    scratch: tuple[Path, ...] = ()

    def missing_environment(self, surroundings: Mapping[str, str]) -> dict[str, str]:
        """Those defaults that `surroundings` does not set itself."""
        return {key: value for key, value in self.environment.items() if key not in surroundings}


def filled(parameters: Mapping[str, Parameter | None]) -> dict[str, Parameter]:
    """The parameters that have a value: where a person chose nothing, the node's own default holds."""
    return {key: value for key, value in parameters.items() if value is not None and value != ""}
