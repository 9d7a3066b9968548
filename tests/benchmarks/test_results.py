import io
import json

import pytest
from rich.console import Console

from bench.machine import cpu_model
from bench.output import number, print_sections, write_json
from bench.results import SPREAD, Section, spread
from molmoact_common.errors import ConfigError

SECTION = Section("latency (ms)", ("median", "p99"), {"prefill": (12.3456, None)}, "of steady chunks")


def test_a_spread_has_a_figure_for_each_column():
    figures = dict(zip(SPREAD, spread([4.0, 1.0, 2.0, 3.0, 100.0]), strict=True))
    assert figures == {"median": 3.0, "mean": 22.0, "p99": pytest.approx(96.16), "max": 100.0, "count": 5}


def test_the_table_shows_rows_and_note_and_leaves_absent_figures_blank():
    out = io.StringIO()
    print_sections([SECTION], Console(file=out, width=80))
    assert "prefill" in out.getvalue()
    assert "12.3" in out.getvalue()
    assert "None" not in out.getvalue()
    assert "of steady chunks" in out.getvalue()


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.0, "0"), (407, "407"), (0.01234, "0.0123"), (1179.6, "1180")]
)
def test_a_figure_has_as_many_digits_as_it_deserves(value, text):
    assert number(value) == text


def test_json_holds_the_facts_and_every_figure_unrounded(tmp_path):
    write_json(tmp_path / "out.json", {"cpu": "x"}, [SECTION])
    content = json.loads((tmp_path / "out.json").read_text())
    assert content["facts"] == {"cpu": "x"}
    section = content["sections"]["latency (ms)"]
    assert section == {"rows": {"prefill": {"median": 12.3456, "p99": None}}, "note": "of steady chunks"}


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ConfigError, match="--json"):
        write_json(tmp_path / "no" / "folder.json", {}, [])


def test_the_cpus_name_is_the_kernels(tmp_path):
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nprocessor\t: 1\n")
    assert cpu_model(tmp_path / "cpuinfo") == "Some CPU @ 3 GHz"
    assert cpu_model(tmp_path / "absent")
