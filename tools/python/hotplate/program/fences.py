# SPDX-License-Identifier: BSD-2-Clause
"""fences - TLB maintenance and the barriers around it, in the linked image.

arm64:
  * every TLBI is followed, on every path out of its function, by a DSB that completes it (loads
    and stores; inner shareable for a broadcast) and then by an ISB.  The operations of the back
    ends are excepted: mm/kernel/tlb.c completes them, and tests/host/tlb_arm64 checks that;
  * a DC is followed by such a DSB: before the DSB it may be incomplete (D7.5.9);
  * a write to a register that controls translation is followed by an ISB.
riscv64:
  * only space.c has an SFENCE.VMA with an ASID, only tlb_local.c one with an address, and
    tlb_forms.c each form for the conformance tests;
  * SINVAL.VMA is between SFENCE.W.INVAL and SFENCE.INVAL.IR on every path;
  * no instruction of the hypervisor extension;
  * a write to satp in C is followed by a full fence, in space.c on some path by a fence of a space;
  * a write to sip is followed by a FENCE of device output before reads of memory.
Both: the functions that promise a barrier have it on every path (PROMISES)."""
from collections.abc import Callable
from hotplate.program.asm import EXIT, Function, Image, Insn, flow_of
from hotplate.program.order import LOAD, access, barrier

Step = tuple[str, Callable[[Insn], bool]]

# ---- arm64 ----

# Their instructions are between sync() and wait() of mm/kernel/tlb.c.
BACK_ENDS = {
    "arch/arm64/tlb_ops.c",
    "arch/arm64/tlb_range.c",
    "arch/arm64/tlb_bcast.c",
    "arch/arm64/tlb_full.c",
}
# (op0..op2 as in MSR, without Rt): SCTLR, TTBR0, TTBR1, TCR, MAIR of EL1.
TRANSLATION = {
    0xD5181000: "SCTLR_EL1",
    0xD5182000: "TTBR0_EL1",
    0xD5182020: "TTBR1_EL1",
    0xD5182040: "TCR_EL1",
    0xD518A200: "MAIR_EL1",
}


def tlbi(insn: Insn) -> bool | None:
    """Whether a TLBI is broadcast (CRm 6 and 7 are local); None: not a TLBI (SYS, op0 1, CRn 8)."""
    if insn.word & 0xFFF8F000 != 0xD5088000:
        return None
    return insn.word >> 8 & 15 not in (6, 7)


def dc(insn: Insn) -> bool:
    """SYS with op0 = 1, CRn = 7: CRm 6, 10, 11 and 14 are IVAC, CVAC, CVAU and CIVAC and those by
    set and way."""
    return insn.word & 0xFFF8F000 == 0xD5087000 and insn.word >> 8 & 15 in (6, 10, 11, 14)


def dsb(insn: Insn, stores_only: bool = False, shareable: bool = True) -> bool:
    """A DSB of loads and stores, or (stores_only) at least of stores; for the CPUs of the inner
    shareable domain, or at least (not shareable) for this CPU."""
    found = barrier(insn, "arm64")
    if not found or found[0] != "dsb":
        return False
    # types: 1 loads, 2 stores, 3 both; domain: 0 OSH 1 NSH 2 ISH 3 SY
    types, domain = found[1] & 3, found[1] >> 2
    return (types == 3 or (stores_only and types == 2)) and (domain != 1 or not shareable)


def dsb_here(insn: Insn) -> bool:
    return dsb(insn, shareable=False)


def isb(insn: Insn) -> bool:
    return barrier(insn, "arm64") == ("isb", 15)


def arm64_tlbi(image: Image, function: Function) -> int:
    count = 0
    for i, insn in enumerate(function.insns):
        broadcast = tlbi(insn)
        if broadcast is None:
            continue
        count += 1
        if insn.file in BACK_ENDS:
            continue
        where = function.escapes(
            i, lambda n: dsb(n, shareable=bool(broadcast)), lambda n: n is None or isb(n)
        )
        if where is not None:
            image.report_at(
                function,
                i,
                "is not followed by a DSB that completes it, on the path to %s"
                % place(function, where),
            )
        if function.escapes(i, isb, lambda n: n is None) is not None:
            image.report_at(function, i, "is not followed by an ISB on every path")
    return count


def arm64_dc(image: Image, function: Function) -> int:
    count = 0
    for i, insn in enumerate(function.insns):
        if not dc(insn):
            continue
        count += 1
        if function.escapes(i, dsb, lambda n: n is None) is not None:
            image.report_at(function, i, "is not followed by a DSB that completes it on every path")
    return count


