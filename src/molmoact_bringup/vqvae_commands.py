"""`molmoact vqvae`: the depth codebook on its own."""

from pathlib import Path
from typing import Annotated

import typer

from molmoact_common.errors import ConfigError

vqvae = typer.Typer(help="The depth codebook on its own.", no_args_is_help=True)


@vqvae.callback()
def _group() -> None:
    """Keeps `train` a command of its own while it is the only one."""


@vqvae.command()
def train(  # noqa: PLR0917  typer needs names, not positions
    places: Annotated[list[Path], typer.Argument(help="datasets with depth, or folders of 8-bit depth PNGs")],
    output: Annotated[Path, typer.Option(help="file to write after every epoch")] = Path("vae.safetensors"),
    epochs: Annotated[int, typer.Option(min=1, help="over all pictures")] = 20,
    batch: Annotated[int, typer.Option(min=1, help="pictures a step")] = 64,
    hidden: Annotated[int, typer.Option(min=1, help="channels of the first layer")] = 16,
    code_width: Annotated[int, typer.Option(min=1, help="length of a code")] = 512,
    start: Annotated[Path | None, typer.Option(help="go on from these weights (their size wins)")] = None,
    seed: Annotated[int, typer.Option(help="of weights and order")] = 0,
) -> None:
    """Train a depth codebook; the defaults are the published recipe and size.

    Example: molmoact vqvae train data/blocks --output vae.safetensors --hidden 8 --code-width 64
    """
    from safetensors.torch import save_file  # noqa: PLC0415  torch takes seconds to load

    from molmoact.curation.atomic import write_atomically  # noqa: PLC0415
    from molmoact.curation.depth_pictures import DepthPictures  # noqa: PLC0415
    from molmoact.depth.codebook import DepthCodebook  # noqa: PLC0415
    from molmoact.depth.training import DepthTrainingSettings, StepFigures  # noqa: PLC0415
    from molmoact.depth.training import train as train_codebook  # noqa: PLC0415
    from molmoact.depth.vqvae import DepthVqVae  # noqa: PLC0415
    from molmoact_bringup.data_report import progress_bar  # noqa: PLC0415

    pictures = DepthPictures(places)
    if output.suffix != ".safetensors":
        raise ConfigError(f"--output {output}: name a .safetensors file")
    settings = DepthTrainingSettings(epochs=epochs, batch=batch, hidden=hidden, code_width=code_width, seed=seed)
    last: list[StepFigures] = []

    def save(network: DepthVqVae) -> None:
        write_atomically(output, lambda draft: save_file(network.state_dict(), draft))
        typer.echo(f"reconstruction {last[-1].reconstruction:.5f}, {last[-1].used} codes in use; wrote {output}")

    with progress_bar("pictures", epochs * len(pictures)) as advance:

        def told(count: int, figures: StepFigures) -> None:
            last.append(figures)
            advance(count)

        network = DepthCodebook.load(start).network if start else None
        train_codebook(pictures, settings, network, progress=told, after_epoch=save)
