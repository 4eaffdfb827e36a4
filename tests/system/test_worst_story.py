# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate story and tools/hotplate shrink (machine/README.md, "Explain a failure") name the mistake of
programs whose mistake is known."""
import os
import re
import subprocess

import pytest

from conftest import TOP
from devices.worst import assembled, tool
from hotplate.litmus import bare
from hotplate.qemu.story import by_store

pytestmark = pytest.mark.tier("ci")

# Message passing: one CPU stores n to x, then to y; the other loads y, then x, and must not read an older value from
# x.
RISCV = """
	.globl _start
_start:	li a7, 0x48534d
	li a6, 0
	li a0, 1
	lla a1, second
	ecall
	lla s0, x
	lla s1, y
	li s5, 1
writes:	sd s5, 0(s0)
	%s
	sd s5, 0(s1)
	li t6, 20
1:	addi t6, t6, -1
	bnez t6, 1b
	addi s5, s5, 1
	li t0, 20000
	bne s5, t0, writes
	lla a1, good
	j say
second:	lla s0, x
	lla s1, y
reads:	ld a2, 0(s1)
	%s
	ld a3, 0(s0)
	bgeu a3, a2, reads
	lla a1, bad
say:	lbu a0, 0(a1)
	beqz a0, off
	li a7, 1
	ecall
	addi a1, a1, 1
	j say
off:	li a0, 0
	li a1, 0
	li a6, 0
	li a7, 0x53525354
	ecall
	j .
bad:	.asciz "not ok 1 mp\\n"
good:	.asciz "ok 1 mp\\n"
	.balign 4096
x:	.dword 0
	.balign 4096
y:	.dword 0
"""
ARM = """
cpu0:	adrp x20, memory
	add x21, x20, #4096
	mov x9, #1
writes:	str x9, [x20]
	%s
	str x9, [x21]
	mov x10, #20
1:	subs x10, x10, #1
	b.ne 1b
	add x9, x9, #1
	mov x10, #20000
	cmp x9, x10
	b.ne writes
	adr x1, good
	b print
cpu1:	adrp x20, memory
	add x21, x20, #4096
reads:	ldr x2, [x21]
	%s
	ldr x3, [x20]
	cmp x3, x2
	b.hs reads
	adr x1, bad
print:	movz x5, #0x0900, lsl #16
1:	ldrb w7, [x1], #1
	cbz w7, 2f
	str w7, [x5]
	b 1b
2:	b leave
bad:	.asciz "not ok 1 mp\\n"
good:	.asciz "ok 1 mp\\n"
	.balign 4096
memory:	.skip 8192
"""
FENCES = {"arm64": ("dmb ishst", "dmb ishld"), "riscv64": ("fence w, w", "fence r, r")}


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def program(tmp_path, arch, writer, reader):
    """The machine's command line for the program."""
    text = (ARM % (writer, reader)).join(bare.parts("arm64.s", 2)) if arch == "arm64" else RISCV % (writer, reader)
    return ["build/machine/worst-" + arch, "image=" + assembled(arch, tmp_path, text),
            "elf=" + str(tmp_path / "seq.elf"), "mem=256", "cpus=2",
            *(["caches=0"] if arch == "arm64" else [])]  # the program writes its tables with caches off


def story_of(command, seed):
    done = tool("story", *command, "seed=%d" % seed)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = [line for line in done.stderr.splitlines() if re.match(r"story: \d+ s: ", line)]
    assert len(steps) >= 3 and len(steps) == done.stderr.count("\n"), "lines of progress: " + done.stderr
    return done.stdout


@pytest.mark.parametrize("kept, choice", [(0, "it reads"), (1, "is visible before its older one")])
def test_names_it(tmp_path, arch, kept, choice):
    """One of two fences is removed: the story is about the writer's stores, or about the reader's loads (without
    `loads=` if the reader has its fence, since an old value that it may still read can be the last choice that is
    needed)."""
    fences = [f if n == kept else "" for n, f in enumerate(FENCES[arch])]
    command = program(tmp_path, arch, *fences) + (["loads=0"] if kept else [])
    for seed in (1, 2, 3):
        story = story_of(command, seed)
        assert choice in story, story
        first = story.split("\n\n")[0]
        assert not [line for line in first.split("\n") if len(line) > 79], first
        first = " ".join(first.split())
        assert first.startswith("The run fails in mp. It needs this choice of CPU ") and choice in first, first
        assert re.search(r" Allowed: (RVWMO|Arm ARM B2.3): ", first), first
        assert not re.search(r"\b(step|time|choice) \d{4}", story), story
        assert re.search(r"^step [\d,]+, CPU \d before (writes|reads)\+0x\w+ \(\S+:\d+\): ", story, re.M), story
        assert re.search(r"^  allowed: (RVWMO|Arm ARM B2.3): ", story, re.M), story
        assert len(re.findall(r"^  step [\d,]+ time [\d,]+ CPU [01] (?:writes|reads)", story, re.M)) > 2, story
        sides(story)
        stores(story)


def sides(story):
    """The story first describes the CPU of the choice, then the CPU whose store it missed, with its buffered
    stores."""
    own, missed = re.search(r"^step [\d,]+, CPU (\d) before .*?: .*?(?:CPU (\d)'s store.*)?$", story, re.M).groups()
    listed = re.findall(r"^  CPU (\d): |^    (waits) since", story.split("\naccesses to")[0], re.M)
    wanted = [own, missed] if missed else [own]
    assert [cpu for cpu, _ in listed][:len(wanted)] == wanted and sorted(c for c, _ in listed if c) == ["0", "1"], story
    assert ("", "waits") not in listed or listed[len(wanted)] == ("", "waits"), story


