"""What the demo makes of its episodes' results."""

import io

import pytest
from rich.console import Console

from molmoact_bringup.demo import EpisodesError, judge
from molmoact_bringup.demo_progress import DemoProgress
from trial_runner.episode import EpisodePlan, EpisodeResult, Session


def session(*results: EpisodeResult) -> Session:
    return Session([EpisodePlan("t", r.seed) for r in results], list(results))


def test_every_episode_must_succeed_and_the_failed_seeds_are_named():
    judge(session(EpisodeResult(0, success=True)), chunks=0)
    with pytest.raises(EpisodesError, match="did not succeed: 4, 7"):
        judge(session(EpisodeResult(4), EpisodeResult(5, success=True), EpisodeResult(7, executed=99)), chunks=0)


def test_where_chunks_were_asked_for_as_many_finished_ones_will_do():
    judge(session(EpisodeResult(0, executed=20)), chunks=20)
    with pytest.raises(EpisodesError):
        judge(session(EpisodeResult(0, executed=19)), chunks=20)


def test_each_ended_episode_is_told_once():
    out = io.StringIO()
    results = session(EpisodeResult(3, "put the red block into the tray", True, 1.0, 9, 12.3, done=True))
    with DemoProgress(results, Console(file=out, width=200)) as progress:
        progress.show()
        progress.show()
    assert out.getvalue().count("seed 3: 'put the red block into the tray': success, 9 chunks in 12.3 s") == 1
