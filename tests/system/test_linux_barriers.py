# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate kernels barriers: the places of an Image of Linux, its verdicts, its file of results, and the page."""
import json
import os
import struct
import subprocess
from fnmatch import fnmatchcase

import pytest

from conftest import TOP
from hotplate import Refused
from hotplate.docs import site
from hotplate.kernels import barrier_places, barrier_table, barriers, build, initrd

FILES = [os.path.join("linux", f"barriers-{arch}.jsonl") for arch in ("arm64", "riscv64")]
# A kernel of a few instructions: where a barrier is, and that of an alternative, which replaces a NOP.
HEADER = {"arm64": 'asm("dsb ishst" ::: "memory")', "riscv64": 'asm("sfence.vma" ::: "memory")'}
OWN = {"arm64": 'asm("isb")', "riscv64": 'asm("fence rw, w" ::: "memory")'}
NAME = {"arm64": "publish", "riscv64": "local_flush_tlb_all"}
START = {
    "arm64": ("_text", ".ascii \"ARM\\x64\"", "__alt_instructions", "dmb ish", ".hword 3\n.byte 4, 4", "0xffff800080000000"),
    "riscv64": ("_start", ".ascii \"RSC\\x05\"", "__alt_start", "fence.i", ".hword 0, 4\n.4byte 7", "0xffffffff80000000"),
}
NOP = {"arm64": "nop", "riscv64": ".4byte 0x13"}
KERNEL = {"arm64": "arm64", "riscv64": "riscv"}


def assembly(arch):
    """The header, the alternative, and its table."""
    first, magic, table, instruction, fields, _ = START[arch]
    last = "__alt_instructions_end" if arch == "arm64" else "__alt_end"
    return f"""
	.globl {first}, {table}, {last}, constant
	.set constant, 512
	.section .head.text, "ax"
{first}:	nop
	.org 56
	{magic}
	.4byte 0
1:	{NOP[arch]}
2:	{instruction}
	.data
	.balign 4
{table}:
	.4byte 1b - .
	.4byte 2b - .
	{fields}
{last}:
"""


