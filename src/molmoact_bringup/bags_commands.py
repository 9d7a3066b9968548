"""`molmoact bags`: look at recorded bags, and repair those that were cut off."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molmoact_common.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from demo_recorder.auditing import Audit


class BagsWrongError(UserError):
    """Something is wrong with at least one bag."""

    exit_code = 1


Folders = Annotated[list[Path], typer.Argument(help="bags, or folders that hold bags; trash folders are left out")]


def check(
    folders: Folders,
    topics: Annotated[bool, typer.Option(help="also a row for each topic")] = False,
) -> None:
    """Look at every bag: its length, what it holds, and what its contract has against it.

    Example: molmoact bags check demos
    """
    from rich.console import Console  # noqa: PLC0415  ROS and rich take a second to load

    from demo_recorder.auditing import audit_bag  # noqa: PLC0415
    from demo_recorder.folders import find_bags  # noqa: PLC0415

    console = Console()
    audits = [audit_bag(path) for path in find_bags(folders)]
    console.print(bag_table(audits))
    for audit in audits:
        if topics and audit.topics:
            console.print(topic_table(audit))
        for line in audit.problems:
            console.print(f"{audit.path}: {line}", markup=False, highlight=False, soft_wrap=True)
    wrong = sum(bool(audit.problems) for audit in audits)
    if wrong:
        raise BagsWrongError(f"{wrong} of {len(audits)} bags have problems, named above")


def bag_table(audits: list["Audit"]) -> "Table":
    """One row a bag."""
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"{len(audits)} bags", title_justify="left")
    for name in ("bag", "seconds", "messages", "lost", "mark", "instruction", "state"):
        table.add_column(name, justify="right" if name in ("seconds", "messages", "lost") else "left")
    for audit in audits:
        lost = sum(topic.lost for topic in audit.topics.values())
        state = f"{len(audit.problems)} problem(s)" if audit.problems else audit.remark or "good"
        row = (f"{audit.seconds:.1f}", str(audit.messages), str(lost), audit.outcome.mark, audit.info.instruction)
        table.add_row(audit.path.name, *row, state)
    return table


def topic_table(audit: "Audit") -> "Table":
    """One row a topic."""
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=str(audit.path), title_justify="left")
    table.add_column("topic")
    for name in ("messages", "Hz", "longest gap (s)", "lost"):
        table.add_column(name, justify="right")
    for name, topic in sorted(audit.topics.items()):
        table.add_row(name, str(topic.count), f"{topic.rate:.1f}", f"{topic.gap:.2f}", str(topic.lost))
    return table


def repair(folders: Folders) -> None:
    """Make whole bags of those that were cut off (a killed recorder, a full disk), up to their last whole chunk.

    The broken ones are moved to the trash folder beside them.

    Example: molmoact bags repair demos/take-0007
    """
    from demo_recorder.folders import find_bags  # noqa: PLC0415  ROS takes a second to load
    from demo_recorder.repairing import RepairError, repair_bag  # noqa: PLC0415

    broken = [path for path in find_bags(folders) if not (path / "metadata.yaml").is_file()]
    failed = 0
    for path in broken:
        try:
            done = repair_bag(path)
        except RepairError as error:
            failed += 1
            typer.echo(str(error), err=True)
        else:
            typer.echo(f"{done.path}: {done.messages} messages recovered; the broken bag lies in {done.broken}")
    if not broken:
        typer.echo("every bag is closed; there is nothing to repair")
    if failed:
        raise BagsWrongError(f"{failed} of {len(broken)} broken bags could not be repaired, for the reasons above")


bags = typer.Typer(no_args_is_help=True, help="Check recorded bags, and repair those that were cut off.")
bags.command("check")(check)
bags.command("repair")(repair)
