"""What a moment's rows are made of."""

import numpy as np
import pytest

from molmoact.curation.frames import FrameMaker, MeasuredDepth, as_seen, decoded, decoded_depth, traces_of
from molmoact.curation.lerobot_statistics import action_statistics
from molmoact.depth.codebook import DepthCodebook
from molmoact.depth.pictures import from_metric
from molmoact.depth.vqvae import DepthVqVae, VqVaeSize
from molmoact.profile import Resize
from molmoact.protocol.statistics import choose_statistics
from molmoact.runtime.inputs import model_views
from molmoact.runtime.observation import Observation
from molmoact.traces import to_pixels
from support.golden import read_json
from support.invented_episode import demo_profile, invented_episode, picture, png


@pytest.fixture(scope="module")
def codebook(golden_dir):
    return DepthCodebook.load(golden_dir / "vqvae/small.safetensors")


def maker(profile=None, codebook=None, **changes):
    statistics = choose_statistics({"x": action_statistics([invented_episode().actions])})
    return FrameMaker(profile or demo_profile(**changes), statistics, MeasuredDepth(), codebook)


def test_traces_of_an_episode_are_the_published_ones_where_the_picture_is_256_wide(golden_dir):
    episode = read_json(golden_dir / "trace/cases.json")["episode"]
    points = [[np.nan, np.nan] if point is None else point for point in episode["points"]]
    found = traces_of(np.array(points, dtype=float)[:, None], (256, 256))
    for row, line in enumerate(episode["lines"]):
        # the reference keeps pixels, 0..256 of them; here they are 0..255 of the picture
        assert np.abs(np.array(found[row][0]) - np.minimum(np.reshape(line, (-1, 2)), 255)).max(initial=0) <= 1
        assert len(found[row][0]) == len(line)


@pytest.mark.parametrize("size", [(240, 320), (480, 640), (256, 256)])
def test_a_trace_is_drawn_where_the_hand_was_at_any_size_of_the_picture(size):
    height, width = size
    hands = np.stack([np.linspace(5, width - 6, 5), np.linspace(height - 6, 5, 5)], axis=1)
    ((trace,),) = traces_of(hands[:, None], size)[:1]
    assert len(trace) == 5
    np.testing.assert_allclose(to_pixels(trace, width, height), hands, atol=max(size) / 255 + 0.5)


def test_a_hand_out_of_the_picture_is_not_on_the_trace():
    hands = np.array([[10.0, 10], [-3, 10], [np.nan, np.nan], [20, 47.4], [20, 48]])
    traces = traces_of(hands[:, None], (48, 64))
    assert [len(trace) for (trace,) in traces] == [2, 1, 1, 1, 0]


def test_two_arms_have_traces_of_their_own():
    hands = np.array([[[10.0, 10], [30, 30]], [[20, 10], [np.nan, 0]]])
    (left, right), _ = traces_of(hands, (48, 64))
    assert (len(left), len(right)) == (2, 1)


def test_chunks_begin_at_each_row_and_repeat_the_last_step():
    frames = list(maker().frames(invented_episode(rows=12)))
    assert all(frame.bins.shape == (8, 7) for frame in frames)
    np.testing.assert_array_equal(frames[0].bins[1:], frames[1].bins[:-1])
    assert (frames[-1].bins == frames[-1].bins[0]).all()


def test_codes_are_those_of_each_rows_own_depth(codebook):
    episode = invented_episode(rows=20)  # more than a batch
    frames = list(maker(codebook=codebook).frames(episode))
    for row in (0, 15, 16, 19):
        alone = codebook.codes(from_metric(decoded_depth(episode.depth[row]), 0.001))
        assert frames[row].depth == alone
    assert len({frame.depth for frame in frames}) > 10


def test_without_a_codebook_there_are_no_codes():
    assert [frame.depth for frame in maker().frames(invented_episode(rows=2))] == [(), ()]


def test_pictures_of_the_right_size_pass_untouched():
    image = png(picture(0))
    assert as_seen(image, demo_profile()) is image
    assert as_seen(image, demo_profile(resize=Resize(width=64, height=48))) is image


@pytest.mark.parametrize("method", ["area", "bilinear", "lanczos"])
def test_pictures_are_what_the_live_model_sees_to_the_pixel(method):
    profile = demo_profile(resize=Resize(width=40, height=28, method=method))
    episode = invented_episode(rows=2, profile=profile)
    (frame, _) = maker(profile).frames(episode)
    views = {view: decoded(pictures[0]) for view, pictures in episode.views.items()}
    live = model_views(Observation(0, 0, views, "x"), profile)
    for image, expected in zip(frame.images, live, strict=True):
        np.testing.assert_array_equal(decoded(image), expected)


def test_a_batch_of_depth_pictures_gives_the_codes_of_each_alone():
    network = DepthCodebook(DepthVqVae(VqVaeSize(hidden=2, codes=16, code_width=8)))
    network.network._vq_vae._embedding.normal_()
    depths = [np.random.default_rng(n).integers(0, 255, (40, 50), np.uint8) for n in range(5)]
    assert network.codes_of(depths, batch=2) == [network.codes(depth) for depth in depths]
