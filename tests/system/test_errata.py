# SPDX-License-Identifier: BSD-2-Clause
"""Rows of errata: requested, or found by the ids of the CPU, and not in force anywhere else."""
import re
import subprocess

import pytest

from hotplate.lint import a53

U74 = "rv64,svinval=on,mvendorid=0x489,marchid=0x8000000000000007,mimpid="
RV64 = "rv64,svinval=on"
# With a vendor id the guest treats QEMU as silicon, whose limit of 100 ms without an interrupt a busy host exceeds.
PATIENT = " hang=10s"
CIP_1200 = [  # CPU, boot argument, is the row in force?
    (RV64, "", False), (RV64, "errata=+cip-1200", True),
    (U74 + "0x200504", "", True), (U74 + "0x1200626", "", False), (U74 + "0x200701", "", False),
]


@pytest.mark.parametrize("cpu,word,in_force", CIP_1200)
@pytest.mark.of("riscv64")
def test_cip_1200(arch, suite, cpu, word, in_force):
    found, text = suite(arch, "cip-1200", SMP="2", CPU=cpu, ARGS=word + PATIENT + " run=tlb.fence_reach exit")
    kinds = re.findall(r"fence_reach/(\w+) .* addressed=(\d+) full=(\d+)", text)
    assert len(found) == 3 and [k[0] for k in kinds] == ["ipi", "sbi", "svinval"], text[-1500:]
    for name, addressed, full in kinds:
        assert (addressed == "0") == (full != "0") == in_force, name
    assert ("errata cip-1200" in " ".join(text.split())) == in_force


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_repeat_tlbi(arch, suite):
    for word in ("", "errata=+repeat-tlbi"):
        found, text = suite(arch, "repeat-tlbi", want=0 if word else 3, SMP="2", CPU="max", ARGS=word + " run=tlb.errata_repeat exit")
        assert ("SKIP" in text) == (not word) == ("errata repeat-tlbi" not in " ".join(text.split())), found


ROWS = {  # name -> a CPU that needs it, as CPU 1 of a machine reports; a similar CPU that does not; None: no CPU reports it
    "arm64": {
        "repeat-tlbi": ("midr=0x510f8000", "midr=0x510f8001"), "clean-inval": ("midr=0x410fd034", "midr=0x411fd030"),
        "exec-to-nx": ("midr=0x411fd4d1", "midr=0x411fd471"), "icache-tlbi": ("midr=0x431f0a11", "midr=0x431f0a12"),
        "stale-fetch": ("midr=0x414fd0c1,1:ctr=0xa444c004", "midr=0x414fd0c1,1:ctr=0x8444c004"),
        "asid-root": ("midr=0x510f8000", "midr=0x510f8001"), "device-load": ("midr=0x411fd072", "midr=0x411fd073"),
        "device-store": ("midr=0x4e0f0100", "midr=0x4e0f0040"), "hcr-write": ("midr=0xc00fac40", "midr=0xc00fac30"),
        "par-read": ("midr=0x411fd0d0", "midr=0x411fd0d1"), "early-clean": None,
        "counter-carry": ("midr=0x412fd091", "midr=0x412fd0a1"), "lost-acknowledge": ("midr=0x431f0b60", "midr=0x431f0af0"),
    },
    "riscv64": {
        "cip-1200": ("mvendorid=0x489,1:marchid=0x8000000000000007,1:mimpid=0x20200504",
                     "mvendorid=0x489,1:marchid=0x8000000000000007,1:mimpid=0x1200626"),
        "cip-453": ("mvendorid=0x489,1:marchid=0x8000000000000007,1:mimpid=0x20191105",
                    "mvendorid=0x489,1:marchid=0x8000000000000007,1:mimpid=0x20191106"),
        "thead-attributes": ("mvendorid=0x5b7,1:marchid=0,1:mimpid=0", "mvendorid=0x5b7,1:marchid=0,1:mimpid=1"),
    },
}


