"""What was commanded after each of the last steps, so that a late answer finds the pose that it was made for."""

from collections import OrderedDict

from franka_bridge.targets import Targets

LENGTH = 512
"""Steps remembered: half a minute at 15 Hz, three times the oldest observation that is accepted."""


class History:
    """Command-step counter -> targets; the counter never falls."""

    def __init__(self) -> None:
        self._steps: OrderedDict[int, Targets] = OrderedDict()
        self._step = 0

    @property
    def step(self) -> int:
        """Steps commanded since the bridge started."""
        return self._step

    def restart(self, targets: Targets) -> None:
        """Forget the past: the arms stand at `targets`, and the counter stays where it is."""
        self._steps.clear()
        self._steps[self._step] = targets

    def record(self, targets: Targets) -> None:
        """One more step was commanded."""
        self._step += 1
        self._steps[self._step] = targets
        if len(self._steps) > LENGTH:
            self._steps.popitem(last=False)

    def at(self, step: int) -> Targets | None:
        """What was commanded when the counter stood at `step`; none if that is forgotten or yet to come."""
        return self._steps.get(step)
