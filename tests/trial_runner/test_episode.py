"""The course of an episode, with the graph's answers given by hand."""

from types import SimpleNamespace

from trial_runner.episode import EpisodePlan, Session
from trial_runner.graph_view import GraphView
from trial_runner.script import Call, Until

PLACED = SimpleNamespace(success=True, message="", instruction="put the red block into the tray")
SECOND = 1_000_000_000


def play(session: Session, view: GraphView, on_end) -> list[str]:
    """Run the script; calls are granted, waits come true, `on_end(holds)` plays the episode itself."""
    script, said, value = session.script(view), [], None
    try:
        while True:
            step = script.send(value)
            said.append(step.service if isinstance(step, Call) else step.what)
            value = PLACED if isinstance(step, Call) else None
            if isinstance(step, Until) and step.what == "the episode to end":
                on_end(step.holds)
    except StopIteration:
        return said


def running_view() -> GraphView:
    return GraphView(arm_modes={"arm": "running"}, seed=3, policy="waiting for an instruction")


def test_the_order_of_an_episode():
    view = running_view()
    view.success = False
    session = Session([EpisodePlan("put_block_in_tray", 3)])

    def finish(holds) -> None:
        view.success = True
        assert holds(view)

    said = play(session, view, finish)
    assert [word for word in said if "/" in word] == [
        "cell/reset",
        "bridge/home",
        "cell/reset",
        "policy/set_instruction",
        "bridge/start",
    ]
    result = session.results[0]
    assert (result.success, result.done, result.instruction) == (True, True, PLACED.instruction)


def test_an_episode_ends_after_the_chunks_it_was_given():
    view = running_view()
    session = Session([EpisodePlan("put_block_in_tray", 3, chunks=2)])

    def two_chunks(holds) -> None:
        assert not holds(view)
        view.executed += 2
        assert holds(view)

    play(session, view, two_chunks)
    assert session.results[0].executed == 2
    assert not session.results[0].success


def test_an_episode_ends_by_world_time_or_when_the_arm_stops_following():
    view = running_view()

    def too_long(holds) -> None:
        view.world_ns += 60 * SECOND
        assert not holds(view)
        view.world_ns += SECOND
        assert holds(view)

    view.answers_refused.append("no such thing")
    late = Session([EpisodePlan("t", 3, world_seconds=60)])
    play(late, view, too_long)
    assert late.results[0].why == "time limit of 60 s; last refused answer: no such thing"

    def stopped(holds) -> None:
        view.arm_modes["arm"], view.arm_reasons["arm"] = "stopped", "31 N at the TCP"
        assert holds(view)

    fallen = Session([EpisodePlan("t", 3)])
    play(fallen, view, stopped)
    assert (fallen.results[0].why, fallen.results[0].lost) == ("arm stopped: 31 N at the TCP", False)


def test_an_arm_that_no_longer_answers_is_a_lost_episode_and_no_failure_of_the_policy():
    def lost(holds) -> None:
        view.arm_modes["arm"], view.arm_reasons["arm"] = "disconnected", "no answer within 1 s"
        assert holds(view)

    view = running_view()
    session = Session([EpisodePlan("t", 3)])
    play(session, view, lost)
    assert session.results[0].lost
    assert session.results[0].why == "arm disconnected: no answer within 1 s"


def test_each_seed_counts_its_own_chunks():
    view = running_view()

    def one_chunk(holds) -> None:
        view.executed += 1
        holds(view)

    session = Session([EpisodePlan("t", 3, chunks=1), EpisodePlan("t", 3, chunks=1)])
    play(session, view, one_chunk)
    assert [result.executed for result in session.results] == [1, 1]


def test_further_calls_stand_around_an_episode_and_know_how_it_went():
    told = []

    def note(plan, result):
        told.append((plan.seed, result.instruction, result.success))
        yield Call("recorder/episode", 1.0, {})

    view = running_view()
    session = Session([EpisodePlan("t", 3)], before=note, after=note)

    def finish(holds) -> None:
        view.success = True
        assert holds(view)

    said = [word for word in play(session, view, finish) if "/" in word]
    assert said[-3:] == ["recorder/episode", "bridge/start", "recorder/episode"]
    assert told == [(3, PLACED.instruction, False), (3, PLACED.instruction, True)]
    assert session.complete
