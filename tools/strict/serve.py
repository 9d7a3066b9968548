"""Serves strict robots until it is ended: `python serve.py --model fr3.xml --out DIR 127.0.104.1 [127.0.104.2]`."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from record import Complaints, Recorder, write_status
from robot import Allowance, StrictRobot

STATUS_SECONDS = 0.2


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hosts", nargs="+", help="loopback address of each robot")
    parser.add_argument("--model", required=True, help="MJCF of the FR3, with an absolute meshdir")
    parser.add_argument("--out", type=Path, required=True, help="folder for status.json and the ticks")
    parser.add_argument("--ticks", action="store_true", help="write every tick of each robot to OUT/<host>.ticks")
    parser.add_argument("--lenient", action="store_true", help="only note what breaks a limit, and go on")
    return parser.parse_args()


def _serve(robot: StrictRobot, end: threading.Event) -> None:
    """Until it is stopped; a robot that cannot start ends them all."""
    try:
        robot.start()
    finally:
        end.set()


def main() -> int:
    """Serve until SIGTERM or SIGINT, or until whoever started this is gone."""
    given = arguments()
    complaints = Complaints()
    logging.basicConfig(level=logging.WARNING, handlers=[logging.StreamHandler(), complaints])
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    recorders = {host: Recorder(given.out / f"{host}.ticks" if given.ticks else None) for host in given.hosts}
    robots = [
        StrictRobot(
            host, given.model, Allowance(given.out / f"{host}.allowed"), recorders[host], enforce=not given.lenient
        )
        for host in given.hosts
    ]
    for robot in robots:
        threading.Thread(target=_serve, args=(robot, end), name=f"robot at {robot.host}", daemon=True).start()
    parent = os.getppid()
    while not end.wait(STATUS_SECONDS) and os.getppid() == parent:  # a test that was killed leaves no robot behind
        if all(robot.physics_sim.running for robot in robots):  # before that nobody would be answered
            write_status(given.out / "status.json", recorders, complaints)
    for robot in robots:
        robot.stop()
    write_status(given.out / "status.json", recorders, complaints)
    return 0


if __name__ == "__main__":
    sys.exit(main())
