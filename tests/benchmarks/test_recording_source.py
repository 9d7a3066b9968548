from collections import Counter

import yaml

from bench.recording_source import ARM, VIEWS, contract, schedule
from demo_recorder.contract import RecordingContract


def test_schedule_has_each_rate_and_is_in_order():
    plan = schedule(2.0)
    assert Counter(topic for _, topic in plan) == {**dict.fromkeys(VIEWS, 60), ARM: 200}
    assert [at for at, _ in plan] == sorted(at for at, _ in plan)
    assert plan[-1][0] < 2.0


def test_contract_records_what_is_published_with_the_compression_that_was_chosen():
    topics = RecordingContract.model_validate(yaml.safe_load(contract("jpeg"))).topics
    assert [topic.name for topic in topics] == [*VIEWS, ARM]
    assert [topic.compression for topic in topics] == ["jpeg"] * 3 + ["none"]
