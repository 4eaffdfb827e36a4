# SPDX-License-Identifier: BSD-2-Clause
"""Errors of make for wrong arguments and places, and two makes in one tree."""
import os
import re
import shutil
import struct
import subprocess

import pytest

from hotplate import Refused
from hotplate.build import imagesum

ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}  # set by an outer make


def make(*words, cwd="."):
    return subprocess.run(["make", "-n", *words], cwd=cwd, env=ENV, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("word,printed", [("EXTRA=/nowhere", "EXTRA=/nowhere: no such directory"),
                                          ("EXTRA=tests:/nowhere", "EXTRA=/nowhere: no such directory"),
                                          ("AGRS=run=quick exit", "AGRS= is no knob (is ARGS= meant?); `make help-all` lists them"),
                                          ("arch=arm64", "arch= is no knob (is ARCH= meant?)"),
                                          ("QZXQZX=1", "QZXQZX= is no knob; `make help-all`"),
                                          ("ARCH=vax", "ARCH=vax is not known; there are: arm64 riscv64")])
def test_words(word, printed):
    done = make(word, "image")
    assert done.returncode and printed in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_ccache(tmp_path):
    """Where it is installed, it calls the compiler of each source, and only that; CCACHE=no does not.  The object is the same."""
    (tmp_path / "ccache").write_text('#!/bin/sh\necho "$*" >>%s/log\nexec "$@"\n' % tmp_path)
    (tmp_path / "ccache").chmod(0o755)
    source, place = "mm/study/asid", "build/arm64-cached%d" % os.getpid()
    for words in [], ["CCACHE=no"]:
        line = ["make", "-s", "ARCH=arm64", "OUT_SUFFIX=" + place[11:], *words]
        done = subprocess.run([*line, "%s/obj/%s.o" % (place, source)], capture_output=True, text=True, check=False,
                              env=dict(ENV, PATH="%s:%s" % (tmp_path, ENV["PATH"])))
        assert done.returncode == 0, done.stderr
        with open("%s/obj/%s.o" % (place, source), "rb") as made, open("build/arm64/obj/%s.o" % source, "rb") as usual:
            assert made.read() == usual.read()
        shutil.rmtree(place)
        lines = (tmp_path / "log").read_text().splitlines()
        assert len(lines) == 1 and re.match("aarch64-linux-gnu-gcc .* -c %s.c " % source, lines[0]), lines
    target = "build/host/gcc/obj/common/lib/err.o"
    for words, called in ([], True), (["CCACHE=no"], False):
        done = subprocess.run(["make", "-n", "-B", *words, target], capture_output=True, text=True, check=False,
                              env=dict(ENV, PATH="%s:%s" % (tmp_path, ENV["PATH"])))
        assert ("ccache gcc " in done.stdout) == called and " -c lib/err.c" in done.stdout, done.stdout


def test_words_of_mutate():
    """Flags that tools/hotplate mutate passes for a changed file affect only that file."""
    done = make("-B", "ARCH=arm64", "CFLAGS_mm/study/asid.c=-Wno-error", "build/arm64/obj/mm/study/asid.o")
    lines = [line for line in done.stdout.split("\n") if "-Wno-error" in line]
    assert not done.returncode and len(lines) == 1 and "mm/study/asid.c" in lines[0], done.stderr + done.stdout[-2000:]


def test_words_that_make_help_has():
    """Each knob, and each argument of a target, is known."""
    with open("mk/help.txt", encoding="utf-8") as text:
        words = set(re.findall(r"\b([A-Z][A-Z_0-9]*)=", text.read()))
    assert {"ARGS", "SMP", "M", "AXIS", "DEV"} <= words
    done = make("help", *(w + "=" for w in sorted(words)))
    assert "has no effect on `make help`" in done.stderr and "is no knob" not in done.stderr, done.stderr


def test_a_name_of_no_mutant():
    """M= that names none is refused before a build."""
    done = subprocess.run(["make", "mutants", "M=no-such*"], env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("tools/hotplate mutants: M=no-such*: no mutant of tests/mutants\n") and not done.stdout, done


def test_blanks_in_the_path(tmp_path):
    tree = tmp_path / "a tree"
    tree.mkdir()
    shutil.copy("Makefile", tree)
    shutil.copy("VERSION", tree)
    shutil.copytree("mk", tree / "mk")
    done = make("image", cwd=tree)
    assert done.returncode and "whose name has blanks: %s" % tree in done.stderr, done.stderr


def test_host_builds_every_program(tmp_path):
    """Also a program that `make host` does not run: a broken link is found."""
    printed = make("host", "BUILD=%s" % tmp_path).stdout
    programs = re.findall(r"^USES_(\w+) :=", open("tests/host/programs.mk", encoding="utf-8").read(), re.M)
    assert "dtbs" in programs and len(programs) > 10
    for name in programs:
        for compiler in ("gcc", "clang"):
            assert "-o %s/host/%s/%s\n" % (tmp_path, compiler, name) in printed, (compiler, name)
    assert "build/third" not in printed.replace(str(tmp_path), "")


def test_host_compiles_once(tmp_path):
    """Programs with the same flags share objects, and use no objects of other flags."""
    printed = make("host", "BUILD=%s" % tmp_path, "HOST_COMPILERS=gcc").stdout
    compiled = re.findall(r"^gcc (.*) -MMD -MP -c (\S+) -o (\S+)$", printed, re.M)
    assert len(compiled) > 500 and len({c[:2] for c in compiled}) == len({c[2] for c in compiled}) == len(compiled)


@pytest.mark.tier("ci")
def test_host_makes_what_is_old():
    """A changed header outdates the objects that include it, and no others."""
    program = "build/host/gcc/gup"
    subprocess.run(["make", "-s", "SAY=no", program], env=ENV, check=True)
    for header, old in (("mm/study/gup.h", True), ("mm/kernel/shadow.h", False)):
        printed = make("-W", header, program).stdout
        assert (" -c mm/study/gup.c " in printed) == old and ("-o %s\n" % program in printed) == old, (header, printed)


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_two_at_once(arch):
    """Two makes in one tree, as from two terminals: neither writes files that the other reads."""
    line = ["make", "ARCH=" + arch, "image"]
    for _ in range(3):
        both = [subprocess.Popen(line, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                for _ in range(2)]
        printed = [p.communicate()[0] for p in both]
        assert [p.returncode for p in both] == [0, 0], printed


def test_a_new_source_is_named(tmp_path):
    """A source that git does not track is part of the image, so the commit has a `+`."""
    for name in ("tools", "mm"):
        (tmp_path / name).mkdir()
    shutil.copy("tools/version", tmp_path / "tools")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(git + words, cwd=tmp_path, check=True)

    def commit():
        return subprocess.run(["tools/version", "--commit"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    clean = commit()
    assert len(clean) == 8 and "+" not in clean
    (tmp_path / "notes.txt").write_text("not in the image")
    assert commit() == clean
    (tmp_path / "mm" / "new.c").write_text("")
    assert commit() == clean.strip() + "+\n"


def test_help_names_what_there_is():
    """Each target of `make help-all` exists, and each line fits on a screen; `make help` is one screen."""
    short, printed = (subprocess.run(["make", "-s", what], env=ENV, check=True, capture_output=True, text=True).stdout
                      for what in ("help", "help-all"))
    assert not [line for line in printed.splitlines() if len(line) > 79]
    assert printed.startswith(short) and short.count("\n") <= 24 and "make help-all" in short
    targets = set(re.findall(r"^ {2,}make ([a-z_.-]+)", printed, re.M))
    assert {"run", "man", "run-failed", "clean", "compile_commands.json"} <= targets and len(targets) > 15
    assert not targets - set(re.findall(r"^([a-z_.-]+):(?!=)", make("-p", "help").stdout, re.M))


def test_one_bit_changes_the_sum_of_an_image():
    """Each bit of the words at both ends of 512, where both running sums change by the same bits."""
    words = [0x9E3779B97F4A7C15 * (n + 1) & imagesum.MASK for n in range(512)]
    whole = imagesum.total(words)
    for at in (0, 1, 254, 255, 256, 257, 510, 511):
        for bit in range(64):
            changed = list(words)
            changed[at] ^= 1 << bit
            assert imagesum.total(changed) != whole, (at, bit)


SYMBOLS = """
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     1: ffffffff80000000     0 SECTION LOCAL  DEFAULT    1 .text
     2: 0000000000000000     0 FILE    LOCAL  DEFAULT  ABS one.c
     3: ffffffff80000040     8 FUNC    LOCAL  DEFAULT    1 probe
     4: ffffffff80000048     0 NOTYPE  LOCAL  DEFAULT    1 $x
     5: 0000000000000000     0 FILE    LOCAL  DEFAULT  ABS two.c
     6: ffffffff80000020     8 FUNC    LOCAL  DEFAULT    1 probe
     7: ffffffff80000060     8 FUNC    GLOBAL DEFAULT    1 start
     8: ffffffff80000060     8 FUNC    GLOBAL DEFAULT    1 alias
     9: ffffffff80001000     8 OBJECT  GLOBAL DEFAULT    2 data
"""


def test_table_of_symbols():
    """Ascending offsets, a name that two files use with its file, no data, one name an offset; no room ends the build."""
    symbols, code = imagesum.read_symbols(SYMBOLS.splitlines())
    assert symbols == {"start": 0x60, "alias": 0x60, "data": 0x1000}
    names = b"two.c:probe\0one.c:probe\0start\0"
    content = struct.pack("<7I", 3, 0x20, 0x40, 0x60, 0, 12, 24) + names
    assert imagesum.table(code, 64) == content.ljust(64, b"\0")
    assert imagesum.table(code, len(content)) == content
    with pytest.raises(Refused, match="SYMBOL_BYTES"):
        imagesum.table(code, len(content) - 1)
