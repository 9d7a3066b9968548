"""Which driver an arm's configuration asks for."""

from franka_bridge.config import ArmConfig
from franka_bridge.drivers.base import Driver
from franka_bridge.drivers.franky_impedance import FrankyImpedance
from franka_bridge.drivers.franky_position import FrankyPosition

_DRIVERS = {"franky_position": FrankyPosition, "franky_impedance": FrankyImpedance}


def make_driver(config: ArmConfig, speed_cap: float) -> Driver:
    """The driver of one arm, not yet connected; `speed_cap` in m/s of the TCP."""
    return _DRIVERS[config.driver](config, speed_cap)
