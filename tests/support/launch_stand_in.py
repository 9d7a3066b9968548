"""Stand-in for the few parts of launch and launch_ros that the launch files use; those packages are not on PyPI.

Signatures follow launch 3.4 and launch_ros 0.26 (Jazzy): a keyword that those do not know is an error here too.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any


@dataclass
class LaunchContext:
    launch_configurations: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class LaunchDescription:
    entities: list[Any]


@dataclass
class DeclareLaunchArgument:
    name: str
    default_value: str | None = None
    description: str | None = None
    choices: list[str] | None = None


@dataclass
class OpaqueFunction:
    function: Callable[[LaunchContext], list[Any]]


@dataclass
class SetEnvironmentVariable:
    name: str
    value: str


@dataclass
class LogInfo:
    msg: str


@dataclass
class Shutdown:
    reason: str = "reason not given"


@dataclass(kw_only=True)
class TimerAction:
    period: float
    actions: list[Any]


@dataclass
class RegisterEventHandler:
    event_handler: Any


@dataclass
class OnShutdown:
    on_shutdown: Callable[[Any, LaunchContext], list[Any] | None]


@dataclass
class ParameterValue:
    value: Any
    value_type: type | None = None


@dataclass(kw_only=True)
class Node:
    executable: str
    package: str | None = None
    name: str | None = None
    namespace: str | None = None
    parameters: Sequence[Mapping[str, ParameterValue]] | None = None
    arguments: Sequence[str] | None = None
    remappings: Sequence[tuple[str, str]] | None = None
    additional_env: Mapping[str, str] | None = None
    prefix: str | None = None
    output: str | None = None
    on_exit: Any = None


MODULES = {
    "launch": (LaunchContext, LaunchDescription),
    "launch.actions": (
        DeclareLaunchArgument,
        LogInfo,
        OpaqueFunction,
        RegisterEventHandler,
        SetEnvironmentVariable,
        Shutdown,
        TimerAction,
    ),
    "launch.event_handlers": (OnShutdown,),
    "launch_ros": (),
    "launch_ros.actions": (Node,),
    "launch_ros.parameter_descriptions": (ParameterValue,),
}


@contextmanager
def installed() -> Iterator[None]:
    """Within it `import launch` and `import launch_ros` find the stand-ins."""
    for name, members in MODULES.items():
        module = ModuleType(name)
        for member in members:
            setattr(module, member.__name__, member)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in MODULES:
            del sys.modules[name]


def run(description: LaunchDescription, given: Mapping[str, str], environment: Mapping[str, str]) -> list[Any]:
    """What the description does with these arguments, the way launch would go about it: the resulting actions."""
    context = LaunchContext(environment=dict(environment))
    return _visit(description.entities, given, context)


def _visit(entities: list[Any], given: Mapping[str, str], context: LaunchContext) -> list[Any]:
    actions: list[Any] = []
    for entity in entities:
        if isinstance(entity, DeclareLaunchArgument):
            value = given.get(entity.name, entity.default_value)
            if value is None or (entity.choices and value not in entity.choices):
                raise RuntimeError(f"argument {entity.name}: {value!r} is not allowed")
            context.launch_configurations[entity.name] = value
        elif isinstance(entity, OpaqueFunction):
            actions += _visit(entity.function(context), given, context)
        else:
            actions.append(entity)
    return actions


def pass_time(actions: list[Any]) -> list[Any]:
    """What the timers among the actions do when they run out, once each."""
    timers = [action for action in actions if isinstance(action, TimerAction)]
    return [done for timer in timers for done in _visit(timer.actions, {}, LaunchContext())]