def printed_rows(text):
    return re.findall(r"^errata: ([a-z0-9-]+) \(", text, re.M)


@pytest.mark.tier("ci")
@pytest.mark.both
@pytest.mark.parametrize("name", sorted(n for rows in ROWS.values() for n in rows))
def test_one_cpu_is_enough(arch, name, suite):
    """A row is in force and reported if one CPU of two needs it, or errata= requests it; not for the similar CPU."""
    if name not in ROWS[arch]:
        pytest.skip("a row of the other architecture")
    cases = [("errata=+" + name, True), ("", False)]
    if ROWS[arch][name]:
        cases += zip(("as-if=1:" + word for word in ROWS[arch][name]), (True, False))
    for words, there in cases:
        _, text = suite(arch, "errata-row", SMP="2", NODES="1", ARGS=words + PATIENT + " run=boot.wx,tlb.errata* exit")
        assert (name in printed_rows(text)) == there, (words, printed_rows(text))
        assert "# cpu" not in text and "at most 8" not in text


@pytest.mark.tier("ci")
@pytest.mark.parametrize("word", ["", "errata=+cip-453"])
@pytest.mark.of("riscv64")
def test_cip_453(arch, word, suite):
    """The sign is restored if the row is in force; fetch faults are handled with and without it."""
    found, text = suite(arch, "cip-453", SMP="2", ARGS=word + " geometry=sv39 run=tlb.errata_fetch_va,hotplug.under_fire exit")
    assert "mends=%d" % bool(word) in text and len(found) > 1, text[-1500:]


@pytest.mark.tier("ci")
@pytest.mark.of("riscv64")
def test_lost_timer(arch, suite):
    """A row of QEMU itself: in force on the emulator, whatever vendor its harts have."""
    for cpu in (RV64, U74 + "0x200701"):
        _, text = suite(arch, "lost-timer", SMP="2", CPU=cpu, ARGS=PATIENT + " run=boot.ticks exit")
        assert "lost-timer" in printed_rows(text), text[:1500]


ROW = {"arm64": "repeat-tlbi", "riscv64": "cip-1200"}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("word", ["+x", "x", "-", "+{0},-x", "-{0},"])
def test_an_unknown_row_is_refused(arch, suite, word):
    """Refused in one line; then no part of the argument counts, and an unattended run is an error."""
    first = ROW[arch]
    _, text = suite(arch, "errata-no", want=3, SMP="1", ARGS="errata=%s run=boot.wx exit" % word.format(first))
    bad = word.rpartition(",")[2]
    assert "\nerrata=%s: + or - and a row; `errata` lists them\n" % bad in text.replace("\r", ""), text[:600]
    assert "#: run " not in text and not re.search(r"^errata: .?%s " % first, text, re.M)


NOTHING = {"arm64": "stale-fetch", "riscv64": "thead-attributes"}  # nothing is done, or it is always done, so it cannot be left out


@pytest.mark.tier("ci")
def test_a_row_is_left_out(arch, suite):
    """The row is not in force although a CPU needs it; boot, the banner, `errata` and `#: run` report it."""
    name, needs = ROW[arch], ROWS[arch][ROW[arch]][0]
    _, text = suite(arch, "errata-off", SMP="2", NODES="1",
                    ARGS="as-if=1:%s errata=-%s%s run=tlb.errata_repeat,tlb.fence_reach exit" % (needs, name, PATIENT))
    assert name not in printed_rows(text) and re.search(r"^errata: -%s \(.*\): left out, and needed here: " % name, text, re.M)
    assert "errata -" + name in " ".join(text.split()) and re.search(r"^#: run .* errata=-%s\b" % name, text, re.M)
    if arch == "riscv64":
        assert re.findall(r"fence_reach/ipi .* addressed=(\d+) full=0", text) > ["39"], text[-1500:]
    else:
        assert "SKIP no CPU here needs" in text, text[-1500:]
    _, text = suite(arch, "errata-off", want=3, SMP="1", ARGS="errata=-%s run=boot.wx exit" % NOTHING[arch])
    assert "errata=-%s: nothing is done that could be left out" % NOTHING[arch] in text
    two = {"arm64": ("repeat-tlbi", "clean-inval"), "riscv64": ("cip-1200", "cip-453")}[arch]
    _, text = suite(arch, "errata-off", SMP="1", ARGS="errata=-%s,-%s run=boot.wx exit" % two)
    assert "errata -%s, -%s" % two in " ".join(text.split()), "the banner has all of them"


