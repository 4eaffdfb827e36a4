# SPDX-License-Identifier: BSD-2-Clause
"""`make install`: the command hotplate runs tests, boots and reports from another directory, without the sources."""
import os
import subprocess

import pytest

ENV = {k: v for k, v in os.environ.items() if k not in (
    "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "BUILD", "XDG_STATE_HOME", "PYTHONPATH")}  # some of them set by an outer make


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """hotplate VERB of an installation in a directory of its own."""
    place = tmp_path_factory.mktemp("installed")
    made = subprocess.run(["make", "-s", "DEPS=no", "SAY=no", "init", "machine", "man"], capture_output=True, text=True,
                          check=False, env=ENV)
    assert made.returncode == 0, made.stderr
    done = subprocess.run(["make", "-s", "DEPS=no", "install-tools", "install-machine", "PREFIX=%s/usr" % place],
                          capture_output=True, text=True, check=False, env=ENV)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (place / "home").mkdir()

    def hotplate(*words, **more):
        return subprocess.run([place / "usr/bin/hotplate", *words], cwd=place, capture_output=True, text=True, check=False,
                              env=dict(ENV, HOME=str(place / "home"), **more))
    hotplate.place = place
    return hotplate


@pytest.mark.tier("ci")
@pytest.mark.parametrize("machine", ([], ["MACHINE=worst"]), ids=("qemu", "worst"))
def test_run(installed, arch, machine):
    """An unattended run, whose log is where the user is, and its report; a session's log is in the user's directory."""
    done = installed("run", "--quiet", "--log", "my.log", "ARCH=" + arch, "SMP=2", "ARGS=run=boot.wx exit", *machine)
    assert done.returncode == 0, done.stderr
    assert "1 test, verdict pass" in installed("report", "my.log", "-o", "page").stdout
    assert (installed.place / "page" / "index.html").exists()
    state = installed.place / "home/.local/state/hotplate"
    assert (state / arch / "Image").resolve() == installed.place / "usr/lib/hotplate" / arch / "Image"


@pytest.mark.tier("ci")
def test_a_kernel_of_others(installed, arch):
    """`hotplate worst` has an init, which needs no compiler."""
    (installed.place / "my.txt").write_text("fork 1\n")
    shown = installed("worst", "WORKLOADS=my.txt", "--show", "KERNEL=" + os.path.abspath("build/%s/Image" % arch), "CPUS=2")
    assert shown.returncode == 0 and ".cpio" in shown.stdout, shown.stderr


@pytest.mark.tier("ci")
@pytest.mark.parametrize("words", (["lint", "words"], ["mutants", "run"], ["tests", "list"], ["jobs", "full"],
                                   ["results", "add", "my.log", "rpi4"]), ids="-".join)
def test_without_sources(installed, words):
    done = installed(*words)
    assert done.returncode == 4 and not done.stdout
    assert done.stderr.endswith(": it needs the sources of hotplate, not an installation\n") and done.stderr.count("\n") == 1


@pytest.mark.tier("ci")
def test_manual_page(installed):
    for page in ("man7/hotplate.7", "man1/worst.1", "man1/worst-arm64.1"):
        path = str(installed.place / "usr/share/man" / page)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True, check=False)
        assert (lint.returncode, lint.stdout) == (0, ""), lint.stdout
