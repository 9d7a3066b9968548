"""Training of the depth codebook."""

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from molmoact.curation.depth_pictures import DepthPictures
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.depth.codebook import DepthCodebook, network_input
from molmoact.depth.pictures import from_metric
from molmoact.depth.training import DepthTrainer, DepthTrainingError, DepthTrainingSettings, train
from molmoact.depth.vqvae import Codebook
from molmoact_common.errors import ConfigError
from support.invented_episode import demo_profile, invented_episode

SMALL = DepthTrainingSettings(hidden=4, codes=16, code_width=8, epochs=40, batch=4, learning_rate=3e-3, warm_up=0)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def scenes(count=8):
    """Boxes of several depths before a sloping ground, as the network gets them."""
    random = np.random.default_rng(5)
    found = []
    for _ in range(count):
        depth = np.repeat(np.linspace(1500, 700, 48)[:, None], 64, axis=1)
        x, y = random.integers(5, 40, 2)
        depth[y : y + 12, x : x + 16] = random.integers(400, 650)
        found.append(network_input(from_metric(depth.astype(np.uint16), 0.001)))
    return found


@pytest.mark.slow
def test_reconstruction_improves_and_most_codes_are_used(tmp_path):
    figures = []
    network = train(scenes(4), SMALL.model_copy(update={"warm_up": 300}), progress=lambda _, step: figures.append(step))
    assert [step.used for step in figures[:8]] == [0] * 8
    assert len(figures) == 40
    assert figures[8].used > 0
    assert figures[-1].reconstruction < figures[0].reconstruction / 4
    assert figures[-1].used >= 8
    save_file(network.state_dict(), tmp_path / "vae.safetensors")
    codebook = DepthCodebook.load(tmp_path / "vae.safetensors")
    codes = codebook.codes((scenes(1)[0][0].numpy() * 255).astype(np.uint8))
    assert len(codes) == 100
    assert len(set(codes)) > 2


def test_the_same_seed_gives_the_same_weights():
    short = SMALL.model_copy(update={"epochs": 1})
    first, second = train(scenes(4), short), train(scenes(4), short)
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(tensor, second.state_dict()[name], rtol=0, atol=0, msg=name)


def test_codes_move_to_the_mean_of_what_chooses_them():
    codebook = Codebook(2, 2)
    codebook.place(torch.tensor([[0.0, 0.0], [10.0, 10.0]]))
    features = torch.tensor([[1.0, 1.0], [3.0, 1.0], [11.0, 11.0]]).T.reshape(1, 2, 1, 3)
    indices = codebook.nearest(features)
    assert indices.flatten().tolist() == [0, 0, 1]
    for _ in range(400):
        codebook.follow(features, indices, decay=0.9, slack=1e-5)
    found = codebook.vectors(torch.tensor([[[0, 1]]]))[0, :, 0].T
    torch.testing.assert_close(found, torch.tensor([[2.0, 1.0], [11.0, 11.0]]), atol=1e-3, rtol=0)


def test_a_running_average_follows_slowly():
    codebook = Codebook(1, 1)
    codebook.place(torch.tensor([[0.0]]))
    codebook.follow(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, dtype=torch.int64), decay=0.99, slack=1e-5)
    assert codebook.vectors(torch.zeros(1, 1, 1, dtype=torch.int64)).item() == pytest.approx(0.01, abs=1e-4)


def test_a_code_that_nobody_chooses_is_placed_anew_with_an_average_weight():
    codebook = Codebook(3, 1)
    codebook.place(torch.tensor([[0.0], [1.0], [50.0]]))
    features = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2)
    for _ in range(50):
        codebook.follow(features, codebook.nearest(features), decay=0.8, slack=1e-5)
    idle = codebook.shares < 0.02 / 3
    assert idle.tolist() == [False, False, True]
    codebook.place_again(idle, torch.tensor([[0.5]]))
    assert codebook.vectors(torch.tensor([[[2]]])).item() == 0.5
    assert (codebook.shares > 0.2).all()


def test_the_encoder_learns_through_the_codes():
    trainer = DepthTrainer(SMALL)
    before = trainer.network.encoder[0].weight.detach().clone()
    trainer.step(torch.stack(scenes(2)))
    assert not torch.equal(before, trainer.network.encoder[0].weight)


def test_a_loss_that_is_no_number_ends_it():
    with pytest.raises(DepthTrainingError, match="no number"):
        DepthTrainer(SMALL).step(torch.full((2, 1, 320, 320), float("nan")))


def test_going_on_keeps_the_codes_that_were_learnt():
    trained = train(scenes(4), SMALL.model_copy(update={"epochs": 1}))
    codes = trained.codebook.vectors(torch.arange(16).reshape(1, 1, 16)).clone()
    trainer = DepthTrainer(SMALL.model_copy(update={"decay": 0.999999}), trained)
    trainer.step(torch.stack(scenes(4)))
    torch.testing.assert_close(
        trained.codebook.vectors(torch.arange(16).reshape(1, 1, 16)), codes, atol=1e-3, rtol=1e-3
    )


def test_pictures_come_from_datasets_and_folders(tmp_path):
    writer = LeRobotWriter(tmp_path / "set", demo_profile())
    writer.add(invented_episode(rows=3))
    writer.close()
    (tmp_path / "png").mkdir()
    cv2.imwrite(str(tmp_path / "png/a.png"), np.full((20, 30), 128, np.uint8))
    pictures = DepthPictures([tmp_path / "set", tmp_path / "png"])
    assert len(pictures) == 4
    assert pictures[0].shape == (1, 320, 320)
    assert float(pictures[3].mean()) == pytest.approx(128 / 255)
    assert float(pictures[0].max()) == 1.0


def test_a_place_without_depth_is_named(tmp_path):
    with pytest.raises(ConfigError, match="holds no PNG"):
        DepthPictures([tmp_path])
