# SPDX-License-Identifier: BSD-2-Clause
"""A machine with only make: the commands report missing programs before they use them."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ARCHES
from hotplate import verbs
from hotplate.lint import needs


def clean(**more):
    """The environment of a user who types make: an outer make has asked for its own needs."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "BUILD", "DEPS", "HOTPLATE_NEEDS", "HOTPLATE_DEPS_AGAIN", "PYTHONPATH")
    return dict({k: v for k, v in os.environ.items() if k not in outer}, **more)


@pytest.mark.parametrize("command", [["run"], ["image", "BOARD=rpi3"], ["flash", "BOARD=rpi3", "DEV=/dev/null"]],
                         ids=lambda words: words[0])
def test_without_python(command):
    done = subprocess.run(["make", "-s", "PYTHON=/nowhere", "DEPS=no"] + command, env=clean(), capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "PYTHON=/nowhere: no such program (runs tools/hotplate run" in done.stdout, done.stdout + done.stderr
    assert "not found" not in done.stdout + done.stderr


# The needs in tools/deps, by kind.
with open("tools/deps", encoding="utf-8") as script:
    ASKED = re.findall(r"^\s*.*?(?:need|want) (command|module|header|link) ('[^']*'|[\w./-]+) ", script.read(), re.M)
COMMANDS = sorted({what.strip("'") for kind, what in ASKED if kind == "command" and what[0] != "/"})
MODULES = sorted({what for kind, what in ASKED if kind == "module"})
HEADERS = sorted({what for kind, what in ASKED if kind == "header"})


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """PATH and PYTHON of a machine that has none of these commands and modules, no installer, and a compiler without headers."""
    assert len(COMMANDS) > 30 and len(MODULES) > 5 and HEADERS, (COMMANDS, MODULES, HEADERS)
    place = tmp_path_factory.mktemp("bare")
    hidden = {*COMMANDS, "apt-get", "sudo"}
    for directory in ("/usr/sbin", "/usr/bin"):
        for name in os.listdir(directory):
            if name not in hidden and not os.path.lexists(place / name):
                (place / name).symlink_to(os.path.join(directory, name))
    (place / "mypython").write_text("#!/bin/sh\nexec /usr/bin/python3 -S -B \"$@\"\n")
    (place / "mypython").chmod(0o755)
    return place


def asked_on(bare, *words, **more):
    """tools/deps without the paths that it adds."""
    with open("tools/deps", encoding="utf-8") as source:
        (bare / "deps").write_text(re.sub(r"^PATH=.*", "", source.read(), flags=re.M).replace('$(dirname "$0")', "tools"))
    return subprocess.run(["sh", bare / "deps", *words], env=clean(PATH=str(bare), PYTHON=str(bare / "mypython"), **more),
                          capture_output=True, text=True, check=False)


@pytest.mark.tier("ci")
def test_one_list(bare):
    """Whatever is missing is in one list, with a reason, and DEPS=no goes on after it."""
    done = asked_on(bare, "full", "linux", "machine", "sign", "bare")
    listed = set(re.findall(r"^  (.*?): ", done.stdout, re.M))
    duk = {"duk"} if shutil.which("node") else set()
    assert done.returncode == 4 and "DEPS=no goes on" in done.stdout and not done.stderr, done.stdout + done.stderr
    assert not {c for c in COMMANDS if shutil.which(c, path=str(bare)) is None} - listed - duk - {"dpkg-deb"}, done.stdout
    assert not set(MODULES) - {"labgrid"} - listed and not set(HEADERS) - listed, done.stdout  # labgrid: want, not need
    done = asked_on(bare, "full", DEPS="no")
    assert done.returncode == 0 and "What seems to be missing:\n" in done.stdout and "cmocka.h" in done.stdout, done.stdout


@pytest.mark.tier("ci")
def test_module_from_anywhere(bare, tmp_path):
    """A module counts if it can be imported, wherever it is."""
    for name in ("pytest", "pexpect", "xdist", "ptyprocess", "hypothesis"):
        (tmp_path / (name + ".py")).touch()
    done = asked_on(bare, "test", PYTHONPATH=str(tmp_path))
    assert "clang.cindex: " in done.stdout and not re.search(r"^  (pytest|pexpect|xdist|ptyprocess|hypothesis):", done.stdout, re.M)


TARGETS = sorted(needs.targets_of_help())


@pytest.mark.tier("ci")
@pytest.mark.parametrize("target", TARGETS)
def test_target_names_its_needs(bare, tmp_path, target):
    """Every target of `make help-all`, where nothing is installed: a list, and not the error of a shell or of Python."""
    words = ["BUILD=%s" % (tmp_path / "build"), "PYTHON=%s" % (bare / "mypython")]
    words += {"install": ["DESTDIR=%s" % tmp_path], "uninstall": ["DESTDIR=%s" % tmp_path], "image": ["BOARD=rpi4"], "worst": ["KERNEL=" + os.path.abspath("build/arm64/Image"), "PASS=x"], "scheme": ["S=tlb/bcast"], "flash": ["BOARD=rpi4", "DEV=/dev/null"],
              "mutate": ["FILE=mm/pt/pt_free.c"]}.get(target, [])
    done = subprocess.run(["make", "-s", *words, target], env=clean(PATH=str(bare)), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed and "not found" not in printed, printed
    if target in needs.NOTHING or needs.words_of_targets()[target][1] == ["python"]:
        assert "Missing here" not in printed, printed
    else:
        assert done.returncode == 2 and printed.count("Missing here") == 1 and "install equivalent packages" in printed, printed


@pytest.mark.tier("ci")
@pytest.mark.parametrize("verb", [v for v in verbs.VERBS if v != "lint"] + ["lint " + name for name in verbs.lints()])
def test_verb_names_its_needs(bare, verb):
    """Every verb without modules and programs of others: if it needs one of them, a sentence of its own and of its script."""
    done = subprocess.run([bare / "mypython", "tools/hotplate", *verb.split()], env=clean(PATH=str(bare)), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr and "not found" not in done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if not line.startswith("  ") and ": fetches " not in line]
    assert done.returncode != 4 or len(said) in (1, 2) and all(line.startswith("tools/") for line in said), done.stderr


@pytest.mark.parametrize("what", ["test", "full", "sources", "check", "mutate", "site"])
def test_without_git(what, tmp_path):
    """A copy of a clone: what lists the files of the tree names git."""
    for name in os.listdir("/usr/bin"):
        if name not in ("git", "apt-get"):
            (tmp_path / name).symlink_to("/usr/bin/" + name)
    done = subprocess.run(["tools/deps", what], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "git: lists the files of the tree\n" in done.stdout, done.stdout + done.stderr


@pytest.mark.tier("ci")
@pytest.mark.parametrize("omitted, found", [("need module hypothesis", "imports hypothesis"), ("NEEDS_site :=", "make site has no NEEDS_site")])
def test_lint_needs(omitted, found, tmp_path):
    """A module that tools/deps does not install, and a target without words, are findings."""
    for name in subprocess.run(["git", "ls-files", "Makefile", "mk", "tools", "tests/system", "lab"], capture_output=True, text=True,
                               check=True).stdout.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, tmp_path / name)

    def lint():
        return subprocess.run(["tools/hotplate", "lint", "needs"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert lint().returncode == 0, lint().stdout
    for name in ("tools/deps", "Makefile"):
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text("\n".join(x for x in text.split("\n") if omitted not in x))
    assert lint().returncode == 1 and found in lint().stdout, lint().stdout


def test_which_kernel_source_is_used(tmp_path):
    """An accepted version before a newer one, and the newest where none is accepted."""
    with open("tools/third", encoding="utf-8") as script:
        (tmp_path / "third").write_text(script.read().replace("/usr/src/", "%s/" % tmp_path))
    accepted = subprocess.run(["tools/third", "--accepted"], capture_output=True, text=True, check=True).stdout.split()
    for version, used in ("7.99", "7.99"), ("7.100", "7.100"), *((v, v) for v in reversed(accepted)):
        (tmp_path / ("linux-source-%s.tar.xz" % version)).touch()
        done = subprocess.run(["sh", str(tmp_path / "third"), "--archive"], capture_output=True, text=True, check=True)
        assert done.stdout == "%s/linux-source-%s.tar.xz\n" % (tmp_path, used)


def test_first_build_knows_its_library(tmp_path):
    """The kernel source is unpacked before its version is read: the first build equals the second, byte for byte."""
    tree = tmp_path / "linux"
    shutil.copytree("build/third", tree, ignore=lambda at, names: [n for n in names if n == "dts"])
    (tree / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 66\nSUBLEVEL = 6\n")
    out = tmp_path / "build"
    env = clean()
    subprocess.run(["make", "-s", "ARCH=" + ARCHES[0], "BUILD=%s" % out, "LINUX_SRC=%s" % tree,
                    "%s/%s/version.c" % (out, ARCHES[0])], env=env, check=True, capture_output=True)
    assert 'build_libfdt[] = "6.66.6"' in (out / ARCHES[0] / "version.c").read_text()
