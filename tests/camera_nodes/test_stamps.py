"""Device stamps become stamps of the graph, or the arrival where they cannot."""

import pytest

from camera_nodes.stamps import StampDomain, exposure_ns


@pytest.mark.parametrize("domain", [StampDomain.GLOBAL, StampDomain.SYSTEM])
def test_host_stamps_are_taken_as_they_are(domain):
    assert exposure_ns(66.0, domain, now_ns=5) == 66_000_000
    assert exposure_ns(1_795_180_834_169.5, domain, now_ns=5) == 1_795_180_834_169_500_000


def test_a_hardware_stamp_becomes_the_arrival():
    assert exposure_ns(123456.7, StampDomain.HARDWARE, now_ns=5) == 5
