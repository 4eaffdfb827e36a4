# SPDX-License-Identifier: BSD-2-Clause
"""The arm64 half of the worst legal machine (machine/arm64/, machine/MODEL.md): it boots the image, replays runs, and
agrees with QEMU."""
import os
import re
import struct
import subprocess

import pytest

import sequences_arm64
from conftest import TOP, unattended
from devices.worst import assembled
from hotplate.barriers import patch
from hotplate.litmus import bare

WORST = os.path.join(TOP, "build", "machine", "worst-arm64")
pytestmark = [pytest.mark.tier("ci"), pytest.mark.skipif(
    "arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64").split(), reason="it is an arm64 machine")]
SUM = re.compile(r"^([0-9a-f]{16})\r?$", re.M)


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "build/machine/worst-arm64"], cwd=TOP, check=True)


def ran(*words):
    return subprocess.run([WORST, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.tier("test")
@pytest.mark.parametrize("worst", ["seed=1", "seed=2 ad=1", "adversaries=off"])
def test_hot_plug(worst):
    """The unmodified image, by tools/hotplate run."""
    status, text, printed = unattended("arm64", "worst-" + worst.replace(" ", "-"), 300, MACHINE="worst", WORST=worst,
                                       ARGS="run=hotplug.cycle,hotplug.migrate_live,boot.wx exit")
    assert status == 0, printed
    assert "machine  hotplate,worst" in text and "TCG" not in text


@pytest.mark.parametrize("cpus, seed, run", [
    (1, 1, "hotplug.cycle"), (2, 2, "kern.call*"), (4, 3, "kern.call*,hotplug.cycle"), (8, 4, "kern.call*"),
])
def test_gicv2(cpus, seed, run):
    """A GICv2 in the state of earlier software, with interfaces in another order than CPUs: IPIs and the timer are
    delivered."""
    done = ran("image=build/arm64/Image", "elf=build/arm64/hotplate.elf", "mem=256", "node1=256", f"cpus={cpus}", f"seed={seed}",
               "gic=2", "steps=2000", f"args=withhold=node1 run=boot.wx,{run} exit")
    assert done.returncode == 0 and "verdict=pass" in done.stdout and ", GICv2, " in done.stdout, done.stdout[-2000:] + done.stderr


@pytest.mark.parametrize("text, why", [
    ("mov w1, #5\nstr w1, [x0, #16]", "GICC_EOIR is written with 5, GICC_IAR gave 3ff: UNPREDICTABLE"),
    ("mov w1, #3\nstr w1, [x0]", "GICC_CTLR 3: only EnableGrp0 is modelled"),
    ("mov w1, #-1\nstr w1, [x2, #0x104]\nldr w1, [x2, #0xc08]\nmvn w1, w1\nstr w1, [x2, #0xc08]",
     "GICD_ICFGR of interrupt 32 changes"),
])
def test_gicv2_stops(tmp_path, text, why):
    """An access that IHI 0048 forbids ends the machine with its name."""
    flat = assembled("arm64", tmp_path, f"\t.globl _start\n_start: mov x0, #0x8010000\nmov x2, #0x8000000\n{text}\nb .\n")
    done = ran("image=" + flat, "mem=128", "cpus=1", "gic=2", "steps=1")
    assert done.returncode == 3 and why in done.stderr, done.stderr


def test_gicv2_refused():
    done = ran("image=build/arm64/Image", "cpus=9", "gic=2")
    assert done.returncode == 4 and done.stderr.startswith("worst: gic=2: it serves eight CPUs") and done.stderr.count("\n") == 1


def test_image_asks_too_much(tmp_path):
    """The image's header (Linux boot protocol) has a size beyond RAM."""
    with open(os.path.join(TOP, "build", "arm64", "Image"), "rb") as f:
        image = bytearray(f.read())
    image[16:24] = (2 ** 63 - 1).to_bytes(8, "little")
    (tmp_path / "Image").write_bytes(image)
    done = ran("image=%s" % (tmp_path / "Image"), "mem=128")
    assert done.returncode == 4 and done.stderr == "worst: image: its header needs more RAM than there is (mem=)\n"


@pytest.mark.parametrize("words", [
    ["cpus=4", "seed=1"], ["cpus=4", "seed=2", "el=2"], ["cpus=8", "seed=3", "gic=2"], ["cpus=4", "adversaries=off"],
])
def test_spin_table(words):
    """CPUs that wait for an address in firmware's loop, with MMU and caches off, are started; after a restart from
    the kernel's own loop."""
    done = ran("image=build/arm64/Image", "mem=256", "steps=2000", "start=spin", *words,
               "args=run=boot.cpus geometry=arm64-4k-48,arm64-64k-48 exit")
    assert done.returncode == 0 and "verdict=pass" in done.stdout, done.stdout[-2000:] + done.stderr
    assert len(re.findall(r"^ +ok 1 boot.cpus", done.stdout, re.M)) == 2 and f"cpu      {words[0][5:]} x " in done.stdout


def without(tmp_path, function, instruction, which):
    """An image in which a function whose name contains `function` lacks the matching instruction number `which`; its
    checksums are right."""
    text = subprocess.run(["aarch64-linux-gnu-objdump", "-d", "-w", "build/arm64/hotplate.elf"], cwd=TOP, capture_output=True,
                          text=True, check=True).stdout
    blocks = [b for b in text.split("\n\n") if "\t" + function in b]
    assert len(blocks) == 1
    at = [int(a, 16) for a in re.findall(r"^([0-9a-f]+):\t[0-9a-f]{8} +\t" + instruction, blocks[0], re.M)]
    flat = patch.Flat("build/arm64/Image", "build/arm64/hotplate.elf", "arm64")
    bad = tmp_path / "Image"
    bad.write_bytes(flat.changed({at[which]: 0xd503201f}))
    return str(bad), len(at)


@pytest.mark.parametrize("instruction, which, of", [
    ("sev", 0, 1), (r"bl\t\w+ <cache_clean>", 0, 2), (r"bl\t\w+ <cache_clean>", 1, 2),
    (r"bl\t\w+ <arch_dcache_clean_inval>", 4, 5),
])
def test_spin_table_needs(tmp_path, monkeypatch, instruction, which, of):
    """Without SEV, or without the clean of the address, of spin_ids, or of the kernel's own address word, a CPU stays
    off."""
    monkeypatch.chdir(TOP)
    bad, found = without(tmp_path, "sev", instruction, which)
    assert found == of

    def starts(*words):
        done = ran("image=" + bad, "cpus=3", "mem=128", "steps=600", "start=spin", *words,
                   "args=run=boot.cpus geometry=arm64-4k-48,arm64-64k-48,arm64-16k-48 exit")
        return done.returncode == 0 and "verdict=pass" in done.stdout
    assert not all(starts(f"seed={seed}") for seed in range(1, 9))
    assert instruction == "sev" or starts("caches=0")


@pytest.mark.tier("test")
@pytest.mark.parametrize("words", ["mpidr=clusters cpus=5 start=spin gic=2", "mpidr=threads cpus=6 el=2", "mpidr=sparse cpus=8 seed=1",
                                   "mpidr=sparse cpus=4 seed=2 start=spin el=2", "mpidr=quads cpus=6"])
def test_mpidr(words):
    """CPUs whose affinities are not numbers from 0 on: each starts, receives SGIs, and takes its timer's interrupts;
    one of them takes those of the virtio device, which ends with the size of its last request, or is busy when the
    run ends."""
    done = ran("image=build/arm64/Image", "mem=128", "vmem=256", "mmio=1", "sizes=128,0", "steps=2000", *words.split(),
               "args=run=boot.cpus,boot.ticks,kern.call_sees_stores,hotplug.cycle exit")
    cpus = re.search(r"cpus=(\d+)", words).group(1)
    assert done.returncode == 0 and "verdict=pass" in done.stdout and f"cpu      {cpus} x " in done.stdout, done.stdout[-2000:] + done.stderr
    busy = re.search(r"plug of 0x\w+\+128M: the device answered busy, a\s+#? ?retry\s+#? ?follows", done.stdout)
    assert "worst: virtio-mem: 0 MiB are plugged, as requested" in done.stderr or busy, done.stdout[-2000:] + done.stderr


@pytest.mark.tier("test")
@pytest.mark.parametrize("words", ["line=16", "line=128 start=spin", "line=2048", "line=mixed seed=2", "line=mixed seed=2 start=spin"])
def test_lines(words):
    """Cache lines of another length, and of different lengths by CPU: CPUs start, also after a restart, and no memory
    is lost.  A soft restart does not know the lines of CPUs that wait in the kernel's loop, so firmware resets."""
    done = ran("image=build/arm64/Image", "mem=128", "cpus=4", "steps=600", *words.split(),
               "args=run=boot.cpus,crash.assertion,kern.call_sees_stores,kern.spinlock_excludes exit")
    assert done.returncode == 0 and "# life 2 of this machine" in done.stdout, done.stdout[-2000:] + done.stderr
    assert len(re.findall(r"^ +ok . (?:boot\.cpus|kern\.call_sees_stores|kern\.spinlock_excludes)\r?$", done.stdout, re.M)) == 3, done.stdout
    assert ("# not entered again, but reset by firmware: cache lines of CPUs differ" in done.stdout) == ("mixed" in words and "spin" in words)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_memory_that_left(seed):
    """Node 1 is taken out when the kernel prints that it is removed: SErrors if its lines are dirty then, otherwise
    none."""
    typed = "add node 1\nonline node 1\noffline node 1\nremove node 1\nrun boot.wx\nexit\n"

    def passes(cache_leave, *words):
        done = subprocess.run([WORST, "image=build/arm64/Image", "elf=build/arm64/hotplate.elf", "cpus=4", "mem=512", "node1=256",
                               f"seed={seed}", "steps=1000", "leaves=remove   blocks", "until=# CRASH",
                               "until=hotplate> # CRASH",
                               "args=withhold=node1 cache-leave=" + cache_leave, *words],
                              cwd=TOP, input=typed, capture_output=True, text=True, check=False, timeout=300)
        assert re.search(r"^remove   blocks .* ok\r?$", done.stdout, re.M), done.stdout
        return done.returncode == 0 and "verdict=pass" in done.stdout, done.stdout
    good, text = passes("on")
    assert good, text
    bad, text = passes("off")
    assert not bad and "SError: an earlier access failed" in text, text
    assert passes("off", "caches=0")[0]


@pytest.mark.parametrize("words, why", [(["leaves=x"], "leaves: no memory of node 1"), (["leaves="], "leaves=: not a word"), (["mpidr=tall"], "mpidr=tall: not a word"),
                                        (["start=smoke"], "start=smoke: not a word"), (["midr="], "midr=: a number, or one for each CPU"),
                                        (["midr=0x410fd034x"], "a number, or one"), (["midr=x"], "a number, or one"),
                                        (["midr=0x410fd034,"], "a number, or one"), (["midr=0x4100d034"], "not of Armv8: 32 bits"),
                                        (["midr=0x1410fd034"], "not of Armv8"), (["midr=-1"], "not of Armv8"),
                                        (["midr=" + ",".join(17 * ["983616"])], "more than 16 CPUs"),
                                        (["cpus=2", "midr=" + ",".join(3 * ["983616"])], "midr: more values than CPUs"),
                                        (["revidr=x"], "revidr=x: not a number")])
def test_word_refused(words, why):
    done = ran("image=build/arm64/Image", *words)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_replay():
    """A seed determines the whole run; another seed gives another run."""
    def counted(seed):
        done = ran("image=build/arm64/Image", "mem=512", "cpus=3", "args=run=boot.wx exit", "counts=1", f"seed={seed}")
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr
    assert counted(5) == counted(5)
    assert counted(5)[1] != counted(6)[1]


def restarted(image, *words):
    done = ran("image=" + image, "mem=128", "cpus=1", "steps=150", "args=run=crash.assertion,boot.wx exit", *words)
    return done.returncode == 0 and "# life 2 of this machine" in done.stdout and re.search("^ *ok . boot.wx", done.stdout, re.M)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_moved_image(seed):
    """The image copies itself with the MMU off and is intact at the restart, also if a DC completes before stores to
    its line."""
    assert restarted(os.path.join(TOP, "build/arm64/Image"), f"seed={seed}", "load=2052")


def test_caches(tmp_path):
    """Without DC IVAC in the entry code the image works only without caches."""
    with open(os.path.join(TOP, "build/arm64/Image"), "rb") as f:
        image = bytearray(f.read())
    removed = 0
    for at in range(0, 8192, 4):
        if struct.unpack_from("<I", image, at)[0] & ~31 == 0xd5087620:
            struct.pack_into("<I", image, at, 0xd503201f)
            removed += 1
    bad = tmp_path / "Image"
    bad.write_bytes(image)

    def boots(*words):
        done = ran(f"image={bad}", "mem=128", "cpus=1", "steps=40", "args=run=boot.wx exit", *words)
        return done.returncode == 0 and "verdict=pass" in done.stdout
    assert removed == 9 and boots("caches=0") and not boots("seed=1")


# Code that writes one of its instructions and then executes it, 200 times; MMU and caches on.  Exit status 2: a stale
# one.
WRITES_CODE = """
    adr x0, table
    movz x1, #0x701
    movk x1, #0x4000, lsl #16
    str x1, [x0, #8]
    dmb sy
    dc ivac, x0
    dsb sy
    mov x1, #0xff
    msr mair_el1, x1
    ldr x1, =0x%x
    msr tcr_el1, x1
    msr ttbr0_el1, x0
    isb
    tlbi vmalle1
    dsb nsh
    isb
    ldr x1, =0x30d01805
    msr sctlr_el1, x1
    isb
    adr x2, code
    mov w3, #200
1:  movz w4, #0x5280, lsl #16
    orr w4, w4, w3, lsl #5
    str w4, [x2]
    %s
    dsb ish
    %s
    dsb ish
    isb
    bl code
    cmp w0, w3
    b.ne .
    subs w3, w3, #1
    b.ne 1b
    ldr x0, =0x84000008
    hvc #0
    .balign 4096
code:
    movz w0, #0
    ret
    .balign 4096
table:
    .fill 512, 8, 0
"""
TCR_39_4K = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32


@pytest.mark.parametrize("clean, drop, words", [
    ("dc cvau, x2", "ic ivau, x2", []), ("nop", "ic ivau, x2", ["idc=1"]), ("dc cvau, x2", "nop", ["dic=1"]), ("nop", "nop", ["idc=1", "dic=1"]),
    ("mov x5, #60; add x5, x5, x2; dc cvau, x5", "ic ivau, x2", ["line=64"]), ("mov x5, #60; add x5, x5, x2; dc cvau, x5", "ic ivau, x2", ["line=16"]),
])
def test_code_that_was_written(tmp_path, clean, drop, words):
    """A clean to the point of unification, of the code's line, and an invalidation: each is needed unless CTR_EL0
    excludes it."""
    flat = assembled("arm64", tmp_path, ".globl _start\n_start:" + WRITES_CODE % (TCR_39_4K, clean, drop))

    def coherent(*more):
        return all(ran("image=" + flat, "mem=128", "cpus=1", "steps=1", f"seed={seed}", *more).returncode == 0 for seed in range(1, 9))
    assert coherent(*words) == (words != ["line=16"]) and coherent("adversaries=off")
    if words and "line" not in words[0]:
        assert not any(coherent(*(w for w in words if w != word)) for word in words)


# All memory is Non-cacheable, also for walks.  CPU 1 stores message N and an entry that maps 2 MiB, both in a line of
# their own, and after DMB the number N.  CPU 0 reads N, executes DSB and ISB, waits, and loads the message.
AROUND = """
    .globl _start
_start:
    adr x0, table
    movz x1, #0x0705
    movk x1, #0x4000, lsl #16
    str x1, [x0, #8]
    adr x1, entries
    orr x1, x1, #3
    str x1, [x0, #16]
    dmb sy
    dc ivac, x0
    dsb sy
    ldr x0, =0xc4000003
    mov x1, #1
    adr x2, on
    hvc #0
    mov x3, #0
on:
    adr x0, table
    mov x1, #0x4400
    msr mair_el1, x1
    ldr x1, =0x%x
    msr tcr_el1, x1
    msr ttbr0_el1, x0
    isb
    tlbi vmalle1
    dsb nsh
    isb
    ldr x1, =0x30d01805
    msr sctlr_el1, x1
    isb
    adr x4, flag
    adr x5, messages
    adr x6, entries
    mrs x1, mpidr_el1
    tst x1, #0xff
    mov x7, #1
    b.ne writes
1:  ldr x7, [x4]
    cbz x7, 1b
    dsb sy
    isb
    mov x9, #4000
3:  subs x9, x9, #1
    b.ne 3b
    add x8, x5, x7, lsl #6
    %s
    cmp x9, x7
    b.ne .
    cmp x7, #63
    b.ne 1b
    ldr x0, =0x84000008
    hvc #0
writes:
    add x8, x5, x7, lsl #6
    str x7, [x8]
    movz x9, #0x0705
    movk x9, #0x4020, lsl #16
    add x8, x6, x7, lsl #6
    str x9, [x8]
    dmb sy
    str x7, [x4]
    mov x9, #4000
2:  subs x9, x9, #1
    b.ne 2b
    add x7, x7, #1
    cmp x7, #63
    b.ls writes
    b .
    .ltorg
    .balign 4096
table:
    .fill 512, 8, 0
entries:
    .fill 512, 8, 0
messages:
    .fill 512, 8, 0
flag:
    .fill 8, 8, 0
"""
AROUND_LOADS = {"ldr": "ldr x9, [x8]", "ldar": "ldar x9, [x8]", "walk": """
    and x8, x8, #0x1fffff
    add x8, x8, x7, lsl #24
    mov x9, #0x80000000
    ldr x9, [x8, x9]"""}


@pytest.mark.tier("test")
@pytest.mark.parametrize("load", AROUND_LOADS)
def test_order_around_the_caches(tmp_path, load):
    """Memory has what was stored around the caches, so a later load or walk observes it, though a cache line of the
    old bytes was discarded in between.  Without its view each fails by some of these seeds."""
    flat = assembled("arm64", tmp_path, AROUND % (TCR_39_4K & ~0xf00, AROUND_LOADS[load]))
    words = ["image=" + flat, "mem=128", "node1=0", "cpus=2", "loads=1", "steps=20"]
    assert [s for s in range(1, 61) if ran(*words, f"seed={s}").returncode] == []


@pytest.mark.parametrize("text, name", [
    ("mrs x0, s3_0_c15_c2_0", "MRS of S3_0_C15_C2_0 is not known"), ("msr s3_3_c11_c0_0, x0", "MSR of S3_3_C11_C0_0 is not known"),
    ("sys #0, c7, c10, #7, x0", "SYS d5087ae0 is not known"), (".inst 0x03000000", "instruction 03000000 is not known"),
])
def test_unknown_stops(tmp_path, text, name):
    """An unknown instruction ends the machine with its name, and each CPU's syndrome."""
    flat = assembled("arm64", tmp_path, f"\t.globl _start\n_start: {text}\n")
    done = ran("image=" + flat, "mem=128", "cpus=1", "adversaries=off")
    assert done.returncode == 3 and name in done.stderr, done.stderr
    assert "    EL1; ESR_EL1 0, FAR_EL1 0, ELR_EL1 0, SPSR_EL1 0\n" in done.stderr


# A load, a jump or a denied instruction: its exception has no vector that can be fetched.
# The header of an Image; with the MMU off, a word of its BSS is stored, and after a while it has another value or not.
KEEPS_BSS = """
    .globl _start
_start: .inst 0x%x
    b 1f
    .quad 0, 0x100000, 10, 0, 0, 0
    .ascii "ARM\x64"
    .long 0
1:  adr x5, _start
    mov x6, #0x80000
    add x5, x5, x6
    mov x7, #0x1000
2:  add x6, x5, x7, lsl #6
    str x7, [x6]
    sub x7, x7, #1
    cbnz x7, 2b
    mov x8, #0x20000
3:  subs x8, x8, #1
    b.ne 3b
    mov x7, #0x1000
4:  add x6, x5, x7, lsl #6
    ldr x9, [x6]
    cmp x9, x7
    b.ne .
    sub x7, x7, #1
    cbnz x7, 4b
    ldr x0, =0x84000008
    hvc #0
"""
LINUX_CODE0, OTHER_CODE0 = 0xfa405a4d, 0x91005a4d


@pytest.mark.parametrize("code0, word, keeps", [
    (LINUX_CODE0, "", True), (OTHER_CODE0, "", False), (LINUX_CODE0, "bss=dirty", False), (OTHER_CODE0, "bss=clean", True),
])
def test_bss(tmp_path, code0, word, keeps):
    """Dirty lines over the RAM that an image needs beyond its file: by bss=, else by its header."""
    flat = assembled("arm64", tmp_path, KEEPS_BSS % code0)
    ends = [ran("image=" + flat, "mem=128", "cpus=1", "steps=2", f"seed={seed}", *word.split()).returncode for seed in range(1, 5)]
    assert ends == ([0] * 4 if keeps else [2] * 4)


def test_bss_refused():
    done = ran("image=build/arm64/Image", "bss=some")
    assert done.returncode == 4 and done.stderr.startswith("worst: bss=some: not a word of this program")


@pytest.mark.parametrize("text, pc, esr, far", [
    ("ldr x0, [x6]", 0x40200010, 0x96000010, 0x6000000000), ("br x6", 0x6000000000, 0x86000010, 0x6000000000),
    ("fadd d0, d1, d2", 0x40200010, 0x02000000, 0),
])
def test_first_fault(tmp_path, text, pc, esr, far):
    """When no vector can be fetched, the syndrome of the first exception is printed, not that of the vector's fetch."""
    flat = assembled("arm64", tmp_path, "\t.globl _start\n_start: movz x5, #0x70, lsl #32\nmovz x6, #0x60, lsl #32\nmsr vbar_el1, x5\nisb\n"
                              + text + "\n")
    done = ran("image=" + flat, "mem=128", "cpus=1", "adversaries=off")
    assert done.returncode == 3 and f"pc {pc:x} and its vector cannot be fetched" in done.stderr, done.stderr
    assert f"ESR_EL1 {esr:x}, FAR_EL1 {far:x}, ELR_EL1 {pc:x}, SPSR_EL1 3c5\n" in done.stderr, done.stderr


@pytest.mark.parametrize("seed, exclusives, words", [
    (1, True, ["adversaries=off"]), (2, True, ["adversaries=off"]), (3, True, ["stores=0", "fails=0"]), (11, False, ["seed=9"]),
    (13, False, []), (14, False, ["late=1"]), (15, True, ["late=1", "stores=0", "fails=0"]), (16, False, ["late=1", "seed=3", "loads=2"]),
])
def test_agrees(tmp_path, monkeypatch, seed, exclusives, words):
    """Random instructions: the checksums of all registers and flags every 640 instructions equal QEMU's; also with
    adversaries, since a single CPU never observes its own accesses out of order (a store-exclusive may fail by chance
    then, so those programs have none)."""
    monkeypatch.setattr(sequences_arm64, "EXCLUSIVES", exclusives)
    flat = assembled("arm64", tmp_path, sequences_arm64.program(seed, 320, 40, 20))
    qemu = subprocess.run(["qemu-system-aarch64", "-M", "virt", "-cpu", "max", "-m", "256", "-nic", "none", "-nographic", "-kernel",
                           flat], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
    worst = ran("image=" + flat, "mem=256", "cpus=1", *words)
    sums = SUM.findall(qemu.stdout)
    assert len(sums) == 400 and sums == SUM.findall(worst.stdout)


PAIR = """
cpu0:	adr x0, aborts - 0x200
	msr vbar_el1, x0
	isb
	mov x20, #0x80000000		// not mapped
	sub x20, x20, #8
	str xzr, [x20]
	mov x22, #200
1:	mov x2, x20
	ldp x2, x3, [x2]		// its first access may be late, the second aborts
	b 3f
2:	cmp x2, x20			// the base stays
	b.ne 3f
	subs x22, x22, #1
	b.ne 1b
	mov w7, #'o'
	b 4f
3:	mov w7, #'x'
4:	mov x5, #0x09000000
	str w7, [x5]
	b leave
	.balign 2048
	.skip 0x200
aborts:
	mov x4, #500			// a load that is left is performed meanwhile
5:	subs x4, x4, #1
	b.ne 5b
	adr x0, 2b
	msr elr_el1, x0
	eret
"""


@pytest.mark.parametrize("words", [["late=1"], ["late=2", "loads=1"], ["adversaries=off"]])
def test_pair_aborts(tmp_path, words):
    """A load pair whose second access aborts does not change its base, although the first access is a late load of
    it."""
    done = ran("image=" + assembled("arm64", tmp_path, PAIR.join(bare.parts("arm64.s", 1))), "mem=1024", "cpus=1", "steps=10", *words)
    assert done.returncode == 0 and done.stdout.startswith("o"), (done.stdout, done.stderr)