def arm64_registers(image: Image, function: Function) -> int:
    count = 0
    for i, insn in enumerate(function.insns):
        name = TRANSLATION.get(insn.word & 0xFFFFFFE0)
        if name:
            count += 1
            if (
                function.escapes(i, lambda n: isb(n) or n.op == "eret", lambda n: n is None)
                is not None
            ):
                image.report_at(function, i, "writes %s, and no ISB follows on some path" % name)
    return count


def arm64(image: Image) -> int:
    rules = (arm64_tlbi, arm64_dc, arm64_registers)
    return sum(rule(image, f) for rule in rules for f in image.functions)


# ---- riscv64 ----

FORMS = "arch/riscv64/tlb_forms.c"  # every form, for the conformance tests
BY_ADDRESS = {"arch/riscv64/tlb_local.c", FORMS}
# Address spaces: entries under another ASID cannot be hit, so a load of satp needs no fence there.
BY_ASID = {"arch/riscv64/space.c", FORMS}
SFENCE_VMA, SINVAL_VMA, SFENCE_INVAL = 0x09, 0x0B, 0x0C
HYPERVISOR = {0x11: "HFENCE.VVMA", 0x31: "HFENCE.GVMA", 0x13: "HINVAL.VVMA", 0x33: "HINVAL.GVMA"}


def sfence(insn: Insn) -> tuple[int, int, int] | None:
    """(funct7, rs1, rs2) of SYSTEM instructions with funct3 = 0 and rd = 0; or None."""
    if insn.size != 4 or insn.word & 0x7FFF != 0x73:
        return None
    return insn.word >> 25, insn.word >> 15 & 31, insn.word >> 20 & 31


def full_fence(insn: Insn) -> bool:
    return sfence(insn) == (SFENCE_VMA, 0, 0)


def asid_fence(insn: Insn) -> bool:
    """Every address of one ASID, at every level."""
    found = sfence(insn)
    return bool(found and found[:2] == (SFENCE_VMA, 0) and found[2])


def space_fence(insn: Insn) -> bool:
    """A fence of an ASID or a full one: with CIP-1200, fences with an operand are unreliable."""
    return asid_fence(insn) or full_fence(insn)


def writes_csr(insn: Insn, number: int) -> bool:
    """CSRRW, CSRRS and CSRRC that write."""
    word = insn.word
    if insn.size != 4 or word & 0x7F != 0x73 or word >> 20 != number or not word >> 12 & 3:
        return False
    return word >> 12 & 3 == 1 or word >> 15 & 31 != 0


def writes_satp(insn: Insn) -> bool:
    return writes_csr(insn, 0x180)


def orders(insn: Insn, before: int, after: int) -> bool:
    """A FENCE with at least these sets: i=8 o=4 r=2 w=1."""
    found = barrier(insn, "riscv64")
    if not found or found[0] != "fence":
        return False
    return found[1] & before == before and found[2] & after == after


def output_before_reads(insn: Insn) -> bool:
    """The FENCE that orders a CSR write before loads: unprivileged spec, "CSR Access Ordering"."""
    return orders(insn, 4, 2)


def stores_before_firmware(insn: Insn) -> bool:
    """Stores of the caller before stores and device writes of the firmware that it calls."""
    return orders(insn, 1, 4 | 1)


def reads_memory(insn: Insn | None) -> bool:
    """Here, in a function that is called, or after the end of this one."""
    if insn is None or flow_of(insn, "riscv64") == "call":
        return True
    what = access(insn, "riscv64")
    return bool(what and what.kind & LOAD)


def riscv_fence(image: Image, function: Function, i: int, found: tuple[int, int, int]) -> None:
    funct7, rs1, rs2 = found
    if funct7 in HYPERVISOR:
        image.report_at(function, i, "is %s: the kernel is no hypervisor" % HYPERVISOR[funct7])
    elif funct7 in (SFENCE_VMA, SINVAL_VMA) and rs2 and function.insns[i].file not in BY_ASID:
        image.report_at(
            function,
            i,
            "names an ASID: entries of global leaves and of other address spaces stay valid",
        )
    elif funct7 == SFENCE_VMA and rs1 and function.insns[i].file not in BY_ADDRESS:
        image.report_at(
            function,
            i,
            "names an address: only arch/riscv64/tlb_local.c may limit a fence to an address",
        )
    elif funct7 == SINVAL_VMA:
        if not rs1 and function.insns[i].file != FORMS:
            image.report_at(function, i, "names no address: use SFENCE.VMA")
        if (
            function.unguarded(i, lambda n: sfence(n) == (SFENCE_INVAL, 0, 0), lambda n: n is None)
            is not None
        ):
            image.report_at(function, i, "has no SFENCE.W.INVAL before it on some path")
        if (
            function.escapes(i, lambda n: sfence(n) == (SFENCE_INVAL, 0, 1), lambda n: n is None)
            is not None
        ):
            image.report_at(function, i, "has no SFENCE.INVAL.IR after it on some path")


