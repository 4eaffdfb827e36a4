# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes that Linux mended (linux/history.txt): the form of the list, its places in the source, and what `kernels build`
and `kernels history` refuse."""
import json
import os
import subprocess
import tarfile

import pytest

from conftest import TOP
from hotplate import Refused
from hotplate.kernels import boot, build, history, initrd, mistakes

ENTRY = """[lost-isb] a barrier is lost
Arch: arm64
Mended: 0123456789ab
Class: barrier
@ a.c f
 	x();
-	isb();
"""


def tool(*words, env=None):
    return subprocess.run(["tools/hotplate", "kernels", *words], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=300, check=False, env=dict(os.environ, **env or {}))


def listed(tmp_path, text):
    (tmp_path / "list.txt").write_text(text)
    return mistakes.mistakes(str(tmp_path / "list.txt"))


# ---- the list ----
def test_size_of_the_list():
    assert len(mistakes.chosen("*")) >= 30
    assert all(len(mistakes.chosen("*", arch)) >= 12 for arch in mistakes.ARCHES)
    assert not any(m.base for m in mistakes.chosen("*"))
    hashes = [m.mended for m in mistakes.chosen("*")]
    assert len(set(hashes)) == len(hashes)


def test_each_place_is_there_once(tmp_path):
    """Also with the base of its architecture, in the source that would be built."""
    if not os.path.exists(build.TARBALL):
        pytest.skip(f"{build.TARBALL} is missing: the places cannot be compared")
    found = mistakes.mistakes()
    wanted = {"linux-source-6.12/" + e.path for m in found for e in m.edits}
    with tarfile.open(build.TARBALL) as archive:  # in one pass: 150 MB
        for member in archive:
            if member.name in wanted:
                place = tmp_path / member.name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.extractfile(member).read())
                wanted.remove(member.name)
                if not wanted:
                    break
    assert not wanted
    source = str(tmp_path / "linux-source-6.12")
    for m in found:
        base = [b for b in found if b.base and b.arch == m.arch and b is not m]
        changed = mistakes.applied([*base, m], source)
        assert any(changed[e.path] != build.old(os.path.join(source, e.path)) for e in m.edits), m.name


@pytest.mark.parametrize("change, sentence", [
    (lambda e: e.replace("Arch: arm64\n", ""), "Arch: or Class: is missing"),
    (lambda e: e.replace("Mended: 0123456789ab", "Mended: 01234567"), "Mended: 01234567: not"),
    (lambda e: e.replace("Class: barrier", "Class: base"), "Mended: 0123456789ab: not none"),
    (lambda e: e.replace("Class:", "Kind:"), "not a line of the head"),
    (lambda e: e.replace("Class: barrier\n", "Class: barrier\nClass: barrier\n"), "or its second"),
    (lambda e: e.partition("@")[0], "no edit"),
    (lambda e: e + "*x\n", "not a line of an edit"),
    (lambda e: e + "\n" + e, "[lost-isb]: twice"),
    (lambda e: e.replace("[lost-isb]", "lost-isb"), "an entry begins with [NAME]"),
])
def test_refusals_of_the_list(tmp_path, change, sentence):
    with pytest.raises(Refused) as why:
        listed(tmp_path, change(ENTRY))
    assert sentence in str(why.value)


@pytest.mark.parametrize("source, sentence", [
    ("void f(void)\n{\n\tx();\n\tisb();\n}\n", None),
    ("void f(void)\n{\n\tx();\n}\n", "is not there"),
    ("void f(void)\n{\n\tx();\n\tisb();\n\tx();\n\tisb();\n}\n", "occurs 2 times"),
    (None, "a.c: No such file"),
])
def test_place(tmp_path, source, sentence):
    found = listed(tmp_path, ENTRY)
    if source:
        (tmp_path / "a.c").write_text(source)
    if not sentence:
        assert mistakes.applied(found, str(tmp_path)) == {"a.c": "void f(void)\n{\n\tx();\n}\n"}
        return
    with pytest.raises(Refused) as why:
        mistakes.applied(found, str(tmp_path))
    assert sentence in str(why.value)


def test_words_of_the_machine(tmp_path):
    """Machine: has words, or a reason, which is none."""
    m = listed(tmp_path, ENTRY.replace("Class: barrier", "Class: barrier\nMachine: bbm=2 tlbi=2"))[0]
    assert m.words == ["bbm=2", "tlbi=2"]
    assert not m._replace(machine="needs two kinds of CPUs").words


# ---- the source is as before afterwards ----
def test_source_is_restored(tmp_path):
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "a.c"
    path.write_text("void f(void)\n{\n\tx();\n\tisb();\n}\n")
    os.utime(path, ns=(10**18, 10**18))
    knob = dict.fromkeys(build.KNOBS, "") | {"LINUX_DIR": str(tmp_path)}
    with pytest.raises(ZeroDivisionError), history.changed(knob, listed(tmp_path, ENTRY)):
        assert "isb" not in path.read_text()
        assert path.stat().st_mtime_ns > 10**18
        raise ZeroDivisionError
    assert "isb" in path.read_text()
    assert path.stat().st_mtime_ns == 10**18


# ---- the configuration ----
def test_lacking_options():
    have = "CONFIG_SMP=y\n# CONFIG_NET is not set\n"
    assert build.lacking("CONFIG_SMP=y\nCONFIG_NET=n\n# text\n", have) == []
    assert build.lacking("CONFIG_SMP=y\nCONFIG_NET=y\n", have) == ["CONFIG_NET=y"]


@pytest.mark.parametrize("machine", build.KERNEL_ARCH)
def test_fragment(machine):
    lines = [x for x in build.fragment(machine).splitlines() if x.startswith("CONFIG_")]
    names = [x.partition("=")[0] for x in lines]
    assert len(set(names)) == len(names), "an option is given twice"


@pytest.mark.parametrize("name", ["history.workloads", "selftests.workloads"])
def test_scripts_fit(name):
    with open(os.path.join(TOP, "linux", name), encoding="utf-8") as file:
        assert len(file.read()) < initrd.ROOM


# ---- refusals of the verbs ----
@pytest.mark.parametrize("words, sentence", [
    (["build", "ARCH=x86"], "ARCH=x86 is not known"),
    (["build", "all"], "'all' is not one of ARCH="),
    (["build", "JOBS=many"], "JOBS=many: a number"),
    (["history", "M=zzz"], "M=zzz: no mistake"),
    (["history", "SEEDS=4-2"], "SEEDS=4-2: FIRST-LAST"),
    (["history", "SHARD=3/2"], "SHARD=3/2: there is no such part"),
    (["history", "table"], "usage: tools/hotplate kernels history"),
])
def test_refusals(words, sentence):
    done = tool(*words)
    assert done.returncode == 4 and sentence in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["build", "history"])
def test_help(name):
    done = tool(name, "--help")
    assert done.returncode == 0 and f"tools/hotplate kernels {name}" in done.stdout


# ---- results ----
def row(name, arch, caught, **more):
    return json.dumps({"name": name, "arch": arch, "caught": caught, "how": "kernel panic: a|b", "seed": 2, "seconds": 3.5,
                       "mended": "0", "instructions": 700, **more}) + "\n"


def test_table_merges_shards(tmp_path):
    """The last result of a mistake counts; those that did not run are named."""
    first, second, *rest = mistakes.chosen("*", "arm64")
    (tmp_path / "a").write_text(row(first.name, "arm64", False) + row("none", "arm64", False))
    (tmp_path / "b").write_text(row(first.name, "arm64", True, qemu=False, qemu_how="init passed") + row(second.name, "arm64", False))
    text = history.table([str(tmp_path / "a"), str(tmp_path / "b")])
    assert "| kernel panic: a\\|b | 2 | 700 | 3.5 | init passed |" in text
    assert "missed: kernel panic" in text
    assert "2 mistakes ran; the machine caught 1, QEMU 0." in text
    assert f"{len(mistakes.chosen('*')) - 2} did not run: {rest[0].name}," in text


def test_table_refuses_other_files(tmp_path):
    (tmp_path / "a").write_text("{}\n")
    with pytest.raises(Refused, match="a:1: not a result"):
        history.table([str(tmp_path / "a")])


def test_instructions(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"[    1.0] text\r\nworst: 123 M instructions, 4 M stores; 0 stores\n")
    assert history.instructions(str(log)) == 123
    log.write_bytes(b"text\n")
    assert history.instructions(str(log)) == 0


def test_limit_is_that_of_history():
    """steps= of `worst` is replaced: a machine word may be given once only."""
    assert history.STEPS < boot.STEPS
