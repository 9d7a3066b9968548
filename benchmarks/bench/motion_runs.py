"""What an arm is put through to measure a driver: a path, an end, borders between chunks, a stop, and silence."""

import numpy as np
from numpy.typing import NDArray

from bench.motion_figures import Path, behind, dip, filled, off_path, speeds, ticks_to_rest
from bench.motion_rig import CYCLE, MotionError, MotionRig

ROWS = 8
PERIOD = 1 / 15
RADIUS, TURN_SECONDS = 0.05, 3.2
"""The path: a circle in the plane of y and z, at 98 mm/s."""
THINKING = 210
"""Milliseconds from an observation to its chunk, in the run over borders. Less than half of a chunk's 533, or each ends
before the next one comes; no multiple of a row's 67, so that the borders lie anywhere between two rows."""
BORDERS = 10
UP_TO_SPEED = 3
"""Borders after which the arm cruises."""
NEAR = (20, 150)
"""Milliseconds before and after a border in which a fall of the speed is the border's."""
PACE = 0.003
"""Wall seconds a tick of silence: the watchdog looks each 5 ms on the wall, so that on a busy machine it looks late."""
BEFORE_WALL = 0.06
"""Metres from the TCP; the fingers are thinner."""
SPEED_CAP = 0.25
"""m/s, of config/safety/default.yaml."""

Figures = dict[str, float | None]


def follow_path(rig: MotionRig) -> Figures:
    """Once round the circle, chunks in good time; mm behind the setpoints of the moment, and off the path itself."""
    rig.begin()
    turns = np.linspace(0.0, 2 * np.pi, round(TURN_SECONDS / PERIOD) + 1)
    corners = RADIUS * np.stack([0 * turns, np.sin(turns), 1.0 - np.cos(turns)], axis=1)
    start, first = rig.measured(), rig.world.tick
    step = rig.observe()[0]
    while (done := rig.observe()[0] - step) < len(corners) - 1:
        rig.send(np.diff(corners[done : done + ROWS + 1], axis=0), PERIOD)
        rig.run(300)
    rig.finish()
    rig.run(500)
    figures: Figures = {}
    late, off = [], []
    for position, trace, driver in zip(start, rig.world.traces, rig.drivers.values(), strict=True):
        path = trace.rows(first)[1]
        late.append(1000 * behind(path, driver.targets, first))
        off.append(1000 * off_path(path, position + corners))
    for name, distances in (("behind", np.concatenate(late)), ("off", np.concatenate(off))):
        figures[f"{name}_rms_mm"] = float(np.sqrt((distances**2).mean()))
        figures[f"{name}_max_mm"] = float(distances.max())
    return figures


def reach_end(rig: MotionRig) -> Figures:
    """Eight rows of 8 mm at 10 Hz; mm that are missing of 64: in what the bridge commanded, and in what the arm did."""
    rig.begin()
    commanded, start = rig.commanded(), rig.measured()
    rig.send(np.tile([0.008, 0.0, 0.0], (ROWS, 1)), 0.1)
    rig.finish()
    rig.run(1500)
    ways = rig.commanded() - commanded, rig.measured() - start
    missing = [np.round(64.0 - 1000 * way[:, 0], 6) for way in ways]
    return {"commanded_droop_mm": _largest(missing[0]), "droop_mm": _largest(missing[1])}


def _largest(values: NDArray[np.float64]) -> float:
    """The one furthest from nothing, with its sign."""
    return float(values[np.abs(values).argmax()])


