# SPDX-License-Identifier: BSD-2-Clause
"""A machine with only make: the commands report missing programs before they use them."""
import os
import shutil
import subprocess

import pytest

from conftest import ARCHES


@pytest.mark.parametrize("command", [["run"], ["image", "BOARD=rpi3"], ["flash", "BOARD=rpi3", "DEV=/dev/null"]],
                         ids=lambda words: words[0])
def test_without_python(command):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}
    done = subprocess.run(["make", "-s", "PYTHON=/nowhere", "DEPS=no"] + command, env=env, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "PYTHON=/nowhere: no such program (runs tools/hotplate run" in done.stdout, done.stdout + done.stderr
    assert "not found" not in done.stdout + done.stderr


@pytest.mark.parametrize("what", ["quick", "test", "sources", "check", "mutate", "site"])
def test_without_git(what, tmp_path):
    """A copy of a clone: what lists the files of the tree names git."""
    for name in os.listdir("/usr/bin"):
        if name != "git":
            (tmp_path / name).symlink_to("/usr/bin/" + name)
    done = subprocess.run(["tools/deps", what], env={"PATH": str(tmp_path), "DEPS": "no"}, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "git: lists the files of the tree\n" in done.stdout, done.stdout + done.stderr


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
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", "ARCH=" + ARCHES[0], "BUILD=%s" % out, "LINUX_SRC=%s" % tree,
                    "%s/%s/version.c" % (out, ARCHES[0])], env=env, check=True, capture_output=True)
    assert 'build_libfdt[] = "6.66.6"' in (out / ARCHES[0] / "version.c").read_text()
