"""Which frames make one observation."""

from hypothesis import given
from hypothesis import strategies as st

from molmoact.runtime.views import ViewSynchronizer

MS = 1_000_000


def synchronizer() -> ViewSynchronizer[str]:
    return ViewSynchronizer(["front", "wrist"], tolerance_ns=35 * MS)


def test_no_set_before_every_view_has_a_frame():
    views = synchronizer()
    views.add("front", 100 * MS, "f")
    assert views.newest(0) is None


def test_takes_the_newest_frames_exposed_together_in_view_order():
    views = synchronizer()
    for stamp in (0, 67, 133):
        views.add("wrist", stamp * MS, f"w{stamp}")
        views.add("front", stamp * MS, f"f{stamp}")
    chosen = views.newest(0)
    assert chosen is not None
    assert list(chosen.images.items()) == [("front", "f133"), ("wrist", "w133")]
    assert chosen.stamps == (133 * MS, 133 * MS)


def test_a_frame_that_is_ahead_of_its_partner_waits_for_it():
    views = synchronizer()
    views.add("front", 67 * MS, "f67")
    views.add("wrist", 67 * MS, "w67")
    views.add("front", 133 * MS, "f133")
    chosen = views.newest(0)
    assert chosen is not None
    assert chosen.images == {"front": "f67", "wrist": "w67"}


def test_views_further_apart_than_the_tolerance_make_no_set():
    views = synchronizer()
    views.add("front", 0, "f")
    views.add("wrist", 36 * MS, "w")
    assert views.newest(-1) is None


def test_nothing_as_old_as_the_bound_is_taken():
    views = synchronizer()
    views.add("front", 100 * MS, "f")
    views.add("wrist", 100 * MS, "w")
    assert views.newest(100 * MS) is None
    assert views.newest(99 * MS) is not None


def test_a_clock_that_steps_back_starts_the_view_afresh():
    views = synchronizer()
    views.add("front", 500 * MS, "old")
    assert views.add("front", 10 * MS, "new")
    views.add("wrist", 10 * MS, "w")
    chosen = views.newest(0)
    assert chosen is not None
    assert chosen.images["front"] == "new"


@given(
    st.lists(st.tuples(st.sampled_from(["front", "wrist"]), st.integers(0, 500)), max_size=40),
    st.integers(-1, 500),
)
def test_every_set_keeps_tolerance_and_bound(frames: list[tuple[str, int]], after: int):
    views = synchronizer()
    for view, stamp in frames:
        views.add(view, stamp * MS, view)
    chosen = views.newest(after * MS)
    if chosen is not None:
        assert chosen.newest_ns - chosen.oldest_ns <= 35 * MS
        assert chosen.oldest_ns > after * MS
        assert list(chosen.images) == ["front", "wrist"]