def cross_borders(rig: MotionRig) -> Figures:
    """A straight line of 8 mm rows at 15 Hz whose chunks replace each other; how far the speed falls there.

    Also what the bridge costs meanwhile: CPU in percent of a core, of its cycle and libfranka's control loops.
    """
    rig.begin()
    rows = np.tile([0.0, 0.008, 0.0], (ROWS, 1))
    begin, used = rig.world.tick, rig.native_seconds() + sum(rig.cost.cpu) / 1000
    rig.send(rows, PERIOD)
    observed, borders = rig.observe(), []
    for _ in range(BORDERS):
        rig.run(THINKING)
        rig.send(rows, PERIOD, observed)
        borders.append(rig.world.tick)
        observed = rig.observe()
    last = rig.world.tick + NEAR[1]
    rig.finish()
    used = rig.native_seconds() + sum(rig.cost.cpu) / 1000 - used
    steady = borders[UP_TO_SPEED]
    inner = [border - steady for border in borders[UP_TO_SPEED + 1 :]]
    paths = [trace.rows(steady, last) for trace in rig.world.traces]
    figures: Figures = {"cpu_percent": 100 * used / ((rig.world.tick - begin) / 1000)}
    for name, side in (("dip_fraction", 0), ("measured_dip_fraction", 1)):
        dips = [dip(path[side], inner, *NEAR) for path in paths if not np.isnan(path[side]).any()]
        figures[name] = max(dips) if dips else None
    return figures


def stop_from_cap(rig: MotionRig) -> Figures:
    """Stop at the speed cap; ms until the TCP stands, as commanded over the wire and as simulated, and its way."""
    _cruise(rig)
    since, before = rig.world.tick, rig.measured()
    rig.bridge.stop("the benchmark says so")
    rig.run(1000)
    figures: Figures = {"stop_way_mm": 1000 * float(np.linalg.norm(rig.measured() - before, axis=1).max())}
    for name, side in (("stop_ms", 0), ("measured_stop_ms", 1)):
        paths = [filled(trace.rows(since - 10)[side]) for trace in rig.world.traces]
        rests = [ticks_to_rest(path) - 10 for path in paths if len(path)]
        figures[name] = float(max(rests)) if rests else None
        figures[name.replace("stop_ms", "arm_stop_skew_ms")] = float(np.ptp(rests)) if len(rests) > 1 else None
    return figures


def fall_silent(rig: MotionRig) -> Figures:
    """At the speed cap no control cycle comes any more; ms from the last one until the driver is told to halt."""
    _cruise(rig)
    beat = rig.world.tick - CYCLE
    rig.world.advance(rig.world.tick + 250, pace=PACE)
    trips = [driver.halts[0] - beat for driver in rig.drivers.values() if driver.halts]
    if len(trips) < len(rig.drivers):
        raise MotionError("the watchdog did not halt every arm; see src/franka_bridge/watchdog.py")
    rig.cycle()
    return {"watchdog_ms": float(max(trips))}


def press(rig: MotionRig) -> Figures:
    """Rows of 3.3 mm at 15 Hz lead 100 mm through a wall; newtons on it, at worst, and from when the bridge gave up."""
    rig.begin()
    rig.world.put_walls(float(rig.measured()[0, 0]) + BEFORE_WALL)
    forces: list[float] = []
    rig.send(np.tile([0.05 * PERIOD, 0.0, 0.0], (30, 1)), PERIOD)
    for _ in range(300):
        rig.cycle()
        forces.append(rig.world.push())
    rig.bridge.stop("pressed enough")
    rig.world.put_walls(None)
    if max(forces) == 0.0:
        raise MotionError("no arm came to the wall; see BEFORE_WALL in benchmarks/bench/motion_runs.py")
    return {"press_peak_n": max(forces), "press_end_n": forces[-1]}


def _cruise(rig: MotionRig) -> None:
    """Up to the speed cap; by what the arm does, whatever the driver.

    Raises:
        MotionError: it does not become that fast.
    """
    rig.begin()
    rig.send(np.tile([SPEED_CAP * PERIOD, 0.0, 0.0], (20, 1)), PERIOD)

    def fast() -> bool:
        return all(len(path) > 5 and speeds(path)[-1] > 0.97 * SPEED_CAP for path in _newest(rig))

    rig.run(1300, until=fast)
    if not fast():
        raise MotionError("no arm came up to the speed cap; is speed_factor in config/safety/default.yaml below 1?")


def _newest(rig: MotionRig) -> list[Path]:
    return [trace.rows(rig.world.tick - 10)[1] for trace in rig.world.traces]
