# SPDX-License-Identifier: BSD-2-Clause
"""`make install`: every verb and every board of an installation, from another directory, without the sources.

HOTPLATE_INSTALLED=/usr/bin/hotplate takes that command instead, for the packages.
"""
import os
import re
import shutil
import subprocess

import pytest

from hotplate import verbs
from hotplate.boards import fragments

ENV = {k: v for k, v in os.environ.items() if k not in (
    "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "BUILD", "XDG_STATE_HOME", "PYTHONPATH")}  # some of them set by an outer make
GIVEN = os.environ.get("HOTPLATE_INSTALLED")
QUICK = "ARGS=run=boot.wx exit"
SOURCES = "it needs the sources of hotplate, not an installation"
# Verb, or script of tools/: words, exit status, a pattern of what it prints.  {share}, {lib}: of the installation.
USES = {
    "run": ([QUICK, "SMP=2"], 0, "verdict=pass"),
    "debug": (["--arch", "arm64"], 0, "console: .*debug --console"),
    "board-run": (["unix:nowhere", "run=quick"], 4, "nowhere: No such file"),
    "overlay": (["blob", "0x80000000+256M", "1"], 0, "dimm@80000000"),
    "tests": (["list", "boot.*"], 0, r"boot\.wx\n    \S.*\n(.*\n)*\d+ tests$"),
    "report": (["my.log", "-o", "page"], 0, "1 test, verdict pass"),
    "scheme": (["remove/two-pass", "riscv64"], 0, "promises are kept"),
    "compare": (["newmap", "riscv64", "-o", "compare"], 0, "index.html in compare/riscv64"),
    "ringdump": (["--address", "{lib}/arm64/hotplate.elf"], 0, r"image\+0x"),
    "story": (["ARCH=riscv64", "SMP=2", QUICK], 2, "it does not fail"),
    "shrink": (["ARCH=riscv64", "SMP=2", QUICK], 2, "it does not fail"),
    "image": (["generic"], 0, "write it: hotplate flash generic /dev/"),
    "flash": (["rpi3", "/dev/null"], 4, r"hotplate-rpi3.img is not made \(hotplate image rpi3\)"),
    "firmware": (["--list"], 0, "^u-boot-qemu "),
    "worst": (["WORKLOADS=my.txt", "--show", "KERNEL={lib}/riscv64/Image", "ARCH=riscv64", "CPUS=2"], 0, r"\.cpio"),
    "kernels": (["list"], 0, "^arm64-stable "),
    "conformance": (["--run", "ARCH=riscv64", "SMP=2"], 0, "## Entries that must go"),
    "litmus": (["model", "{share}/litmus/riscv/MP.litmus"], 0, "^Test MP Allow$"),
    "results": (["add", "my.log", "rpi4"], 4, SOURCES),
    "jobs": (["board", "BY=lab run", "GROUPS=boot"], 0, "^hotplate jobs run board/boot .* -- lab run 'run=boot.*'$"),
    "board": (["rpi4", "ARCH"], 0, "^arm64$"),
    "earlycon": (["pl011,0x9000000"], 0, "stage_port:"),
    "knobs": ([], 0, "^  ARCH= "),
    "worst-agree": (["riscv64", "exit", "followed=100000"], 0, ""),
    "dtb": (["arm64", "broadcom/bcm2837-rpi-3-b.dts"], 0, "bcm2837-rpi-3-b.dtb$"),
    "locked": (["my.lock", "echo", "held"], 0, "^held$"),
    "third": (["--accepted"], 0, r"^6\.12$"),
    "version": (["--commit"], 0, "^unknown$"),
}
PARTS = {  # of a verb: a use that differs
    "scheme of the host": (["scheme", "tlb/ipi", "arm64"], 4, SOURCES),
    "jobs of the tree": (["jobs", "full"], 4, SOURCES),
    "jobs run": (["jobs", "run", "a/b", "--", "true"], 0, "^a/b: passed"),
    "jobs litmus": (["jobs", "litmus"], 0, "^hotplate jobs run litmus/0-"),
    "debug T": (["debug", "--arch", "arm64", "T=no.such"], 4, r"T=no.such names no test \(hotplate tests list\)"),
    "firmware of ACPI": (["run", "ACPI=1", QUICK], 0, "verdict=pass"),
    "image of the sources": (["run", "SAN=race", QUICK], 4, "Image is not in this installation: " + SOURCES),
    "knob of make": (["run", "EXTRA=mine", QUICK], 4, "EXTRA= is a knob of make: " + SOURCES),
    "results of a release": (["results", "release", "1"], 0, '"kind": "end", .*"verdict": "pass"'),
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """hotplate VERB of an installation in a directory of its own."""
    place = tmp_path_factory.mktemp("installed")
    program = GIVEN or place / "usr/bin/hotplate"
    prefix = os.path.dirname(os.path.dirname(program))
    if not GIVEN:
        install("PREFIX=" + prefix)
    (place / "home").mkdir()
    (place / "my.txt").write_text("fork 1\n")
    (place / "batch").write_text("quit\n")
    tree = subprocess.run(["tools/dtb", "--sources"], check=True, capture_output=True, text=True, env=ENV).stdout.strip()
    env = dict(ENV, HOME=str(place / "home"), GDB_BATCH=str(place / "batch"), LINUX_SRC=os.path.abspath(tree), RESULTS="boot.wx")
    of_boards = {"FIRMWARE_DIR": str(firmware(place / "firmware"))}

    def hotplate(*words, **more):
        return subprocess.run([program, *words], cwd=place, capture_output=True, text=True, errors="replace", check=False,
                              env={**env, **(of_boards if words[0] == "image" else {}), **more}, stdin=subprocess.DEVNULL)
    hotplate.place, hotplate.prefix = place, prefix
    (place / "release").mkdir()
    for arch in ("arm64", "riscv64"):
        shutil.copy("%s/lib/hotplate/%s/Image" % (prefix, arch), place / "release" / ("hotplate-1-%s.img" % arch))
    assert hotplate("run", "--quiet", "--log", "my.log", QUICK).returncode == 0
    return hotplate


def install(*words, target="install"):
    done = subprocess.run(["make", "-s", "DEPS=no", "SAY=no", target, *words], capture_output=True, text=True, check=False,
                          env=ENV)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def firmware(place):
    """FIRMWARE_DIR=: a file of a sector for each that a board takes out of a package."""
    for name in fragments.directories():
        keys = fragments.load(name)
        for word in (keys.get("IMAGE_FILES", "") + " " + keys.get("IMAGE_RAW", "")).split():
            package, _, path = word.partition("=")[2].partition(":")
            if package not in ("dtb", "own", "here"):
                (place / package / path).parent.mkdir(parents=True, exist_ok=True)
                (place / package / path).write_bytes(bytes(512))
    return place


def said(done):
    """What a command printed: it names no path of the tree, and nothing that is typed there."""
    text = done.stdout + done.stderr
    assert not re.search(r"Traceback|tools/hotplate|\.\./|make [a-z]+ [A-Z]+=", text), text
    assert GIVEN or os.getcwd() + "/" not in text.replace(os.path.abspath("build/third"), ""), text
    return text


def needs_the_sources(done):
    assert (done.returncode, done.stdout) == (4, ""), done
    assert done.stderr.endswith(": %s\n" % SOURCES) and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.tier("ci")
def test_list(installed):
    """`hotplate --all` has the verbs of the tree, its lints, and scripts; each has a row in this file or needs the sources."""
    text = said(installed("--all"))
    of_verbs, _, rest = text.partition("Lints: ")
    lints, _, scripts = rest.partition("Shell scripts: hotplate NAME\n")
    names = [re.findall(r"^  (\S+) ", part, re.M) for part in (of_verbs, lints, scripts)]
    assert set(names[0]) == set(verbs.VERBS) and set(names[1]) == set(verbs.lints())
    with_sources = {v for v, m in verbs.VERBS.items() if m.partition(".")[0] in verbs.WITH_SOURCES}
    assert set(names[0] + names[2]) - with_sources == set(USES) and not with_sources & set(USES)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("name", sorted(set(verbs.VERBS) | set(USES)))
def test_verb(installed, name):
    if name == "lint" or name not in USES:
        for words in [["lint", n] for n in verbs.lints()] if name == "lint" else [[name, "x"]]:
            needs_the_sources(installed(*words))
    else:
        check(installed, [name, *USES[name][0]], *USES[name][1:])
    helped = installed(name, "--help")
    assert helped.returncode == 0 and (name in verbs.scripts() or said(helped))


@pytest.mark.tier("ci")
@pytest.mark.parametrize("name", PARTS)
def test_part(installed, name):
    check(installed, *PARTS[name])


def check(installed, words, status, pattern):
    share, lib = (os.path.join(installed.prefix, d, "hotplate") for d in ("share", "lib"))
    done = installed(*(w.format(share=share, lib=lib) for w in words))
    text = said(done)
    assert done.returncode == status, text
    assert re.search(pattern, text, re.M), text
    if status == 4:
        assert text.count("\n") == 1, text


@pytest.mark.tier("ci")
@pytest.mark.parametrize("name", sorted(fragments.directories()))
def test_board(installed, name):
    """The image of the board, and its models: each boots, or one sentence names what is missing."""
    keys = fragments.load(name)
    made = installed("image", name)
    assert made.returncode == 0 and "hotplate flash %s /dev/" % name in said(made), made.stderr
    assert (installed.place / re.search(r"how it boots: (\S+)", made.stdout)[1]).exists()
    flash = installed("flash", name, "/dev/null")
    assert flash.returncode == 4 and said(flash).endswith(": /dev/null is no block device\n"), flash.stderr
    if ":usr/" in keys.get("IMAGE_FILES", "") + keys.get("IMAGE_RAW", ""):
        lacks = installed("image", name, FIRMWARE_DIR="/")
        assert lacks.returncode == 4 and "FIRMWARE_DIR=/ has neither" in said(lacks) and "nothing was made" in lacks.stderr
    for machine, has in ((), keys.get("MACHINE")), (("MACHINE=worst",), "WORST" in keys):
        done = installed("run", "--quiet", "--log", name + ".log", "BOARD=" + name, QUICK, *machine)
        text = said(done)
        if not has or "needs QEMU %s or later" % keys.get("QEMU_MIN") in text:
            assert done.returncode == 4 and text.count("\n") == 1 and "BOARD=" + name in text, text
        else:
            assert done.returncode == 0, text


@pytest.mark.tier("ci")
def test_nothing_of_the_tree(installed):
    """No file names a path of the tree, which a program could use, and no directory of the installation is written to."""
    if GIVEN:
        pytest.skip("a package")
    found = subprocess.run(["grep", "-rIl", os.getcwd(), installed.prefix], capture_output=True, text=True, check=False)
    assert [f for f in found.stdout.split() if not f.endswith("/installed.txt")] == []
    assert not [f for _, d, f in os.walk(installed.prefix) if "__pycache__" in d]
    state = installed.place / "home/.local/state/hotplate"
    assert (state / "arm64" / "Image").resolve() == (installed.place / "usr/lib/hotplate/arm64/Image").resolve()


def files(place):
    return sorted(os.path.join(at, n) for at, dirs, names in os.walk(place) for n in dirs + names)


@pytest.mark.tier("ci")
def test_uninstall(tmp_path):
    """It leaves what was there before, also after a second `make install`; without an installation it is one sentence."""
    words = ["DESTDIR=%s" % tmp_path, "PREFIX=/opt/h"]
    for name in ("opt/h/bin/mine", "opt/h/share/man/man1/mine.1", "opt/h/lib/hotplate/mine"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    before = files(tmp_path)
    assert "%s/opt/h/bin/hotplate: `hotplate run`" % tmp_path in install(*words)
    assert len(files(tmp_path)) > len(before) + 100
    (tmp_path / "opt/h/share/hotplate/mk/help.txt").unlink()
    install(*words)
    install(*words, target="uninstall")
    assert files(tmp_path) == before
    again = subprocess.run(["make", "-s", "uninstall", *words], capture_output=True, text=True, check=False, env=ENV)
    assert again.returncode == 2 and "has no installation: " in again.stderr.split("\n")[0], again.stderr


@pytest.mark.tier("ci")
def test_manual_page(installed):
    end = ".gz" if GIVEN else ""
    man = os.path.join(installed.prefix, "share/man")
    for page in ("man7/hotplate.7", "man1/worst.1", "man1/worst-arm64.1"):
        path = os.path.join(man, page + end)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True, check=False)
        assert (lint.returncode, lint.stdout) == (0, ""), lint.stdout
    page = os.path.join(man, "man1/hotplate.1" + end)  # `man hotplate`
    shown = subprocess.run(["mandoc", "-T", "ascii", page], check=True, capture_output=True, text=True).stdout
    plain = re.sub(".\b", "", shown)
    assert re.search(r"\nSYNOPSIS\n +hotplate run ", plain)
    listed = plain.partition("\nVERBS\n")[2].partition("\nTARGETS OF MAKE\n")[0]
    assert set(re.findall(r"^  (\S+) {2,}", listed, re.M)) == set(USES) & set(verbs.VERBS)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("word", ("-h", "--help", "--version"))
def test_machine(installed, arch, word):
    """The simulator prints its words, or its version."""
    done = subprocess.run([os.path.join(installed.prefix, "bin/worst-" + arch), word], capture_output=True, text=True, check=False)
    with open("VERSION", encoding="ascii") as version:
        wanted = "hotplate " + version.read() if word == "--version" else "usage: worst-ARCH image=FILE"
    assert (done.returncode, done.stderr) == (0, "") and wanted in done.stdout
