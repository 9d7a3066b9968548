"""The demo's progress at a terminal: one bar over the episodes, and a line for each that has ended."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from trial_runner.episode import EpisodeResult, Session


def describe(result: EpisodeResult) -> str:
    """One line about an ended episode."""
    word = "success" if result.success else f"progress {result.progress:.0%}"
    return (
        f"seed {result.seed}: {result.instruction!r}: {word}, "
        f"{result.executed} chunks in {result.world_seconds:.1f} s of world time"
    )


class DemoProgress:
    """Use as a context manager; `show` may be called as often as one likes."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._console = console
        self._told = 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("waiting for the nodes", total=len(session.plans))

    def __enter__(self) -> "DemoProgress":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.show()
        self._progress.stop()

    def show(self) -> None:
        """Bring the bar up to date, and tell of episodes that have ended since."""
        results = self._session.results
        done = [result for result in results if result.done]
        for result in done[self._told :]:
            self._console.print(describe(result), markup=False, soft_wrap=True)
        self._told = len(done)
        if results and not results[-1].done:
            current = results[-1]
            text = f"seed {current.seed}: {current.executed} chunks, {current.world_seconds:.0f} s of world time"
            self._progress.update(self._task, description=text)
        self._progress.update(self._task, completed=len(done))
