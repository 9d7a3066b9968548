"""Actions of one meaning pass, of another are refused, wherever a profile meets a dataset or rows."""

import pytest
import yaml

from molmoact.curation.conventions import check_dataset, check_rows
from molmoact.curation.lerobot_reader import LeRobotDataset
from molmoact.curation.lerobot_writer import LeRobotWriter
from molmoact_common.errors import ConfigError
from support.invented_episode import demo_profile, invented_episode

OTHER = [("deltas", "measured"), ("gripper", "one_is_closed"), ("frame", "tool"), ("step_period", 0.2)]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "set"
    writer = LeRobotWriter(root, demo_profile())
    writer.add(invented_episode(rows=2))
    writer.close()
    return LeRobotDataset.open(root)


@pytest.mark.parametrize(("field", "value"), OTHER)
def test_a_profile_of_other_conventions_does_not_go_with_a_dataset(dataset, field, value):
    check_dataset(dataset, demo_profile(name="another", statistics_key="k"))
    with pytest.raises(ConfigError, match=f"{field} is .* here and .* in profile invented; convert the recordings"):
        check_dataset(dataset, demo_profile(**{field: value}))


@pytest.mark.parametrize(("field", "value"), OTHER)
def test_a_profile_of_other_conventions_does_not_go_with_rows(tmp_path, field, value):
    check_rows(tmp_path / "reasoning", demo_profile(**{field: value}))  # published rows bring no profile
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(demo_profile().model_dump(mode="json")))
    check_rows(tmp_path / "reasoning", demo_profile(name="another", views=("side", "wrist")))
    with pytest.raises(ConfigError, match=f"reasoning: {field} is"):
        check_rows(tmp_path / "reasoning", demo_profile(**{field: value}))
