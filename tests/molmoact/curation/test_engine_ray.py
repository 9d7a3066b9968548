"""The same rows through a small Ray of its own, and what is said where there is none."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="ray is not installed: pip install 'molmoact-ros[ray]'")

from molmoact.curation.engine import run_here
from molmoact.curation.engine_ray import RayEngine, Task, finished
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact.curation.pipeline import Job, curate, curate_episode
from molmoact.curation.settings import CurationSettings
from molmoact_common.errors import ConfigError, UnreachableError
from support.invented_episode import demo_profile, invented_episode


@pytest.fixture(autouse=True)
def own_ray(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")


@pytest.fixture
def settings(golden_dir):
    return CurationSettings(codebook=golden_dir / "vqvae/small.safetensors", steps=2)


@dataclass
class Noting:
    """An engine that notes what it is given."""

    engine: object
    last: int | None = None
    worked: tuple = ()

    def __call__(self, work, job, numbers):
        self.worked = tuple(numbers)
        yield from self.engine(work, job, list(numbers)[: self.last])
        if self.last is not None:
            raise KeyboardInterrupt


def contents(output):
    return {path.relative_to(output): path.read_bytes() for path in sorted(output.rglob("*")) if path.is_file()}


@pytest.mark.slow
@pytest.mark.timeout(300)  # half a dozen processes start, which takes eight seconds where nothing else runs
def test_ray_goes_on_where_a_run_was_broken_off_and_makes_the_very_same_files(tmp_path, monkeypatch, settings):
    monkeypatch.chdir(tmp_path)  # relative paths are those of who calls
    writer = LeRobotWriter(tmp_path / "set", demo_profile())
    for seed, rows in enumerate((5, 3, 4)):
        writer.add(invented_episode(rows=rows, seed=seed))
    writer.close()
    here, ray, dataset = Path("here"), Path("ray"), Path("set")
    curate(dataset, here, settings)
    with pytest.raises(KeyboardInterrupt):
        curate(dataset, ray, settings, Noting(run_here, last=1))
    engine, told = Noting(RayEngine(2)), []
    curate(dataset, ray, settings, engine, told.append)
    assert engine.worked == (1, 2)
    assert sorted(told) == [3, 4, 5]
    assert contents(ray) == contents(here)


def test_what_an_episode_raises_comes_back_as_it_was(tmp_path, monkeypatch):
    settings = CurationSettings(depth="none", kinds=("trace",)).model_dump_json()
    monkeypatch.chdir(tmp_path)
    task = Task(curate_episode, Job(Path("set"), Path("rows"), settings), tmp_path)
    with pytest.raises(ConfigError, match=r"^set is no dataset .* make one with `molmoact data convert`$"):
        finished(task({"number": 7}))


def test_nothing_to_do_starts_no_ray(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert list(RayEngine(2)(curate_episode, None, [])) == []


def test_a_cluster_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(
        UnreachableError, match=r"no Ray listens at 127\.0\.0\.1:1: .*; start it, or correct RAY_ADDRESS"
    ):
        list(RayEngine(2)(curate_episode, None, [0]))


def test_ray_that_is_not_installed_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(ConfigError, match=r"pip install 'molmoact-ros\[ray\]'"):
        RayEngine(2)
