"""Wrong input to the command: one line that says what to do, an exit code, nothing started and nothing left."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from molmoact.tiny import make_tiny_checkpoint

MOLMOACT = str(Path(sys.prefix) / "bin" / "molmoact")
HOST = "127.0.71.3"

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    make_tiny_checkpoint(folder)
    return folder


def refused(runs: Path, *words: str) -> str:
    """Run the demo; its one line on stderr."""
    environment = {**os.environ, "AMENT_PREFIX_PATH": sys.prefix, "ROS_DOMAIN_ID": "71"}
    command = [MOLMOACT, "demo", "--runs", str(runs), "--robot-host", HOST, *words]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    assert not runs.exists()
    assert not [line for line in all_command_lines() if str(runs) in line and str(os.getpid()) not in line]
    return lines[0]


def all_command_lines() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_text().replace("\0", " "))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines


def rewrite(path: Path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def other_type(folder: Path) -> None:
    rewrite(folder / "config.json", lambda config: config.update(model_type="llama"))


def missing_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["model.transformer.ln_f.weight"]
    save_file(weights, folder / "model.safetensors")


def no_depth_tokens(folder: Path) -> None:
    def drop(tokenizer: dict) -> None:
        kept = [token for token in tokenizer["added_tokens"] if "DEPTH" not in token["content"]]
        tokenizer["added_tokens"] = kept

    rewrite(folder / "tokenizer.json", drop)


def unknown_key(folder: Path) -> None:
    path = folder / "profile.yaml"
    path.write_text(path.read_text().replace("statistics_key: cell", "statistics_key: kitchen"))


def no_profile(folder: Path) -> None:
    (folder / "profile.yaml").unlink()


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (other_type, "llama"),
        (missing_tensor, "model.transformer.ln_f.weight"),
        (no_depth_tokens, "DEPTH"),
        (unknown_key, "kitchen"),
        (no_profile, "no profile, no motion"),
    ],
)
def test_a_checkpoint_that_cannot_be_used_is_told(tiny, tmp_path, damage, named):
    folder = tmp_path / "checkpoint"
    shutil.copytree(tiny, folder)
    damage(folder)
    assert named in refused(tmp_path / "runs", "--checkpoint", str(folder))


def test_a_checkpoint_that_is_not_there_is_told(tmp_path):
    line = refused(tmp_path / "runs", "--checkpoint", str(tmp_path / "absent"))
    assert str(tmp_path / "absent") in line


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--policy", "gpt"), "no policy configuration 'gpt'; there are: expert"),
        (("--policy", "expert", "--task", "juggle"), "'juggle'"),
        (("--policy", "expert", "--seeds", "3:1"), "write one seed"),
        (("--policy", "expert", "--robot", "ur5"), "'ur5'"),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_those_that_do(tmp_path, words, named):
    assert named in refused(tmp_path / "runs", *words)


def test_a_value_that_a_yaml_file_must_not_have_is_told_with_file_and_field(tmp_path):
    path = tmp_path / "fast.yaml"
    path.write_text("speed_cap: 2.5\n")
    line = refused(tmp_path / "runs", "--policy", "expert", "--safety", str(path))
    assert line.startswith(f"{path}: speed_cap:")


def test_a_port_in_use_is_told_before_anything_starts(tmp_path):
    with socket.create_server((HOST, 1337)):
        assert "port 1337 in use" in refused(tmp_path / "runs", "--policy", "expert")
