# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes that Linux mended (linux/history.txt): the form of the list, its places in the source, and what `kernels build`
and `kernels history` refuse."""
import json
import os
import signal
import subprocess
import tarfile

import pytest

from conftest import TOP
from hotplate import Refused
from hotplate.docs import site
from hotplate.kernels import boot, build, history, initrd, mistakes, score

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


def test_source_is_restored_when_it_is_ended(tmp_path):
    """By `kill`, without which a later kernel would have two mistakes."""
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "a.c"
    path.write_text("void f(void)\n{\n\tx();\n\tisb();\n}\n")
    knob = dict.fromkeys(build.KNOBS, "") | {"LINUX_DIR": str(tmp_path)}
    before = signal.getsignal(signal.SIGTERM)
    try:
        history.restore_when_ended()
        with pytest.raises(SystemExit), history.changed(knob, listed(tmp_path, ENTRY)):
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigtimedwait([signal.SIGUSR1], 1)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "isb" in path.read_text()


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
LOG = """[    1.0] text
# SANITIZE B2: 0xffff: made valid before the invalidation of the old value is complete
#   rule      Arm ARM D8.17.1
#   stored    __pi_map_range.isra.0+0x254
#             __primary_switch+0x4
#   TLBI      map_kernel+0x40
#   noticed   __pi_map_range+0x254
# SANITIZE B2: 0xfffe: made valid before the invalidation of the old value is complete
#   stored    map_range+0x20
#   TLBI      map_kernel+0x48
#   noticed   map_range+0x254
# SANITIZE P1: 0xfffd: a table hooked without a barrier after its contents
worst: 123 M instructions, 4 M stores; 0 stores
"""


def test_reports_of_a_run(tmp_path):
    """Each kind once, without addresses and offsets; a report in one line has no place, and is none."""
    (tmp_path / "log").write_text(LOG)
    assert score.reports(str(tmp_path / "log")) == ["B2 map_range; stored map_range; TLBI map_kernel"]
    (tmp_path / "log").write_text(LOG.replace("noticed   __pi_map_range+0x254", "noticed   f+0x1\n", 1))
    assert score.reports(str(tmp_path / "log"))[0] == "B2 f; stored map_range; TLBI map_kernel"
    (tmp_path / "log").write_text("# SANITIZE R6: 0x6a: an ASID\n#   noticed   0xffffffffff5f8418\n")
    assert score.reports(str(tmp_path / "log")) == ["R6 ?"]  # each build of a kernel has it elsewhere


def row(name, arch, seed, failed=False, reports=(), how="init passed 9 workloads", **more):
    return json.dumps({"name": name, "arch": arch, "seed": seed, "failed": failed, "how": how, "reports": list(reports), "seconds": 3.5,
                       "instructions": 700 + seed, **more}) + "\n"


BASE = row("none", "arm64", 1, reports=["P1 f; stored f"]) + row("none", "arm64", 2) + row("none", "arm64", 0, True, how="init: late 1")


def scored(tmp_path, text):
    (tmp_path / "rows").write_text(BASE + text)
    rows = score.rows_of([str(tmp_path / "rows")])
    return [score.seen_by(r, rows) for (_, name, _), r in rows.items() if name != "none"]


@pytest.mark.parametrize("line, seen", [
    (row("m", "arm64", 1), ""),
    (row("m", "arm64", 1, True), "failure"),
    (row("m", "arm64", 2, reports=["P1 f; stored g"]), ""),  # of another seed, and stored elsewhere
    (row("m", "arm64", 2, reports=["P1 g; stored f"]), "report"),
    (row("m", "arm64", 2, reports=["P2 f; stored f"]), "report"),
    (row("m", "arm64", 1, True, ["B1 f"]), "both"),
    (row("m", "riscv64", 1, reports=["P1 f; stored f"]), "report"),  # that of arm64 is none of riscv64's
    (row("m", "arm64", 0, True, how="init: late 1"), ""),  # QEMU fails without the mistake, too
    (row("m", "arm64", 0, True, how="init: stale 1"), "failure"),
])
def test_what_counts_as_seen(tmp_path, line, seen):
    assert scored(tmp_path, line) == [seen]


def test_table_merges_shards(tmp_path, monkeypatch):
    """The last result of a run counts; those that did not run have a row that states it."""
    first, second, *rest = mistakes.chosen("*", "arm64")
    monkeypatch.setattr(score, "notes", lambda: {first.name: ("right", "a sentence")})
    (tmp_path / "a").write_text(BASE + row(first.name, "arm64", 1))
    (tmp_path / "b").write_text(row(first.name, "arm64", 1, True) + row(first.name, "arm64", 2) + row(first.name, "arm64", 0, True)
                                + row(second.name, "arm64", 1))
    lines = score.table([str(tmp_path / "a"), str(tmp_path / "b")]).splitlines()
    assert f"| {first.name}: {first.what} | `{first.mended}` | 1 of 2 | 701 | failure | right | sees it |" in lines
    assert f"| {second.name}: {second.what} | `{second.mended}` | 0 of 1 |  | none |  | not run |" in lines
    assert f"| {rest[0].name}: {rest[0].what} | `{rest[0].mended}` | not run |  |  |  |  |" in lines
    assert f"2 of {len(rest) + 2} mistakes ran; the machine sees 1, QEMU 1." in lines
    assert f"* **{first.name}**: a sentence" in lines


def test_a_failure_of_another_kind_is_not_counted(tmp_path, monkeypatch):
    m = mistakes.chosen("*", "arm64")[0]
    (tmp_path / "a").write_text(BASE + row(m.name, "arm64", 1, True))
    for story, count in (("partly", 1), ("wrong", 0)):
        monkeypatch.setattr(score, "notes", lambda story=story: {m.name: (story, "a sentence")})
        text = score.table([str(tmp_path / "a")])
        assert f"| 1 of 1 | 701 | failure | {story} | not run |" in text
        assert f"mistakes ran; the machine sees {count}, QEMU 0." in text


def test_table_refuses_other_files(tmp_path):
    (tmp_path / "a").write_text("{}\n")
    with pytest.raises(Refused, match="a:1: not a result"):
        score.table([str(tmp_path / "a")])


@pytest.mark.parametrize("text", ["name sentence\n", "a: good: sentence\n", "a: right: x\na: right: x\n"])
def test_refusals_of_notes(tmp_path, text):
    (tmp_path / "notes").write_text(text)
    with pytest.raises(Refused, match=r"notes:[12]: not NAME: right\|partly\|wrong\|unseen: SENTENCE"):
        score.notes(str(tmp_path / "notes"))


def test_instructions(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"[    1.0] text\r\nworst: 123 M instructions, 4 M stores; 0 stores\n")
    assert history.instructions(str(log)) == 123
    log.write_bytes(b"text\n")
    assert history.instructions(str(log)) == 0


# ---- the committed results ----
FILES = [os.path.join(TOP, "linux", f"history-{a}.jsonl") for a in mistakes.ARCHES]


def test_page():
    """It names the words of the machines; its end, in the site, has a row for each mistake."""
    text = site.text_of("docs/HISTORY.md")
    head, _, results = text.partition("## Results\n")
    for machine in mistakes.ARCHES:
        for words in history.MACHINES[machine].values():
            assert f"`{words.removeprefix('bss=clean ')}`" in head
        assert str(history.STEPS[machine]) in head
    assert all(f"\n| {m.name}: " in results for m in mistakes.chosen("*"))


def test_each_result_has_a_note():
    """It states "unseen" where no run saw the mistake, and the story of it elsewhere."""
    rows, said = score.rows_of(FILES), score.notes()
    known = {m.name: m.arch for m in mistakes.chosen("*")}
    assert set(said) <= set(known)
    saw = {n: False for _, n, _ in rows if n != score.NONE}
    assert set(saw) == set(said), "a result without a note, or a note without a result"
    for (machine, name, seed), run in rows.items():
        if name != score.NONE:
            assert known[name] == machine
            saw[name] |= bool(seed and score.seen_by(run, rows))
    assert {n for n, seen in saw.items() if not seen} == {n for n, (story, _) in said.items() if story == "unseen"}


def test_base_of_the_results_passes():
    rows = score.rows_of(FILES)
    for machine in {a for a, _, _ in rows}:
        seeds = {s for a, _, s in rows if a == machine and s}
        assert all(not rows[machine, score.NONE, s]["failed"] for s in seeds)


# ---- runs ----
def test_machines_alternate():
    """Odd and even seeds have other CPUs; each run ends, and is observed."""
    for arch in mistakes.ARCHES:
        odd, even = (history.worst_words(arch, seed, None).split() for seed in (1, 2))
        assert odd != even and odd == history.worst_words(arch, 3, None).split()
        for words in (odd, even):
            assert "sanitize=1" in words and f"steps={history.STEPS[arch]}" in words
            assert len({w.partition("=")[0] for w in words}) == len(words), "a word of the machine may be given once only"
            assert history.STEPS[arch] < boot.STEPS


def test_nothing_runs_twice(tmp_path, monkeypatch):
    """A run whose result is there is skipped; the kernel is not even looked up if all of them are."""
    m = mistakes.chosen("page-level-hint")[0]
    out, ran = str(tmp_path / "out"), []
    monkeypatch.setattr(history, "built", lambda *_: ran.append("built") or "/place")
    monkeypatch.setattr(history, "run_one", lambda path, where, arch, m, seed: ran.append(seed) or json.loads(row(m.name, arch, seed)))
    knob = dict.fromkeys(history.KNOBS, "") | {"SEEDS": "1-2"}
    (tmp_path / "out").write_text(row(m.name, "arm64", 1))
    history.run_all(knob, "arm64", m, out)
    assert ran == ["built", 2, 0]
    history.run_all(knob, "arm64", m, out)
    assert ran == ["built", 2, 0]
    history.run_all(knob | {"SEEDS": "3", "QEMU": "no"}, "arm64", m, out)
    assert ran[3:] == ["built", 3]
    ran.clear()
    slow = mistakes.chosen(history.SLOW[0])[0]
    history.run_all(knob, "arm64", slow, out)
    assert ran == ["built", 1, 0]


def test_base_has_to_pass(tmp_path, monkeypatch):
    """On the machine; in QEMU its failures do not count."""
    knob = dict.fromkeys(history.KNOBS, "") | {"SEEDS": "1-2"}
    out = tmp_path / "out"
    out.write_text(BASE)
    history.base_passes(knob, "arm64", str(out))
    out.write_text(BASE + row("none", "arm64", 2, True, how="init: stale 1"))
    with pytest.raises(Refused, match="Linux for arm64 fails without a mistake, by seed 2: init: stale 1"):
        history.base_passes(knob, "arm64", str(out))


def test_place_of_a_kept_kernel(tmp_path, monkeypatch):
    """Another edit, another Objects: or another configuration is another kernel."""
    knob = dict.fromkeys(build.KNOBS, "") | {"LINUX_DIR": str(tmp_path)}
    m = mistakes.chosen("page-level-hint")[0]
    places = [history.place_of(knob, "arm64", x) for x in (m, m._replace(objects="isb"), m._replace(edits=m.edits[:0]), None)]
    monkeypatch.setattr(build, "fragment", lambda arch: "CONFIG_NET=y\n")
    places.append(history.place_of(knob, "arm64", m))
    assert len(set(places)) == len(places) and all(p.startswith(f"{tmp_path}/kept/") for p in places)


def test_a_kept_kernel_is_whole(tmp_path):
    objects = tmp_path / "objects"
    (objects / "arch/arm64/boot").mkdir(parents=True)
    (objects / "arch/arm64/boot/Image").write_bytes(b"image")
    (objects / "lib").mkdir()
    (objects / "lib/a.ko").write_bytes(b"module")
    (objects / "lib/a.o").write_bytes(b"object")
    history.keep(str(objects), "arm64", str(tmp_path / "place"))
    assert sorted(os.listdir(tmp_path / "place")) == ["Image", "a.ko"]
    assert not os.path.exists(tmp_path / "place.new")