@pytest.fixture
def vmlinux(arch, tmp_path):
    """Linked from sources in directories of Linux."""
    prefix, kernel = build.PREFIX[arch], KERNEL[arch]
    texts = {
        f"arch/{kernel}/include/asm/tlbflush.h": "static inline void %s(void)\n{\n\t%s;\n}\n" % (NAME[arch], HEADER[arch]),
        f"arch/{kernel}/mm/a.c": '#include "arch/%s/include/asm/tlbflush.h"\nvoid one(void)\n{\n\t%s();\n\t%s;\n}\nvoid two(void)\n{\n\t%s();\n}\n'
        % (kernel, NAME[arch], OWN[arch], NAME[arch]),
        "drivers/b.c": '#include "arch/%s/include/asm/tlbflush.h"\nvoid other(void)\n{\n\t%s();\n\t%s;\n}\n' % (kernel, NAME[arch], OWN[arch]),
        f"arch/{kernel}/kernel/head.S": assembly(arch),
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    sources = [str(tmp_path / n) for n in texts if not n.endswith(".h")]
    flags = ["-O2", "-g1", "-ffreestanding", "-nostdlib", "-static", "-no-pie", "-fno-pic", "-I", str(tmp_path),
             "-Wl,-Ttext=" + hex(int(START[arch][5], 16) + 0x100), "-Wl,--section-start=.head.text=" + START[arch][5], "-Wl,-e," + START[arch][0],
             "-Wl,--build-id=none", "-Wl,-n"]
    flags += ["-march=rv64ima_zicsr_zifencei", "-mabi=lp64", "-mcmodel=medany", "-mno-relax"] if arch == "riscv64" else []
    out = str(tmp_path / "vmlinux")
    subprocess.run([prefix + "gcc", *flags, *sources, "-o", out], check=True, capture_output=True, text=True)
    return out


@pytest.mark.both
def test_places(arch, vmlinux):
    """By line of source, with the copies that were inlined; a place of a file that is not examined is none."""
    kernel = KERNEL[arch]
    own = {"arm64": "isb", "riscv64": "fence rw,w"}[arch]
    other = START[arch][3]
    wanted = {
        "arm64": [("arch/arm64/include/asm/tlbflush.h:3 dsb ishst", 3), ("arch/arm64/mm/a.c:5 isb", 1)],
        # a function that is a barrier and no more leaves it to its caller
        "riscv64": [("arch/riscv/include/asm/tlbflush.h:3 sfence.vma", 1), ("arch/riscv/mm/a.c:4 sfence.vma", 1),
                    (f"arch/riscv/mm/a.c:5 {own}", 1), ("arch/riscv/mm/a.c:9 sfence.vma", 1)],
    }[arch]
    found = barrier_places.Image(vmlinux).places()
    names = [(p.name, len(p.at)) for p in found]
    head = [n for n in names if n[0].startswith(f"arch/{kernel}/kernel/head.S:") and n[0].endswith(" " + other)]
    assert len(head) == 1 and [n for n in names if n not in head] == wanted


@pytest.mark.both
def test_image_without_a_place(arch, vmlinux):
    """The words of the place change, and nothing else; another Image is refused."""
    image = barrier_places.Image(vmlinux)
    for place in image.places():
        bent = image.without(place)
        changed = {n // 4 * 4 + image.base for n in range(len(bent)) if bent[n] != image.bytes[n]}
        assert changed == set(place.at)
        nop = {"arm64": 0xd503201f, "riscv64": 0x13}[arch]
        assert all(struct.unpack_from("<I", bent, at - image.base)[0] == nop for at in place.at)
    image.bytes = image.without(image.places()[0])
    with pytest.raises(Refused, match="in its Image"):
        image.without(image.places()[0])


@pytest.mark.both
def test_executed(arch, vmlinux):
    """By the address of a copy; a replacement by that of the instruction that it replaces."""
    image = barrier_places.Image(vmlinux)
    for place in image.places():
        reached = bytearray(len(image.bytes) // 2)
        assert not image.executed(place, reached)
        replaces = place.at[-1] in image.originals
        assert replaces == ("head.S" in place.file)
        reached[(place.at[-1] - 4 * replaces - image.base) // 2] = 1
        assert image.executed(place, reached)
    # The machine takes the first symbol of the map as the link address: constants are not in it.
    assert "constant" in image.symbols and int(image.map.split()[0], 16) == image.base


@pytest.mark.of("arm64")
def test_relocations(vmlinux):
    """The Image is that of the file with relocations, if there is one."""
    with open(vmlinux, "rb") as file:
        content = file.read()
    at = content.index(b"ARM\x64") + 4
    with open(vmlinux + ".relocs", "wb") as file:
        file.write(content[:at] + b"\1" + content[at + 1:])
    assert barrier_places.Image(vmlinux).bytes[60] == 1


def test_needs_lines(tmp_path):
    (tmp_path / "Image").write_bytes(bytes(56) + b"ARM\x64" + bytes(100))
    with pytest.raises(Refused, match="is no ELF file"):
        barrier_places.Image(str(tmp_path / "Image"))


# ---- verdicts ----
KNOWN = "sanitize: step 5, CPU 0 before vmemmap_populate+0x10:\n# SANITIZE P1: 0x0: a table\n"
NEW = "sanitize: step 5, CPU 0 before unmap+0x10:\n# SANITIZE M1: 0x0: no barrier\n"
COUNT = "worst: sanitize: 5 stores to tables, 1 reports, 0 of\nworst: 3 M instructions, 1 M stores\n"
PASS = "Run /init as init process\nhotplate-init: fork 2 ok\nhotplate-init: pass\n"


@pytest.mark.parametrize("text, status, failed, how", [
    (PASS + COUNT, 0, False, "init passed 1 workloads"),
    (KNOWN + PASS + COUNT, 1, False, "init passed 1 workloads"),
    (NEW + PASS + COUNT, 1, True, "sanitize: M1 in unmap"),
    (KNOWN + NEW + COUNT, 2, True, "sanitize: M1 in unmap"),
    ("hotplate-init: fork 2 not ok a value\n", 0, True, "init: fork 2 not ok a value"),
    ("[    1.0] WARNING: CPU: 1\n" + PASS, 0, True, "the kernel reported: WARNING: CPU: 1"),
    ("Kernel panic - not syncing: Oops\n" + PASS, 0, True, "kernel panic: Oops"),
    ("text\n" + COUNT + "worst: still on after steps=9\n", 2, True, "still on after steps=9 (last line: text)"),
    ("worst: virtio-mem: 128 MiB are plugged\nworst: instruction 0\n  CPU 0: x\n", 3, True, "instruction 0"),
    ("text\n", 1, True, "the machine ended with a report (last line: text)"),
])
def test_verdict(text, status, failed, how):
    watch = barriers.Watch({"P1 in vmemmap_populate"})
    for line in text.splitlines():
        watch.line(line)
    got = watch.verdict(status)
    assert (bool(got.status), got.sentence) == (failed, how)
    assert watch.ended == bool(watch.why())


def test_unchanged_image_may_have_reports():
    watch = barriers.Watch(None)
    for line in (KNOWN + NEW + PASS).splitlines():
        watch.line(line)
    assert not watch.verdict(1).status and watch.reports == {"P1 in vmemmap_populate", "M1 in unmap"}


# ---- results ----
HEAD = {"arch": "arm64", "version": "6.12", "image": "0", "places": [["a.c:1 isb", "isb", 1, ["f"]], ["a.c:2 isb", "isb", 2, ["f", "g"]],
                                                                 ["a.c:3 isb", "isb", 1, ["h"]], ["a.c:4 isb", "isb", 1, ["h"]]]}


def row(place, seed=1, failed=False, how="init passed 1 workloads", name="work", **more):
    return {"place": place, "set": name, "seed": seed, "failed": failed, "how": how, "millions": 7, "seconds": 1.0, **more}


def written(path, rows):
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return str(path)


ROWS = [row("unchanged", executed=["a.c:1 isb", "a.c:2 isb"], reports=["P1 in f"]),
        row("unchanged", name="memory", executed=["a.c:1 isb", "a.c:4 isb"], reports=[]), row("unchanged", seed=2, executed=[], reports=[]),
        row("unchanged", name="memory", seed=2, failed=True, how="kernel panic: c", executed=[], reports=[]),
        row("a.c:1 isb"), row("a.c:1 isb", seed=2, failed=True, how="kernel panic: a|b"), row("a.c:2 isb")]


def test_table(tmp_path, monkeypatch):
    (tmp_path / "why").write_text("# text\narm64 a.c:2 *\narm64 a.c:9 isb\n  Its reason\n  has two lines.\n")
    monkeypatch.setattr(barrier_table, "REASONS", str(tmp_path / "why"))
    text = barrier_table.text([written(tmp_path / "a", [HEAD, *ROWS[:5]]), written(tmp_path / "b", [HEAD, *ROWS[5:]])])
    assert "4 places: 1 shown, 1 not shown, 1 not executed, 1 not run." in text
    assert "| `a.c:1 isb` | `f` | **shown**: kernel panic: a\\|b (`work`, seed 2) |" in text
    assert "| `a.c:2 isb` | `f, g` (2 copies) | not shown by seeds of `work` 1. Its reason has two lines. |" in text
    assert "Left out, since the unchanged Image fails by it: `memory`, seed 2. kernel panic: c." in text
    assert "| `a.c:3 isb` | `h` | not executed |" in text and "| `a.c:4 isb` | `h` | not run |" in text


@pytest.mark.parametrize("text, sentence", [
    ("  a reason\n", "why:1: a reason without a place"),
    ("arm64 a.c:2 isb\n", "the last place has no reason"),
    ("a.c:2\n  text\n", "why:1: neither ARCH FILE:LINE"),
])
def test_refused_reasons(tmp_path, text, sentence):
    (tmp_path / "why").write_text(text)
    with pytest.raises(Refused, match=sentence):
        barrier_table.reasons(str(tmp_path / "why"))


def test_refused_results(tmp_path):
    with pytest.raises(Refused, match="a:1: not a result"):
        barrier_table.text([written(tmp_path / "a", [{}])])
    with pytest.raises(Refused, match="b is of another Image"):
        barrier_table.text([written(tmp_path / "a", [HEAD]), written(tmp_path / "b", [{**HEAD, "image": "1"}])])


class FakeImage:
    arch, version, bytes = "arm64", "6.12", b"x"


def test_an_interrupted_run_continues(tmp_path):
    """Results are kept by place, set and seed; those of another Image are refused."""
    out = str(tmp_path / "out")
    first = barriers.Runs(FakeImage(), out, HEAD["places"])
    for r in ROWS:
        first.add(r)
    again = barriers.Runs(FakeImage(), out, HEAD["places"])
    assert again.rows == first.rows and len(barrier_table.rows(out)) == 1 + len(ROWS)
    assert again.shown("a.c:1 isb") and not again.shown("a.c:2 isb") and again.known_reports() == {"P1 in f"}
    other = FakeImage()
    other.bytes = b"y"
    with pytest.raises(Refused, match="of another Image"):
        barriers.Runs(other, out, HEAD["places"])


def test_plan(tmp_path):
    """By seed, then by the first set that executes the place; one that none executes does not run, nor one by a set and
    a seed by which the unchanged Image fails."""
    class Place:
        def __init__(self, name):
            self.name = name
    runs = barriers.Runs(FakeImage(), str(tmp_path / "out"), HEAD["places"])
    for r in ROWS:
        runs.add(r)
    order = [(p.name[4], name, seed) for p, name, seed in barriers.plan(runs, [Place(p[0]) for p in HEAD["places"]], [1, 2])]
    assert order == [("1", "work", 1), ("2", "work", 1), ("4", "memory", 1), ("1", "work", 2), ("2", "work", 2)]


# ---- the results that are kept ----
def test_page():
    """Its end, in the site, has a row for each place."""
    results = site.text_of("docs/linux-barriers.md").partition("## Results\n")[2]
    assert all(f"\n| `{place[0]}` | " in results for f in FILES for place in barrier_table.rows(os.path.join(TOP, f))[0]["places"])


def test_each_unshown_place_has_a_reason():
    """And each reason an unshown place."""
    why, used = barrier_table.reasons(), set()
    for head, known in barrier_table.merged([os.path.join(TOP, f) for f in FILES]).values():
        for name, (got, _) in barrier_table.verdicts(head, known).items():
            if got in ("not shown", "not executed"):
                assert barrier_table.reason(head["arch"], name, why), (head["arch"], name)
                used.add(next(p for p, _ in why if fnmatchcase(f"{head['arch']} {name}", p)))
    assert used == {pattern for pattern, _ in why}


# ---- the verb ----
@pytest.mark.parametrize("words, sentence", [
    ([], "usage: tools/hotplate kernels barriers VMLINUX"),
    (["table"], "usage: tools/hotplate kernels barriers"),
    (["vmlinux", "SEED=1"], "'SEED=1' is not one of SEEDS="),
    (["vmlinux", "SEEDS=2-1"], "SEEDS=2-1: FIRST-LAST"),
    (["vmlinux", "SHARD=3/2"], "SHARD=3/2: there is no such part"),
    (["/nosuch"], "KERNEL=/nosuch: No such file"),
])
def test_refusals(words, sentence):
    done = subprocess.run(["tools/hotplate", "kernels", "barriers", *words], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 4 and sentence in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("name", sorted({s.script for s in barriers.SETS.values()}))
def test_scripts_fit(name):
    with open(os.path.join(TOP, "linux", name), encoding="utf-8") as file:
        assert len(file.read()) < initrd.ROOM