def stores(story):
    """A store that becomes visible is described at the instruction that stored, with its step."""
    for word in story.split("\naccesses to ")[1:]:
        stored = {v: (place, step) for step, place, v in re.findall(r"^  step (\S+) time .* CPU 0 (.*): stores .* (\w+)$", word, re.M)}
        seen = re.findall(r"^  step .* CPU 0 (.*), stored in step (\S+): its store is visible, the word is (\w+)$", word, re.M)
        assert len(seen) == word.count("its store is visible"), story
        assert len({place for place, _, _ in seen} | {place for place, _ in stored.values()}) == 1, story
        assert all((place, step) == stored.get(v, (place, step)) for place, step, v in seen), story


def test_nothing_to_tell(tmp_path, arch):
    """A correct program does not fail, and a program that fails in order has no choice as its cause."""
    right = program(tmp_path, arch, *FENCES[arch])
    done = tool("story", *right)
    assert done.returncode == 2 and "it does not fail" in done.stdout, done.stdout + done.stderr
    done = tool("shrink", *right, "args=")
    assert done.returncode == 2 and "it does not fail" in done.stdout, done.stdout + done.stderr
    wrong = program(tmp_path, arch, "", {"arm64": "mov x2, #-1", "riscv64": "li a2, -1"}[arch])
    done = tool("story", *wrong)
    assert done.returncode == 1 and "no ordering mistake" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("seed", [2, 5])
def test_looking_changes_nothing(arch, seed):
    """A run whose choices are counted is the same run."""
    def counted(*words):
        built_as = os.path.join(TOP, "build", arch)
        done = subprocess.run([os.path.join(TOP, "build", "machine", "worst-" + arch), "image=" + built_as + "/Image", "mem=512",
                               "cpus=3", "args=run=boot.wx exit", "counts=1", "seed=%d" % seed, *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr.splitlines()
    plain, listed = counted(), counted("story=1")
    assert plain[0] == listed[0] and plain[1] == listed[1][:1] and listed[1][1].startswith("story: ended step ")


def test_words_that_mean_the_same(tmp_path, arch):
    """A seed's run does not depend on blanks between the kernel's words, nor on where the image and the ELF file
    are."""
    def counted(image, args):
        done = subprocess.run([os.path.join(TOP, "build", "machine", "worst-" + arch), "image=" + image, "mem=512", "cpus=3",
                               "args=" + args, "counts=1", "seed=5"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr
    image = os.path.join(TOP, "build", arch, "Image")
    far = str(tmp_path / ("image-" * 20))
    os.symlink(image, far)
    usual = counted(image, "run=boot.wx exit")
    assert counted(image, "run=boot.wx  exit") == usual
    assert counted(far, "  run=boot.wx \t exit ") == usual
    assert counted(image, "run=boot.wx exit tlb=full") != usual


def test_shrink(tmp_path, arch):
    """The printed command fails, with fewer adversaries."""
    command = [*program(tmp_path, arch, "", FENCES[arch][1]), "seed=1", "args="]
    done = tool("shrink", "120", *command)
    assert done.returncode == 0, done.stdout + done.stderr
    line = done.stdout.splitlines()[-1].split()
    assert "tlb=off" in line and "stores=off" not in line and any(w.startswith("last=") for w in line), line
    again = subprocess.run(line[:-1] if line[-1] == "''" else line, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           check=False, timeout=120)
    assert again.returncode == 5 and "not ok 1 mp" in again.stdout, again.stderr


@pytest.mark.parametrize("name, words, why", [
    ("story", [], "usage: tools/hotplate story"), ("story", ["ARCH=z80"], "ARCH=z80"), ("story", ["build/machine/worst-arm64"], "image: which one?"),
    ("story", ["build/machine/worst-arm64", "story=1"], "this command sets it itself"), ("story", ["/nowhere", "a=1"], "/nowhere"),
    ("shrink", [], "usage: tools/hotplate shrink"), ("shrink", ["0", "ARCH=arm64"], "seconds are 1 to 86400"),
    ("shrink", ["build/machine/worst-arm64", "cpus=2"], "args= is missing"),
])
def test_refusals(name, words, why):
    """One clear line, status 4."""
    done = tool(name, *words)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_stores_in_program_order():
    """The oldest store of the CPU to the word becomes visible next; a store that was not buffered is described at its
    CPU's current place."""
    lines = ["step 1 time 1 CPU 0 a+0x4: stores (not yet visible) 1", "step 2 time 1 CPU 1 b+0x4: stores (not yet visible) 9",
             "step 3 time 1 CPU 0 c+0x4: stores (not yet visible) 2", "step 4 time 2 CPU 0 d+0x4: its store is visible, the word is 1",
             "step 5 time 3 CPU 0 d+0x4: its store is visible, the word is 2", "step 6 time 4 CPU 0 e+0x4: its store is visible, the word is 3"]
    assert by_store(lines) == [*lines[:3], "step 4 time 2 CPU 0 a+0x4, stored in step 1: its store is visible, the word is 1",
                               "step 5 time 3 CPU 0 c+0x4, stored in step 3: its store is visible, the word is 2", lines[5]]