def riscv_satp(image: Image, function: Function, i: int) -> None:
    """In space.c a fence is needed only on a hart without ASIDs.  A fence before the write alone
    leaves translations that the hart caches between the two."""

    def space_fenced(insn: Insn | None) -> bool:
        return insn is not None and space_fence(insn)

    if function.insns[i].file in BY_ASID:
        if function.escapes(i, lambda n: False, space_fenced) is None:
            image.report_at(function, i, "writes satp, and no SFENCE.VMA follows on any path")
    elif function.escapes(i, full_fence, lambda n: n is None) is not None:
        image.report_at(
            function, i, "writes satp, and no full SFENCE.VMA follows on some path"
        )


def riscv_sip(image: Image, function: Function, i: int) -> None:
    """A hart reads the requests of other harts after it clears the bit: a request that the read
    misses sets the bit again."""
    if function.escapes(i, output_before_reads, reads_memory) is not None:
        image.report_at(
            function, i, "writes sip, and no FENCE O,R follows on some path to a read of memory"
        )


def riscv64(image: Image) -> int:
    count = 0
    for function in image.functions:
        for i, insn in enumerate(function.insns):
            found = sfence(insn)
            if found and found[0] in (SFENCE_VMA, SINVAL_VMA, SFENCE_INVAL, *HYPERVISOR):
                count += 1
                riscv_fence(image, function, i, found)
            if writes_satp(insn) and not insn.file.endswith(".S"):
                count += 1
                riscv_satp(image, function, i)
            if writes_csr(insn, 0x144):
                count += 1
                riscv_sip(image, function, i)
    return count


# ---- functions that promise a barrier ----


def fence_ww(insn: Insn) -> bool:
    """Stores to memory before stores to memory, at least."""
    return orders(insn, 1, 1)


def dmb_stores(insn: Insn) -> bool:
    found = barrier(insn, "arm64")
    return bool(found and found[0] in ("dmb", "dsb") and found[1] & 2 and found[1] >> 2 != 1)


def dsb_stores(insn: Insn) -> bool:
    return dsb(insn, stores_only=True)


# The steps that every path through a function has, in this order.
PROMISES: dict[str, dict[str, tuple[Step, ...]]] = {
    "arm64": {
        "arch_pt_publish": (("a barrier of stores", dmb_stores),),
        "arch_pt_visible": (("DSB of stores", dsb_stores), ("ISB", isb)),
        "tlbi_sync": (("DSB of stores", dsb_stores),),
        "tlbi_wait": (("DSB ISH", dsb),),
        "tlbi_ctx": (("ISB", isb),),
    },
    "riscv64": {
        "arch_pt_publish": (("FENCE W,W", fence_ww),),
        "arch_pt_visible": (("SFENCE.VMA for everything", full_fence),),
        "tlb_sync": (("FENCE W,W", fence_ww),),
        "tlb_fence_all": (("SFENCE.VMA for everything", full_fence),),
        "arch_secondary_prepare": (("FENCE W,OW", stores_before_firmware),),
        "arch_space_sync": (("SFENCE.VMA of an ASID", space_fence),),
        "arch_space_load": (("a write to satp", writes_satp),),
        "arch_root_load": (
            ("SFENCE.VMA for everything", full_fence),
            ("a write to satp", writes_satp),
            ("SFENCE.VMA for everything", full_fence),
        ),
    },
}


def missing_step(function: Function, steps: tuple[Step, ...]) -> str | None:
    """The first step that some path through the function lacks, or None."""
    todo, seen = [(0, 0)], set()
    while todo:
        i, done = todo.pop()
        if (i, done) in seen:
            continue
        seen.add((i, done))
        if i == EXIT:
            return steps[done][0]
        done += steps[done][1](function.insns[i])
        if done < len(steps):
            todo += [(to, done) for to in function.after(i)]
    return None


def promises(image: Image) -> int:
    by_name: dict[str, list[Function]] = {}
    for function in image.functions:
        by_name.setdefault(function.name, []).append(function)
    for name, steps in PROMISES[image.arch].items():
        if name not in by_name:
            image.report("", 0, "the image has no %s: its promise is not checked" % name)
        for function in by_name.get(name, ()):
            missed = missing_step(function, steps)
            if missed:
                image.report_at(
                    function,
                    0,
                    "begins %s, and some path through it has no %s in its place" % (name, missed),
                )
    return len(PROMISES[image.arch])


def place(function: Function, i: int) -> str:
    return "its end" if i == EXIT else "%x" % function.insns[i].at


def check(image: Image) -> int:
    """Returns the number of instructions and functions that were checked."""
    return (arm64(image) if image.arch == "arm64" else riscv64(image)) + promises(image)