TIMER = {"counter-twice": "fsl,erratum-a008585", "counter-near": "hisilicon,erratum-161010101",
         "counter-low-bits": "allwinner,erratum-unknown1"}


@pytest.mark.parametrize("name", sorted(TIMER))
@pytest.mark.of("arm64")
def test_the_tree_knows_the_counter(arch, suite, tmp_path, name):
    """A property of the timer puts its row in force, and no other; time continues."""
    blob = tmp_path / "edited.dtb"
    subprocess.run(["qemu-system-aarch64", "-M", "virt,dumpdtb=%s" % blob, "-cpu", "max", "-smp", "2", "-m", "1G",
                    "-display", "none", "-nic", "none"],
                   check=True, capture_output=True)
    subprocess.run(["fdtput", str(blob), "/timer", TIMER[name], "-t", "x"], check=True)
    _, text = suite(arch, "errata-tree", SMP="2", NODES="1", DTB=str(blob), ARGS=PATIENT + " run=boot.ticks exit")
    assert printed_rows(text) == [name] and "ok 1 boot.ticks" in text, text[:1500]


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_acknowledged_surely(arch, suite):
    """A GICv3 with the row lost-acknowledge in force delivers interrupts of devices, timers and CPUs."""
    found, text = suite(arch, "errata-iar", SMP="2", QEMU_ARGS="-M virt,gic-version=3",
                        ARGS="errata=+lost-acknowledge" + PATIENT + " run=boot.ticks,kern.*,hotplug.cycle exit")
    assert "lost-acknowledge" in printed_rows(text) and "GICv3" in text and len(found) > 10


@pytest.mark.of("arm64")
def test_mmu_off_behind_isb(arch):
    """Falkor 1041: each instruction that switches translation off has an ISB before it."""
    seen = 0
    for name in ("arch/arm64/idmap", "boot/arm64"):
        out = subprocess.run(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", "build/arm64/obj/%s.o" % name],
                             capture_output=True, text=True, check=True).stdout
        words = re.findall(r"^ +[0-9a-f]+:[ \t]+(\S+)(?:[ \t]+(\S+))?", out, re.M)
        for i, word in enumerate(words):
            if word[0] == "msr" and word[1].startswith("sctlr_el"):
                assert "isb" in (words[i - 1][0], words[i - 2][0]), (name, words[i - 3:i + 1])
                seen += 1
    assert seen >= 7, seen


BOTH_SIDES = {"hcr_el2": ("dsb nsh", "isb"),     # AmpereOne AC04_CPU_23, for a write
              "par_el1": ("dmb sy", "dmb sy")}  # Cortex-A77 1508412, for a read


@pytest.mark.parametrize("register", sorted(BOTH_SIDES))
@pytest.mark.of("arm64")
def test_between_barriers(arch, register):
    """The barriers that these errata require around a register, at each access in the image, since it runs before
    rows are known."""
    out = subprocess.run(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", "build/arm64/hotplate.elf"],
                         capture_output=True, text=True, check=True).stdout
    words = [" ".join(w.split()) for w in re.findall(r"^ *[0-9a-f]+:[ \t]+([^/\n]*)", out, re.M)]
    form = re.compile(r"msr hcr_el2, " if register == "hcr_el2" else r"mrs \w+, par_el1")
    sides = [(words[i - 1], words[i + 1]) for i, w in enumerate(words) if form.match(w)]
    assert sides and set(sides) == {BOTH_SIDES[register]}, sides


