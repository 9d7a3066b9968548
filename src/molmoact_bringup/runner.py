"""Runs a graph from a pip installation: starts its processes, notices which one ends, and leaves nothing behind."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import yaml

from molmoact_bringup.graph import START_LIMIT, Graph, NodeSpec
from molmoact_bringup.leftovers import DdsFiles
from molmoact_bringup.processes import ChildProcess, Ended, executable_path

ESCALATION = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))
"""Signals with the seconds that a process has to end after each. Nothing survives the last."""

POLL = 0.05
"""Seconds between looks at processes that are about to end."""

NOTE_EVERY = 1.0
"""Seconds between looks at the shared-memory files of the processes."""


class Runner:
    """The processes of one graph.

    Use as a context manager: whatever ends the block, the processes end, then the scratch folders and the
    shared-memory files that they left are removed.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        run: Path,
        prefix: Path,
        surroundings: Mapping[str, str] | None = None,
        escalation: tuple[tuple[signal.Signals, float], ...] = ESCALATION,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            graph: what to run.
            run: folder of the run; logs/<name>.log and parameters/<name>.yaml go there.
            prefix: the installation whose lib/molmoact_ros holds the executables.
            surroundings: environment that the processes inherit; default: this process's own.
            escalation: how they are made to end.
            now: seconds of a clock that never goes back.
            sleep: waits that many seconds.
        """
        self._graph = graph
        self._run = run
        self._prefix = prefix
        self._surroundings = dict(os.environ if surroundings is None else surroundings)
        self._escalation = escalation
        self._now = now
        self._sleep = sleep
        self._running: dict[str, ChildProcess] = {}
        self._waiting: list[NodeSpec] = []
        self._paths: dict[str, Path] = {}
        self._started = now()
        self._specs = {spec.name: spec for spec in graph.nodes}
        self._dds = DdsFiles()
        self._noted = now()

    def __enter__(self) -> "Runner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> Mapping[str, int]:
        """Name -> process id of what has not ended."""
        return {name: child.pid for name, child in self._running.items()}

    def start(self) -> None:
        """Start the processes in the graph's order; `poll` starts those that wait for others.

        Raises:
            UserError: an executable is not installed; nothing was started.
        """
        self._paths = {spec.name: executable_path(self._prefix, spec.executable) for spec in self._graph.nodes}
        for folder in self._graph.scratch:  # of a run of this name that was killed: its world must not go on in ours
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self._run / "logs", self._run / "parameters", *self._graph.scratch):
            folder.mkdir(parents=True, exist_ok=True)
        self._started = self._now()
        self._waiting = list(self._graph.nodes)
        self._start_ready()

    def poll(self) -> list[Ended]:
        """The processes that ended since the last look; one that waited too long for its start counts as one."""
        self._note_shared_memory()
        self._start_ready()
        return [*self._given_up(), *self._collected()]

    def _collected(self) -> list[Ended]:
        ended = []
        for name, child in list(self._running.items()):
            code = child.code()
            if code is not None:
                child.send(signal.SIGKILL)  # what it started and left behind
                del self._running[name]
                ended.append(Ended(name, code, child.last_lines(), self._specs[name].required))
        return ended

    def stop(self) -> list[Ended]:
        """End everything, the patient way first; returns how each process that still ran has ended."""
        self._waiting.clear()
        self._dds.note(self.running.values())
        ended: list[Ended] = []
        for number, patience in self._escalation:
            for child in self._running.values():
                child.send(number)
            ended += self._wait(patience)
            if not self._running:
                break
        self._clean()
        return ended

    def _wait(self, patience: float) -> list[Ended]:
        deadline = self._now() + patience
        ended = self.poll()
        while self._running and self._now() < deadline:
            self._sleep(POLL)
            ended += self.poll()
        return ended

    def _clean(self) -> None:
        for folder in self._graph.scratch:
            shutil.rmtree(folder, ignore_errors=True)
        self._dds.remove_unused()

    def _note_shared_memory(self) -> None:
        if self._now() - self._noted >= NOTE_EVERY:
            self._noted = self._now()
            self._dds.note(self.running.values())

    def _start_ready(self) -> None:
        for spec in [spec for spec in self._waiting if spec.may_start()]:
            self._waiting.remove(spec)
            self._running[spec.name] = self._start(spec)

    def _given_up(self) -> list[Ended]:
        if not self._waiting or self._now() - self._started <= START_LIMIT:
            return []
        late, self._waiting = self._waiting, []
        return [
            Ended(spec.name, 1, (f"not started: {spec.after[0]} was not there in time",), spec.required)
            for spec in late
        ]

    def _start(self, spec: NodeSpec) -> ChildProcess:
        environment = {
            **self._surroundings,
            **self._graph.missing_environment(self._surroundings),
            "AMENT_PREFIX_PATH": self._surroundings.get("AMENT_PREFIX_PATH", str(self._prefix)),
            **spec.environment,
        }
        command = [str(self._paths[spec.name]), *spec.arguments, *self._ros_arguments(spec)]
        return ChildProcess(spec.name, command, environment, self._run / "logs" / f"{spec.name}.log", spec.nice)

    def _ros_arguments(self, spec: NodeSpec) -> list[str]:
        if not spec.ros:
            return []
        words = ["--ros-args", "-r", f"__node:={spec.name}"]
        if spec.namespace:
            words += ["-r", f"__ns:=/{spec.namespace.strip('/')}"]
        for old, new in spec.remappings.items():
            words += ["-r", f"{old}:={new}"]
        if spec.parameters:
            path = self._run / "parameters" / f"{spec.name}.yaml"
            content = {"/**": {"ros__parameters": dict(spec.parameters)}}
            path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
            words += ["--params-file", str(path)]
        return words
