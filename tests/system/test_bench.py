# SPDX-License-Identifier: BSD-2-Clause
"""Limits of benchmarks: what fails, what the document says, and that an image of one format runs."""
import importlib.machinery
import importlib.util
import os
import re

import pytest

from conftest import ARCHES, TOP

loader = importlib.machinery.SourceFileLoader("bench_report", os.path.join(TOP, "tools", "bench-report"))
report = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
loader.exec_module(report)


def figures(path, **values):
    path.write_text("".join("# bench %s %d instructions%s\n" % (n.replace("__", "."), v, "")
                            for n, v in values.items()))
    return str(path)


def test_a_row_over_its_limit_is_named(tmp_path, capsys):
    good = figures(tmp_path / "good", hotplug__migrate_4k=1500, hotplug__add_online_1g=1)
    bad = figures(tmp_path / "bad", hotplug__migrate_4k=1501, hotplug__add_online_1g=1)
    assert report.main(["check", "arm64", good]) == 0
    assert report.main(["check", "arm64", bad]) == 1
    assert "hotplug.migrate_4k is 1501, over its limit of 1500" in capsys.readouterr().err
    assert report.main(["check", "riscv64", bad]) == 0, "another architecture, another limit"


def test_a_geometry_is_held_to_the_limits_and_to_4k(tmp_path, capsys):
    rows = {"geometry.large.add_online_4g": 7_200_000, "geometry.pages.add_online_slope": 9000}
    text = "".join("# bench %s %d x (%s)\n" % (n, v, g) for n, v in rows.items() for g in ("arm64-4k-48", "arm64-16k-48"))
    (tmp_path / "good").write_text(text)
    assert report.main(["check", "arm64", str(tmp_path / "good")]) == 0
    for old, new in (("7200000 x (arm64-16k-48)", "7200001 x (arm64-16k-48)"),
                     ("9000 x (arm64-16k-48)", "9001 x (arm64-16k-48)")):
        (tmp_path / "bad").write_text(text.replace(old, new))
        assert report.main(["check", "arm64", str(tmp_path / "bad")]) == 1
        assert "(arm64-16k-48) is " + new.split()[0] in capsys.readouterr().err


def test_large_leaves_are_held_by_the_block(tmp_path):
    text = "".join("# bench geometry.large.%s %d x (%s)\n" % row for row in (
        ("offline_remove_slope", 300, "arm64-4k-48"), ("block_pages", 32768, "arm64-4k-48"),
        ("offline_remove_slope", 1200, "arm64-16k-48"), ("block_pages", 8192, "arm64-16k-48")))
    (tmp_path / "good").write_text(text)
    (tmp_path / "bad").write_text(text.replace("1200", "1201"))
    assert report.main(["check", "arm64", str(tmp_path / "good")]) == 0
    assert report.main(["check", "arm64", str(tmp_path / "bad")]) == 1


def test_a_file_without_rows_is_no_pass(tmp_path):
    (tmp_path / "empty").write_text("")
    assert report.main(["check", "arm64", str(tmp_path / "empty")]) == 2
    assert report.main(["fold", "x", str(tmp_path / "empty"), str(tmp_path / "empty")]) == 2


def test_run_time_choice_over_ten_percent_fails(tmp_path, capsys):
    chosen = figures(tmp_path / "chosen", hotplug__migrate_4k=1100)
    slow = figures(tmp_path / "slow", hotplug__migrate_4k=1101)
    folded = figures(tmp_path / "folded", hotplug__migrate_4k=1000)
    assert report.main(["fold", "x", chosen, folded]) == 0
    assert "# bench fold.hotplug.migrate_4k 110 percent" in capsys.readouterr().out
    assert report.main(["fold", "x", slow, folded]) == 1


def test_the_document_is_in_step():
    """Every row of the main table has numbers that parse, within the limits that stand in the tool."""
    with open(report.DOC, encoding="utf-8") as f:
        text = f.read()
    shown = re.findall(r"^\| (.+?) \| (.*?) \| (.*?) \| (.+?) \| (.+?) \|$", text, re.M)
    rows = {r[0]: r for r in shown}
    for name, note, label, _ in report.REFERENCES:
        row = rows[label or "`%s`" % name]
        for at, arch in enumerate(ARCHES if len(ARCHES) == 2 else report.ARCHES):
            value = row[3 + at]
            assert re.fullmatch(r"[\d,]+|\d+\.\d{3} M", value), row
            number = float(value[:-2]) * 1e6 if value.endswith(" M") else int(value.replace(",", ""))
            limit = report.LIMITS.get((name, note))
            assert limit is None or number <= limit[report.ARCHES.index(arch)], row
    for name, note, label, _ in report.SLOTS:
        limit, row = report.LIMITS.get((name, note), (None, None)), re.search(
            r"^\| %s \|.*$" % re.escape(label or "`%s`" % name), text, re.M)
        assert row, name
        for value, most in zip(row[0].split(" | ")[3:], limit):
            value = value.strip(" |")
            number = float(value[:-2]) * 1e6 if value.endswith(" M") else int(value.replace(",", "") or 0)
            assert most is None or number <= most, row[0]
    named = re.findall(r"^\| ((?:arm64|riscv)-\S+) \| large \|", text, re.M)
    assert len(named) == 13, named


@pytest.mark.tier("full")
def test_an_image_with_its_format_folded_in_passes_quick(arch, suite):
    image = os.path.join(TOP, "build", "fold-" + report.BASE[arch], "Image")
    assert os.path.exists(image), "make full builds it (make FOLD=%s ARCH=%s)" % (report.BASE[arch], arch)
    suite(arch, "suite-fold", IMAGE=image, ARGS="run=quick exit")
