"""`molmoact vqvae`: the depth codebook on its own."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from molmoact_common.errors import ConfigError

vqvae = typer.Typer(help="The depth codebook on its own.", no_args_is_help=True)

Places = Annotated[list[Path], typer.Argument(help="datasets with depth, or folders of 8-bit depth PNGs")]


@vqvae.command()
def train(  # noqa: PLR0917  typer needs names, not positions
    places: Places,
    output: Annotated[Path, typer.Option(help="file to write after every epoch")] = Path("vae.safetensors"),
    epochs: Annotated[int, typer.Option(min=1, help="over all pictures")] = 20,
    batch: Annotated[int, typer.Option(min=1, help="pictures a step")] = 64,
    hidden: Annotated[int, typer.Option(min=1, help="channels of the first layer")] = 16,
    code_width: Annotated[int, typer.Option(min=1, help="length of a code")] = 512,
    start: Annotated[Path | None, typer.Option(help="go on from these weights (their size wins)")] = None,
    seed: Annotated[int, typer.Option(help="of weights and order")] = 0,
    dtype: Annotated[Literal["float32", "bfloat16"], typer.Option(help="of the weights that are written")] = "float32",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of torch; 0: torch's own choice")] = 0,
) -> None:
    """Train a depth codebook; the defaults are the published recipe and size.

    Example: molmoact vqvae train data/blocks --output vae.safetensors --hidden 8 --code-width 64
    """
    import torch  # noqa: PLC0415  it takes seconds to load
    from safetensors.torch import save_file  # noqa: PLC0415

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
    if threads:
        torch.set_num_threads(threads)
    settings = DepthTrainingSettings(epochs=epochs, batch=batch, hidden=hidden, code_width=code_width, seed=seed)
    last: list[StepFigures] = []

    def save(network: DepthVqVae) -> None:
        weights = {name: tensor.to(getattr(torch, dtype)).contiguous() for name, tensor in network.state_dict().items()}
        write_atomically(output, lambda draft: save_file(weights, draft))
        typer.echo(f"reconstruction {last[-1].reconstruction:.5f}, {last[-1].used} codes in use; wrote {output}")

    with progress_bar("pictures", epochs * len(pictures)) as advance:

        def told(count: int, figures: StepFigures) -> None:
            last.append(figures)
            advance(count)

        network = DepthCodebook.load(start).network if start else None
        train_codebook(pictures, settings, network, progress=told, after_epoch=save)


@vqvae.command()
def check(
    codebook: Annotated[Path, typer.Argument(help="vae.safetensors or vae-final.pt")],
    places: Places,
) -> None:
    """Measure a codebook on pictures that it did not learn from: what it loses, and how many of its codes it uses.

    Example: molmoact vqvae check vae.safetensors data/other_blocks
    """
    from molmoact.curation.depth_pictures import DepthPictures  # noqa: PLC0415  torch takes seconds to load
    from molmoact.depth.codebook import DepthCodebook  # noqa: PLC0415
    from molmoact.depth.figures import figures_of  # noqa: PLC0415

    network = DepthCodebook.load(codebook).network
    found = figures_of(network, DepthPictures(places))
    typer.echo(
        f"{found.pictures} pictures: error {found.error:.4f} of the range (a plain grey: {found.spread:.4f}), "
        f"{found.used} of {network.size.codes} codes in use, perplexity {found.perplexity:.1f}"
    )
