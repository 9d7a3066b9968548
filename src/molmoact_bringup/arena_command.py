"""`molmoact trials arena` and `molmoact trials ratings`: blind votes between policies, and what they amount to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from molmoact_common.errors import UserError

if TYPE_CHECKING:
    from trial_runner.arena.arena import Arena

KEYS = {"l": "left", "r": "right", "t": "tie", "s": "skip"}


class EmptyArenaError(UserError):
    """There is nothing to vote on."""

    exit_code = 1


def arena(
    experiments: Annotated[list[Path], typer.Argument(help="folders of experiments with recorded trials")],
    *,
    out: Annotated[Path, typer.Option(help="folder that gets pictures and votes; the same one goes on")],
    of: Annotated[Literal["rollouts", "traces"], typer.Option(help="what is compared")] = "rollouts",
    seed: Annotated[int, typer.Option(help="of the order and of the sides")] = 0,
    page: Annotated[bool, typer.Option(help="vote on a page of this machine instead of in the terminal")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="of the page (0: a free one)")] = 0,
) -> None:
    """Show two policies at the same start, side by side and without their names, and ask which one did better.

    Ctrl-C leaves; every vote is on the disk before the next pair. The ranking: molmoact trials ratings OUT.

    Example: molmoact trials arena runs/execution --out runs/arena --page
    """
    from trial_runner.arena.arena import Arena  # noqa: PLC0415  takes a second
    from trial_runner.arena.pairs import find_pairs  # noqa: PLC0415

    pairs = find_pairs(experiments, seed)
    if not pairs:
        raise EmptyArenaError("no start was met by two policies with a recording; name experiments with such trials")
    opened = Arena(pairs, out, of)
    (_by_page(opened, port) if page else _by_terminal(opened))
    typer.echo(f"{opened.voted} of {opened.total} pairs are done; the ranking: molmoact trials ratings {out}")


def ratings(folder: Annotated[Path, typer.Argument(help="folder of the arena")]) -> None:
    """Print how the votes of an arena rank the policies, and write report.html and ratings.png.

    Example: molmoact trials ratings runs/arena
    """
    from trial_runner.arena.report import report_arena  # noqa: PLC0415  matplotlib takes seconds to load

    table, page = report_arena(folder)
    Console().print(table)
    typer.echo(f"report: {page}")


def _by_terminal(opened: "Arena") -> None:
    from trial_runner.arena.votes import Choice  # noqa: PLC0415

    while (shown := opened.next_pair()) is not None:
        typer.echo(f"\n{opened.voted} of {opened.total} done. {shown.task}: {shown.instruction}\nopen {shown.picture}")
        answer = typer.prompt("better: l left, r right, t no difference, s cannot say").strip().lower()
        if answer in KEYS:
            opened.vote(shown.number, Choice(KEYS[answer]))
        else:
            typer.echo(f"{answer!r} will not do: l, r, t or s")


def _by_page(opened: "Arena", port: int) -> None:
    from trial_runner.arena.page import ArenaServer  # noqa: PLC0415

    with ArenaServer(opened, port) as server:
        typer.echo(f"vote at {server.url}  (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("")
