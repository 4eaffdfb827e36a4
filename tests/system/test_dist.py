# SPDX-License-Identifier: BSD-2-Clause
"""results-qemu.jsonl: its form, that a second one is identical, and that a failure prevents it."""
import json
import os
import re
import shutil
import subprocess

import pytest

from hotplate.results import output

GLOB = "boot.*"
FACTS = {"format": r"1", "version": r"\d+\.\d+\.\d+", "image": r"[0-9a-f]{8}", "image_sha256": r"[0-9a-f]{64}",
         "compiler": r".*gcc.* \d+\.\d+.*", "qemu": r"QEMU emulator version \d+.*", "suite": r"[0-9a-f]{8}",
         "seed": r"0x[0-9a-f]+", "accel": r"tcg", "machine": r"[0-9a-f]{8}", "cpus": r"4", "run": re.escape(GLOB)}


def results(directory, glob=GLOB):
    env = dict(os.environ, BUILD=str(directory), RESULTS=glob)
    return subprocess.run(["/usr/bin/python3", "tools/hotplate", "results", str(directory), "9.9"], capture_output=True,
                          text=True, check=False, env=env)


@pytest.fixture
def release(tmp_path):
    for arch in ("arm64", "riscv64"):
        shutil.copy("build/%s/Image" % arch, tmp_path / ("hotplate-9.9-%s.img" % arch))
    return tmp_path


def test_names_have_the_whole_version(tmp_path):
    """In a tree with fake make and tools; the last part of a version is part of the name, also if it is 0."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "bin").mkdir()
    built = "mkdir -p build/third build/site build/arm64 build/riscv64; touch build/hotplate.7; " \
            "for a in arm64 riscv64; do echo 1 >build/$a/Image; echo 2 >build/$a/hotplate.elf; done"
    for name, does in (("bin/make", 'case "$*" in *-C*) cd "$3" ;; esac; ' + built), ("tools/version", "echo abc"),
                       ("tools/hotplate", ":")):
        (tmp_path / name).write_text("#!/bin/sh\n%s\n" % does)
        (tmp_path / name).chmod(0o755)
    shutil.copy("tools/dist", tmp_path / "tools")
    (tmp_path / "NOTICE").touch()
    env = {k: v for k, v in os.environ.items() if k != "BUILD"}
    for version in ("1.2.0", "1.2.3"):
        (tmp_path / "VERSION").write_text(version + "\n")
        done = subprocess.run(["tools/dist", "out"], cwd=tmp_path, capture_output=True, text=True, check=False,
                              env=dict(env, PATH="%s/bin:%s" % (tmp_path, os.environ["PATH"])))
        assert done.returncode == 0, done.stderr
        named = {f for f in os.listdir(tmp_path / "out") if f.startswith("hotplate-")}
        assert named == {"hotplate-%s-%s" % (version, end) for end in ("arm64.img", "arm64.elf", "riscv64.img", "riscv64.elf", "site.tar.gz")} | {
            "hotplate-%s.spdx.json" % version}


@pytest.mark.tier("test")
@pytest.mark.skipif(os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64") != "arm64 riscv64", reason="needs both images")
def test_results(release):
    done = results(release)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    runs = [e for e in found if e["kind"] == "run"]
    assert [r["arch"] for r in runs] == ["arm64", "riscv64"]
    for r in runs:
        assert not [k for k, like in FACTS.items() if not re.fullmatch(like, str(r[k]))], r
    cases = [e for e in found if e["kind"] == "result"]
    assert len(cases) == sum(int(r["tests"]) for r in runs) > 20
    assert all(output.NAME.match(c["path"].split("/", 1)[1]) and "could" in c and "rev" in c for c in cases)
    assert {c["verdict"] for c in cases} <= {"pass", "skip", "xfail"}
    assert [e["verdict"] for e in found if e["kind"] == "end"] == ["pass", "pass"]
    assert len(done.stdout) < 150 * len(cases) + 2000
    assert results(release).stdout == done.stdout


@pytest.mark.tier("test")
@pytest.mark.skipif(os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64") != "arm64 riscv64", reason="needs both images")
def test_no_results_without_a_verdict(release):
    done = results(release, glob="no.such")
    assert done.returncode == 1 and not done.stdout and "run=no.such names none of the" in done.stderr


def test_maintainers():
    """Each file of the tree has a section of MAINTAINERS; each path there exists, and so does what is to be read."""
    with open("MAINTAINERS", encoding="utf-8") as text:
        lines = [line.partition(": ")[::2] for line in text.read().splitlines() if line[1:3] == ": "]
    named = [path for kind, words in lines if kind == "F" for path in words.split()]
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()
    unnamed = [f for f in files if not any(f == path or path.endswith("/") and f.startswith(path) for path in named)]
    assert not unnamed and len(set(named)) == len(named)
    wanted = named + [path.strip() for kind, words in lines if kind == "P" for path in words.split(",")]
    assert not [path for path in wanted if not os.path.exists(path)]
