from types import SimpleNamespace

import pytest

from bench.bag_sections import camera_drops, camera_of, ending, latency_rows, passes_rows, rate_and_gaps
from bench.results import SPREAD
from demo_recorder.records import Outcome, StatusRecord
from molmoact_common.chunks import Ledger
from trial_runner.run_data import ChunkStory

MS = 1_000_000


def ledger(*, first_step: int, prefilled: int = 40) -> Ledger:
    stamps = {"exposure": 5, "received": 20, "preprocessed": 30, "prefilled": prefilled, "depth": 60, "trace": 70}
    stamps |= {"action": 100, "bridge_received": 105, "first_step_applied": first_step, "last_step_applied": 500}
    return Ledger(**{name: at * MS if at else 0 for name, at in stamps.items()})


def test_steady_chunks_are_spread_and_the_cold_one_stands_alone():
    rows = latency_rows(ledger(first_step=400), [ledger(first_step=110), ledger(first_step=130)])
    whole = dict(zip((*SPREAD, "first"), rows["exposure to first step"], strict=True))
    assert whole == {
        "median": 115.0, "mean": 115.0, "p99": pytest.approx(124.8), "max": 125.0, "count": 2, "first": 395.0,
    }  # fmt: skip
    assert rows["prefill"][0] == 10.0


def test_a_stage_that_no_chunk_reached_has_no_row():
    script = ledger(first_step=110, prefilled=0)
    assert "prefill" not in latency_rows(script, [script])


def test_passes_are_told_of_language_models_only():
    model = Ledger(forward_passes=400)
    assert passes_rows(Ledger(forward_passes=455), [model, model])["passes a chunk"] == (400, 400, 400, 400, 2, 455)
    assert passes_rows(Ledger(), [Ledger()]) == {}


def test_an_ending_names_the_check_but_not_its_figures():
    def story(why: str, outcome: Outcome) -> ChunkStory:
        status = StatusRecord(0, 1, outcome, entry_step=0, steps_done=0, reason=why, clipped=(), ledger=Ledger())
        return ChunkStory(1, statuses=[status])

    assert ending(story("watchdog: no control cycle for 117 ms", Outcome.DISCARDED)) == "discarded: watchdog"
    assert ending(story("", Outcome.FINISHED)) == "finished"


def test_rate_and_gaps_of_stamps():
    period = 50 * MS
    rate, gaps = rate_and_gaps([n * period for n in (0, 1, 2, 5, 6, 8)])
    assert rate == pytest.approx(5 / 0.4)
    assert gaps == 3
    assert rate_and_gaps([7]) == (None, None)


def test_a_cameras_drops_are_those_that_it_reports():
    drops, other = SimpleNamespace(key="drops", value="3"), SimpleNamespace(key="rate_hz", value="15.0")
    statuses = [
        SimpleNamespace(name="camera/front", values=[other, drops]),
        SimpleNamespace(name="camera/wrist", values=[other]),
        SimpleNamespace(name="recorder", values=[drops]),
    ]
    assert camera_drops(SimpleNamespace(status=statuses)) == {"front": 3.0}


def test_a_camera_is_named_by_its_topic_in_any_namespace():
    assert camera_of("/camera/front/color/image_raw") == "front"
    assert camera_of("/lab1/camera/wrist/color/image_raw") == "wrist"
