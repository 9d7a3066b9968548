from types import SimpleNamespace

from bench.bridge_ticks import bridge_values, tick_rows


def status(name: str, **values: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, values=[SimpleNamespace(key=key, value=value) for key, value in values.items()])


def test_only_the_bridges_own_figures_count():
    message = SimpleNamespace(status=[status("camera/front", tick_p50_ms="9"), status("franka_bridge", mode="idle")])
    assert list(bridge_values(message)) == [{"mode": "idle"}]


def test_figures_are_spread_over_the_seconds_that_have_them():
    rows = tick_rows([{"tick_p50_ms": "1.0", "mode": "idle"}, {"tick_p50_ms": "3.0"}, {"mode": "running"}])
    assert rows == {"work in a cycle: p50 of each second": (2.0, 2.0, 2.98, 3.0, 2)}
