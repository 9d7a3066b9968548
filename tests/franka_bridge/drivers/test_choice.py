"""The driver that an arm's file asks for."""

import pytest
from pydantic import ValidationError

from franka_bridge.config import ArmConfig, Impedance
from franka_bridge.drivers.choice import make_driver
from franka_bridge.drivers.franky_impedance import FrankyImpedance
from franka_bridge.drivers.franky_position import FrankyPosition


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({}, FrankyPosition),
        ({"driver": "franky_position"}, FrankyPosition),
        ({"driver": "franky_impedance"}, FrankyImpedance),
    ],
)
def test_the_driver_is_the_one_that_is_asked_for_and_position_where_none_is(asked, kind):
    assert type(make_driver(ArmConfig(host="127.0.103.22", **asked), 0.25)) is kind


def test_a_driver_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError, match="franky_impedance"):
        ArmConfig(host="127.0.103.22", driver="impedance")


@pytest.mark.parametrize(
    "figures",
    [{"stiffness": (5.0, 100.0)}, {"stiffness": (2000.0, 500.0)}, {"torque_step": 1.5}, {"damping": (0.0, 20.0)}],
)
def test_a_spring_beyond_what_an_fr3_takes_is_refused(figures):
    with pytest.raises(ValidationError):
        Impedance(**figures)
