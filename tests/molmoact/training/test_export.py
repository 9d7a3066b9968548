import shutil

import pytest
import torch
from peft import PeftModel

from molmoact.decoding.greedy import greedy
from molmoact.modeling import MolmoActConfig, MolmoActForActionReasoning
from molmoact.runtime.backend import BackendSettings
from molmoact.runtime.checkpoint_backend import load
from molmoact.runtime.loading import load_checkpoint
from molmoact.training.errors import TrainingError
from molmoact.training.export import export, merge
from molmoact.training.lora import add_adapter
from molmoact.training.plan import begin_or_go_on, make_plan
from molmoact.training.recipe import AdapterSettings
from molmoact.training.session import prepare
from molmoact.training.store import Store
from molmoact_common.errors import CheckpointError
from support.golden import make_checkpoint, read_json
from support.training import ALONE, write_recipe


@pytest.fixture
def run(tmp_path, rows_folder, small_folder):
    """Makes a run with one checkpoint, whose trained weights were all moved a little; its folder and the model."""

    def make(adapter):
        plan = make_plan(write_recipe(tmp_path / "r.yaml", adapter=adapter), rows_folder.parent, small_folder)
        folder = tmp_path / f"run-{adapter is not None}"
        begin_or_go_on(folder, plan)
        trained, _ = prepare(plan, ALONE)
        torch.manual_seed(3)
        with torch.no_grad():
            for parameter in trained.module.parameters():
                if parameter.requires_grad:
                    parameter.add_(torch.randn_like(parameter), alpha=0.05)
        Store(folder, 3, ALONE).save(7, trained)
        return folder, trained.module.model

    return make


@torch.inference_mode()
def tokens(model, inputs, count=40):
    return list(greedy(model.eval(), inputs, end_id=-1, limit=count))


@pytest.fixture
def inputs(small_folder, observation):
    return load(BackendSettings(checkpoint=str(small_folder), device="cpu")).input_arrays(observation)


def test_a_merged_export_answers_with_the_tokens_of_adapter_and_base(run, tmp_path, small_folder, inputs):
    folder, trained = run({"rank": 8, "alpha": 4})
    adapter = folder / "step-00000007" / "adapter"
    base = MolmoActForActionReasoning.from_pretrained(small_folder)
    without = tokens(base, inputs)
    wrapped = PeftModel.from_pretrained(base, adapter)
    expected = tokens(wrapped.get_base_model(), inputs)
    assert expected == tokens(trained, inputs) != without
    merge(adapter, small_folder, tmp_path / "merged")
    assert export(folder, tmp_path / "exported") == folder / "step-00000007"
    for name in ("merged", "exported"):
        assert tokens(MolmoActForActionReasoning.from_pretrained(tmp_path / name), inputs) == expected


def test_an_export_of_a_whole_model_is_that_model_with_the_rows_statistics(run, tmp_path, small_folder):
    folder, trained = run(None)
    export(folder, tmp_path / "out")
    loaded = load_checkpoint(tmp_path / "out", device="cpu", dtype="float32")
    assert loaded.statistics.key == loaded.profile.statistics_key == "blocks"
    assert set(loaded.model.config.norm_stats) == {"cell", "blocks"}
    for name, value in trained.state_dict().items():
        assert loaded.model.state_dict()[name].equal(value), name
    assert {path.name for path in small_folder.iterdir()} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_an_export_may_be_half_as_wide(run, tmp_path):
    export(run(None)[0], tmp_path / "out", dtype="bfloat16", step=7)
    assert MolmoActForActionReasoning.from_pretrained(tmp_path / "out", dtype="auto").dtype == torch.bfloat16


def test_what_is_there_is_not_overwritten(run, tmp_path):
    with pytest.raises(CheckpointError, match="holds something already"):
        export(run(None)[0], tmp_path)


def test_runs_steps_and_adapters_that_are_not_there_are_named(run, tmp_path, small_folder):
    with pytest.raises(TrainingError, match="is no run"):
        export(tmp_path, tmp_path / "out")
    with pytest.raises(TrainingError, match="no checkpoint of step 8"):
        export(run(None)[0], tmp_path / "out", step=8)
    with pytest.raises(CheckpointError, match=r"has no adapter_config\.json"):
        merge(tmp_path, small_folder, tmp_path / "out")
    with pytest.raises(CheckpointError, match="no checkpoint folder"):
        merge(run({"rank": 8})[0] / "step-00000007" / "adapter", tmp_path / "nowhere", tmp_path / "out")


def test_an_adapter_of_another_base_is_refused(run, tmp_path, tiny_folder, golden_dir):
    adapter = shutil.copytree(run({"rank": 8})[0] / "step-00000007" / "adapter", tmp_path / "adapter")
    with pytest.raises(CheckpointError, match="does not fit"):
        merge(adapter, _other_base(golden_dir, tmp_path), tmp_path / "out")


def _other_base(golden_dir, tmp_path):
    (tmp_path / "other").mkdir()
    return make_checkpoint(golden_dir, tmp_path / "other")


def test_the_published_adapter_has_the_published_size(golden_dir):
    config = MolmoActConfig.from_dict(read_json(golden_dir / "checkpoint_format" / "config_expected_7B-D.json"))
    with torch.device("meta"):
        model = MolmoActForActionReasoning(config)
        adapter = add_adapter(model, AdapterSettings(), 0)
    trainable = sum(p.numel() for p in adapter.parameters() if p.requires_grad)
    assert trainable == pytest.approx(94.66e6, rel=1e-4)