def device_accesses(log):
    """Addresses of the loads and stores of device registers that QEMU translated, by mnemonic without its size."""
    at = {"ldr": set(), "ldar": set(), "str": set(), "stlr": set()}
    code = re.findall(r"^0x([0-9a-f]+): +[0-9a-f]{8} +(\w+) +(\S*)", log, re.M)
    for one, two in zip(code, code[1:]):
        if int(two[0], 16) == int(one[0], 16) + 4:
            if (two[1], two[2]) == ("dmb", "oshld"):
                at[one[1].rstrip("bh")].add(one[0])
            if (one[1], one[2]) == ("dmb", "oshst"):
                at[two[1].rstrip("bh")].add(two[0])
    return {name: len(places) for name, places in at.items()}


@pytest.mark.parametrize("cpu,word,load,store,early", [
    ("cortex-a72", "", "ldr", "str", 0), ("cortex-a57", "", "ldar", "str", 0),
    ("cortex-a57", "errata=-device-load", "ldr", "str", 4), ("cortex-a72", "errata=+device-store", "ldr", "stlr", 4)])
@pytest.mark.of("arm64")
def test_device_accesses(arch, suite, tmp_path, cpu, word, load, store, early):
    """QEMU's Cortex-A57 is r1p0, to which 832075 applies; its log of translated code has the executed instructions.
    At most `early` places are executed before the boot arguments are read."""
    log = tmp_path / "in_asm"
    suite(arch, "errata-device", SMP="1", NODES="1", CPU=cpu, QEMU_ARGS="-d in_asm -D %s" % log, ARGS=word + " run=boot.wx exit")
    there = device_accesses(log.read_text())
    assert there.pop(load) > 10 and there.pop(store) > 10 and sum(there.values()) <= early, there


@pytest.mark.tier("ci")
@pytest.mark.parametrize("word", ["", "errata=+clean-inval"])
@pytest.mark.of("arm64")
def test_clean_inval(arch, suite, word):
    """Cleaned lines stay valid, and with the row in force none does; boot reports the row."""
    _, text = suite(arch, "clean-inval", SMP="1", CPU="cortex-a72", ARGS=word + " run=tlb.errata_clean exit")
    kept, dropped = re.search(r"errata_clean .*kept=(\d+) dropped=(\d+)", text).groups()
    assert (kept == "0") == (dropped != "0") == bool(word), text[-800:]
    printed = "errata: clean-inval (Cortex-A53 819472, 824069, 826319, 827319, 855873): cleaning a line may restore older data; "
    assert (printed in text) == bool(word), text[:800]


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_a53_sequences(arch):
    """The lint finds both sequences where they are, and none in the image."""
    nop, ldr, madd = 0xd503201f, 0xf9400023, 0x9b061ca4  # ldr x3, [x1]; madd x4, x5, x6, x7
    assert list(a53.found(0, [ldr, madd])) == [(4 * 0, 835769)] and not list(a53.found(0, [ldr, nop, madd]))
    assert not list(a53.found(0, [0xf9400025, madd]))  # ldr x5: the madd depends on it
    adrp, at_x0 = 0x90000000, 0xf9400004  # adrp x0; ldr x4, [x0]
    assert list(a53.found(0xff8, [adrp, ldr, at_x0, nop])) == [(0xff8, 843419)]
    assert list(a53.found(0xffc, [adrp, ldr, nop, at_x0])) == [(0xffc, 843419)]
    assert not list(a53.found(0xff4, [adrp, ldr, at_x0, nop]))
    stp, ldp = 0xa9000022, 0xa9400022  # x2, x8, [x1]: of pairs only a store counts
    assert list(a53.found(0xff8, [adrp, stp, at_x0, nop])) == [(0xff8, 843419)]
    assert not list(a53.found(0xff8, [adrp, ldp, at_x0, nop]))
    assert not list(a53.found(*a53.text_of("build/arm64/hotplate.elf")))
