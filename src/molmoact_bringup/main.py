"""The `molmoact` command."""

import sys

import typer

from molmoact_bringup.bags_commands import bags
from molmoact_bringup.data_commands import data
from molmoact_bringup.demo_command import demo_command
from molmoact_bringup.demos_command import demos
from molmoact_bringup.doctor.command import doctor
from molmoact_bringup.model_commands import reason, tiny
from molmoact_bringup.nano_commands import nano
from molmoact_bringup.operate_commands import arm, instruct, speed
from molmoact_bringup.record_command import record
from molmoact_bringup.replay_command import replay
from molmoact_bringup.teleop_command import teleop
from molmoact_bringup.training_commands import export, merge, train
from molmoact_bringup.trials_command import trials
from molmoact_bringup.up_command import up
from molmoact_bringup.vqvae_commands import vqvae
from molmoact_common.errors import UserError

HELP = """Action reasoning for Franka arms.

\b
See it work without hardware:    molmoact demo
Keep such a cell running:        molmoact up cell
and in a second terminal:        molmoact instruct "put the red block into the tray" && molmoact arm start
See whether a machine is ready:  molmoact doctor
On a real arm, without motion:   molmoact up single-arm --robot-host 172.16.0.2 --dry-run
Show it how, take by take:       molmoact record demos, and in another terminal: molmoact teleop keyboard
Compare policies, blinded:       molmoact trials run config/trials/experiments/cell_execution.yaml --out runs/mine
The model alone, on pictures:    molmoact reason front.png wrist.png "close the drawer" --checkpoint DIR
"""

app = typer.Typer(
    help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
app.add_typer(up, name="up")
app.add_typer(arm, name="arm")
app.add_typer(bags, name="bags")
app.add_typer(data, name="data")
app.add_typer(vqvae, name="vqvae")
app.add_typer(nano, name="nano")
app.add_typer(trials, name="trials")
app.command("demo")(demo_command)
app.command("demos")(demos)
app.command("record")(record)
for command in (instruct, speed, teleop, doctor, reason, replay, tiny, train, merge, export):
    app.command()(command)


def main() -> int:
    """Run the command line; the exit code of the process."""
    try:
        app()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0
