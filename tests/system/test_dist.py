# SPDX-License-Identifier: BSD-2-Clause
"""A release: names, signature, provenance, tags; results-qemu.jsonl: its form, that a second one is identical, and that a
failure prevents it."""
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


def hotplate(*words, **env):
    return subprocess.run(["/usr/bin/python3", "-B", "tools/hotplate", *map(str, words)], capture_output=True, text=True,
                          check=False, env=dict(os.environ, **env))


@pytest.fixture
def dist(tmp_path):
    """tools/dist in a tree with fake make and tools."""
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

    def run(version="1.2.3", **more):
        (tmp_path / "VERSION").write_text(version + "\n")
        return subprocess.run(["tools/dist", "out"], cwd=tmp_path, capture_output=True, text=True, check=False,
                              env=dict(env, PATH="%s/bin:%s" % (tmp_path, os.environ["PATH"]), **more))
    return run


def test_names_have_the_whole_version(dist, tmp_path):
    """The last part of a version is part of the name, also if it is 0."""
    for version in ("1.2.0", "1.2.3"):
        done = dist(version)
        assert done.returncode == 0, done.stderr
        named = {f for f in os.listdir(tmp_path / "out") if f.startswith("hotplate-")}
        assert named == {"hotplate-%s-%s" % (version, end) for end in (
            "arm64.img", "arm64.elf", "riscv64.img", "riscv64.elf", "site.tar.gz")} | {
            "hotplate-%s.%s.json" % (version, kind) for kind in ("spdx", "provenance")}


def test_signature(dist, tmp_path):
    """The command of SECURITY.md accepts a release, and neither changed hashes nor another key."""
    for key in ("mine", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / key], check=True)
    done = dist(SIGN=str(tmp_path / "mine"))
    assert done.returncode == 0, done.stderr
    with open("SECURITY.md", encoding="utf-8") as text:
        command = re.search(r"^    (ssh-keygen .*)$", text.read(), re.M)[1]

    def verified(key="mine"):
        (tmp_path / "out" / "allowed_signers").write_text("hotplate " + (tmp_path / (key + ".pub")).read_text())
        return subprocess.run(command, shell=True, cwd=tmp_path / "out", capture_output=True, check=False).returncode == 0
    assert verified() and not verified("other")
    image, sums = (tmp_path / "out" / name for name in ("hotplate-1.2.3-arm64.img", "SHA256SUMS"))
    image.write_text("3\n")
    assert not verified()
    image.write_text("1\n")
    sums.write_text(sums.read_text() + "\n")
    assert not verified()


def test_no_key(dist, tmp_path):
    (tmp_path / "mine").write_text("no key\n")
    done = dist(SIGN="mine")
    assert (done.returncode, done.stderr) == (4, "tools/dist: SIGN=mine is no key of ssh-keygen\n")
    assert not (tmp_path / "out").exists()


def test_provenance(tmp_path):
    """Subjects with their hashes; the whole commit, both libraries with the hashes of the build, both compilers."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.img").write_text("abc")
    done = hotplate("provenance", tmp_path / "out", "9.9.9")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["subject"] == [{"name": "a.img", "digest": {
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}}]
    needs = {d["name"]: d for d in made["predicate"]["buildDefinition"]["resolvedDependencies"]}
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert needs["hotplate"]["digest"] == {"gitCommit": head}
    for library in ("libfdt", "ACPICA"):
        with open("build/third/hash-" + library.lower(), encoding="ascii") as text:
            assert needs[library]["digest"] == {"sha256": text.read().strip()}
    assert all("gcc" in needs[n]["annotations"]["version"] for n in needs if n.endswith("-gcc")) and len(needs) == 5
    assert hotplate("provenance", tmp_path / "out", "9.9.9").stdout == done.stdout


def test_tags(tmp_path):
    """Each version has a tag at the commit that set it, with its section as the text; a second call makes none."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    def tags():
        return subprocess.run([os.path.abspath("tools/version"), "--tags"], cwd=tmp_path, capture_output=True, text=True,
                              check=False)

    def commit(version, text):
        (tmp_path / "VERSION").write_text(version + "\n")
        (tmp_path / "CHANGELOG.md").write_text(text)
        git("add", ".")
        git("commit", "-qm", version)
        return git("rev-parse", "HEAD")
    git("init", "-q")
    git("config", "user.name", "n")
    git("config", "user.email", "n@example.org")
    first, second = commit("0.1.0", "## 0.1.0\n\n- One.\n"), commit("0.2.0", "## 0.2.0\n\n- Two.\n\n## 0.1.0\n\n- One.\n")
    commit("0.2.0", "## 0.2.0\n\n- Two, later.\n\n## 0.1.0\n\n- One.\n")
    assert tags().stdout == "v0.1.0 %s\nv0.2.0 %s\n" % (first, second)
    assert git("tag", "-l", "-n9", "--format=%(contents)", "v0.1.0") == "hotplate 0.1.0\n\n- One."
    assert git("rev-parse", "v0.2.0^{commit}") == second and not tags().stdout
    commit("0.3.0", "## 0.2.0\n")
    done = tags()
    assert (done.returncode, done.stderr) == (4, "tools/version: CHANGELOG.md has no section 0.3.0\n")


@pytest.mark.tier("ci")
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


@pytest.mark.tier("ci")
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


def test_debian():
    """The packages have the version of the tree."""
    with open("debian/changelog", encoding="utf-8") as text, open("VERSION", encoding="ascii") as version:
        assert re.match(r"hotplate \((.*)\) ", text.read())[1] == version.read().strip()
