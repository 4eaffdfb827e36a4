# SPDX-License-Identifier: BSD-2-Clause
"""Limits of benchmarks: failing rows, and the figures of the document."""
import os
import re
import subprocess

import pytest

from conftest import ARCHES, TOP
from hotplate.barriers.find import TOOLS
from hotplate.bench import report


def figures(path, **values):
    path.write_text("".join("# bench %s %d instructions%s\n" % (n.replace("__", "."), v, "")
                            for n, v in values.items()))
    return str(path)


def test_a_row_over_its_limit_is_named(tmp_path, capsys):
    good = figures(tmp_path / "good", hotplug__migrate_4k=800, hotplug__add_online_1g=1)
    bad = figures(tmp_path / "bad", hotplug__migrate_4k=801, hotplug__add_online_1g=1)
    assert report.main(["check", "arm64", good]) == 0
    assert report.main(["check", "arm64", bad]) == 1
    assert "hotplug.migrate_4k is 801, above its limit of 800" in capsys.readouterr().err
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


def test_the_document_is_in_step():
    """Every row of the main table has numbers that parse and are within the limits of the tool."""
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
    named = re.findall(r"^\| ((?:arm64|riscv)-\S+)(?: \| [^|]+){7} \|$", text, re.M)
    assert len(named) == 13, named


MEASURED = {"arm64": ("8", "cortex-a72"), "riscv64": ("1", "rv64")}  # CPUs and their model in docs/schemes.md


def written(arch):
    """{figure: value} twice: the costs of schemes of vmalloc= in docs/schemes.md, and the least holds by a removal; tables
    left and holds only for arm64.  The counter counts the instructions of all CPUs in turn, so of the hold beside one
    other CPU the holder itself executes half at least."""
    with open(os.path.join(TOP, "docs", "schemes.md"), encoding="utf-8") as f:
        text = f.read()
    if arch == "riscv64":
        line = re.search(r"^riscv64, one hart .*?: (.*?)\. With\s+more", text, re.M | re.S)[1]
        return {"vmalloc.%s.idle_1" % name.replace("-", "_"): int(value) for names, value in re.findall(r"((?:`\S+`(?:, | and )?)+) (\d+)", line)
                for name in re.findall(r"`(\S+)`", names)}, {}
    rows = re.findall(r"^\| `([a-z-]+)` \| ([\d, ]+) \| ([\dto, ]+) \| (.*) \| (\d) \| \d+ \|$", text, re.M)
    holds = {"vmalloc.%s.held_by_removal_%d" % (name.replace("-", "_"), cpus): int(held.split(", ")[0].replace(",", "")) // 2
             for name, _, _, held, _ in rows if held != "no lock" for cpus in (2, 4, 8)}
    return {"vmalloc.%s.%s" % (name.replace("-", "_"), key): int(value) for name, idle, busy, _, left in rows
            for key, value in zip(("idle_1", "idle_2", "idle_4", "idle_8", "removal_2", "removal_4", "removal_8", "tables_left_8"),
                                  [*idle.split(","), *busy.split(","), left]) if " to " not in value}, holds


def compiler_of_docs(arch):
    """Another major version of gcc executes other instructions: 3 % fewer by gcc 14 on riscv64."""
    prefix = os.environ.get("CROSS_COMPILE") or TOOLS[arch]
    return subprocess.run([prefix + "gcc", "-dumpversion"], capture_output=True, text=True, check=True).stdout.startswith("12")


@pytest.mark.tier("ci")
def test_cost_of_vmalloc_schemes(arch, tmp_path):
    """The figures by which the docs compare the schemes are those of a run; they are instructions, so independent of
    the host."""
    cpus, model = MEASURED[arch]

    def measure():
        log = tmp_path / "log"
        done = subprocess.run(["tools/hotplate", "run", "--quiet", "--log", log, "--timeout", "300", "ARCH=" + arch, "SMP=" + cpus,
                               "CPU=" + model, "QEMU_ARGS=-icount shift=0", "ARGS=bench=vmalloc.schemes exit"],
                              cwd=TOP, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return {name: int(value) for name, value in re.findall(r"^# bench (\S+) (\d+) ", log.read_text(), re.M)}
    seen, (docs, holds) = measure(), written(arch)
    assert (len(docs), len(holds)) == ((5 * 8 - 6, 2 * 3) if arch == "arm64" else (5, 0)), docs
    # Where CPUs contend for a lock the figures differ between runs, because QEMU gives the turns to the CPUs and its
    # clock runs ahead of a CPU that a busy host delays: the least of three runs counts.  Of a removal that holds the
    # hotplug lock throughout, the magnitude of what it leaves to vmalloc is checked.
    contended = [key for key in seen if re.fullmatch(r"vmalloc\.lock_all\.idle_[248]", key)]
    waits = [key for key in seen if re.fullmatch(r"vmalloc\.hotplug_read\.removal_\d", key)]

    def wrong():
        band = {k: max(3, v * (0.06 if k in contended or not compiler_of_docs(arch) else 0.03)) for k, v in docs.items()}
        return ({k: (v, seen.get(k)) for k, v in docs.items() if k not in seen or abs(seen[k] - v) > band[k]},
                {k: (v, seen.get(k)) for k, v in holds.items() if seen.get(k, 0) < v},
                {k: seen[k] for k in waits if 3 * seen[k] >= 2 * seen["vmalloc.floor_ceiling." + k.rpartition(".")[2]]})
    for _ in range(2):
        if any(wrong()):
            again = measure()
            seen.update({key: min(seen[key], again[key]) for key in contended + waits})
    assert not any(wrong()), "(docs/schemes.md, this run), the holds that are shorter, and the removals that did not wait: %s, %s, %s" % wrong()
