# SPDX-License-Identifier: BSD-2-Clause
"""weaken - the instructions that replace one when its order, or a part of it, is removed.

Every form is another word of the same four bytes, so nothing else in the image moves.  The first
form removes the whole order, the others a part.  None: the instruction orders nothing."""
from typing import NamedTuple

from hotplate.program.asm import Insn
from hotplate.program.fences import sfence, tlbi
from hotplate.program.order import barrier

NOP = {"arm64": 0xD503201F, "riscv64": 0x00000013}
WHOLE = ("removed", "plain")  # what the first form of a place does


class Form(NamedTuple):
    kind: str  # a key of rules.RULES
    what: str  # the instruction
    how: str  # the change
    word: int


# ---- riscv64 ----

AQ, RL = 1 << 26, 1 << 25
AMO = {0: "amoadd", 1: "amoswap", 2: "lr", 3: "sc", 4: "amoxor", 8: "amoor", 12: "amoand"}
SFENCES = {(0x0C, 0): "sfence.w.inval", (0x0C, 1): "sfence.inval.ir"}


def _set(bits: int) -> str:
    return "".join(c for c, b in zip("iorw", (8, 4, 2, 1)) if bits & b) or "0"


READS, WRITES, MEMORY = 0b1010, 0b0101, 0b0011  # i and r, o and w, r and w


def _smaller_sets(before: int, after: int) -> list[tuple[int, int]]:
    """One set less at a time: predecessors or successors; then devices on both sides."""
    every = [(before & ~kind, after) for kind in (READS, WRITES)]
    every += [(before, after & ~kind) for kind in (READS, WRITES)]
    every.append((before & MEMORY, after & MEMORY))
    kept = [sets for sets in every if all(sets) and sets != (before, after)]
    return list(dict.fromkeys(kept))


def _riscv_fence(insn: Insn) -> list[Form]:
    found = barrier(insn, "riscv64")
    if not found or not found[1] or not found[2]:  # PAUSE is a fence with no successors
        return []
    name, before, after = found
    what = "%s %s,%s" % (name, _set(before), _set(after))
    forms = [Form("fence", what, "removed", NOP["riscv64"])]
    if name == "fence" and before & 1 and after & 2 and before & 2 | after & 1:
        forms.append(Form("fence", what, "as fence.tso", 0x8330000F))
    for left in _smaller_sets(before, after):
        if name == "fence.tso" and left[0] & 1 and left[1] & 2:
            continue  # w,r, which it does not order
        how = "as %s,%s" % (_set(left[0]), _set(left[1]))
        forms.append(Form("fence", what, how, left[0] << 24 | left[1] << 20 | 0xF))
    return forms


def _riscv_atomic(insn: Insn) -> list[Form]:
    word = insn.word
    if word & 0x7F != 0x2F or not word & (AQ | RL):
        return []
    aq, rl = bool(word & AQ), bool(word & RL)
    if (aq, rl, word >> 27) in ((True, False, 3), (False, True, 2)):
        return []  # an SC with aq alone, an LR with rl alone order nothing
    name = AMO.get(word >> 27, "amo") + (".w" if word >> 12 & 7 == 2 else ".d")
    what = name + "." + "aq" * aq + "rl" * rl
    kind = "aq" if aq else "rl"
    forms = [Form(kind, what, "plain", word & ~(AQ | RL))]
    if aq and rl:
        forms += [
            Form("aq", what, "without aq", word & ~AQ),
            Form("rl", what, "without rl", word & ~RL),
        ]
    return forms


SP = 2  # sp: an address that is mapped, of no page that is given back; as an ASID, some number


def _riscv_operands(insn: Insn, kind: str, name: str) -> list[Form]:
    """SFENCE.VMA and SINVAL.VMA do less with an operand: rs1 leaves tables and other addresses, rs2
    global mappings and other spaces."""
    rs1, rs2 = bool(insn.word >> 15 & 31), bool(insn.word >> 20 & 31)
    what = name + (" va" if rs1 else "") + (" asid" if rs2 else "")
    forms = [Form(kind, what, "removed", NOP["riscv64"])]
    if not rs1:
        forms.append(Form(kind, what, "of one address", insn.word | SP << 15))
    if not rs2:
        forms.append(Form(kind, what, "of one ASID", insn.word | SP << 20))
    return forms


def _riscv_system(insn: Insn) -> list[Form]:
    found, nop = sfence(insn), NOP["riscv64"]
    if insn.word & 0x707F == 0x100F:
        return [Form("fence.i", "fence.i", "removed", nop)]
    if not found:
        return []
    funct7, rs1, rs2 = found
    if funct7 == 0x09:
        return _riscv_operands(insn, "sfence.vma", "sfence.vma")
    if funct7 == 0x0B:
        return _riscv_operands(insn, "svinval", "sinval.vma")
    name = SFENCES.get((funct7, rs2))
    return [Form("svinval", name, "removed", nop)] if name and not rs1 else []


def _riscv(insn: Insn) -> list[Form]:
    return _riscv_fence(insn) or _riscv_atomic(insn) or _riscv_system(insn)


# ---- arm64 ----

DOMAIN = {0: "osh", 1: "nsh", 2: "ish", 3: "sy"}
SYS = 0xD5080000


def _arm_barrier(insn: Insn) -> list[Form]:
    found, nop = barrier(insn, "arm64"), NOP["arm64"]
    if not found:
        return []
    kind, option = found
    if kind == "isb":
        return [Form("isb", "isb", "removed", nop)]
    types = {1: "ld", 2: "st", 3: ""}.get(option & 3, "")
    what = "%s %s%s" % (kind, DOMAIN[option >> 2], types)
    forms = [Form(kind, what.replace("sysy", "sy"), "removed", nop)]
    if kind == "dsb":
        forms.append(Form(kind, forms[0].what, "as dmb", insn.word | 1 << 5))
    elif not types:
        stores = insn.word & ~0xF00 | (option & 12 | 2) << 8
        forms.append(Form(kind, forms[0].what, "of stores only", stores))
    if DOMAIN[option >> 2] != "nsh":
        own = insn.word & ~0xC00 | 1 << 10
        forms.append(Form(kind, forms[0].what, "of its own CPU's domain", own))
    return forms


def _arm_ordered(insn: Insn) -> list[Form]:
    """Exclusives keep their pair; LDAR, LDAPR and STLR become LDR and STR."""
    word = insn.word
    size, rest = word >> 30 << 30, word & 0x3FF
    if word & 0x3F008000 == 0x08008000:
        load, exclusive = word >> 22 & 1, not word >> 23 & 1
        plain = size | (0x39400000 if load else 0x39000000) | rest
        kind = "acquire" if load else "release"
        return [Form(kind, insn.op, "plain", word & ~0x8000 if exclusive else plain)]
    if word & 0x3FFFFC00 == 0x38BFC000:
        return [Form("acquire", insn.op, "plain", size | 0x39400000 | rest)]
    if word & 0x3B200C00 == 0x38200000 and word & 3 << 22:  # LSE
        kind = "acquire" if word >> 23 & 1 else "release"
        return [Form(kind, insn.op, "plain", word & ~(3 << 22))]
    return []


def _arm_tlbi(insn: Insn) -> list[Form]:
    broadcast = tlbi(insn)
    if broadcast is None:
        return []
    word, what = insn.word, "tlbi " + insn.args.split(",")[0]
    crm, op2 = word >> 8 & 15, word >> 5 & 7
    forms = [Form("tlbi", what, "removed", NOP["arm64"])]
    if broadcast:  # the local form of 3 is 7, and that of 2, ranges, is 6
        forms.append(Form("tlbi", what, "of this CPU only", word | 4 << 8))
    if op2 in (1, 3) and crm in (2, 3, 6, 7):  # VAE1, VAAE1 become VALE1, VAALE1
        forms.append(Form("tlbi", what, "of last levels only", word | 4 << 5))
    return forms


def _arm_cache(insn: Insn) -> list[Form]:
    """SYS of CRn 7: IC with CRm 1 and 5, DC with the others; DC ZVA orders nothing."""
    word = insn.word
    if word & 0xFFF8F000 != SYS | 7 << 12 or word >> 16 & 7 not in (0, 3):
        return []
    crm, op2 = word >> 8 & 15, word >> 5 & 7
    if crm not in (1, 5, 6, 10, 11, 12, 13, 14) or (crm == 4 and op2 == 1):
        return []
    what = "%s %s" % (insn.op, insn.args.split(",")[0])
    kind = "ic" if crm in (1, 5) else "dc"
    forms = [Form(kind, what, "removed", NOP["arm64"])]
    if crm == 1:
        forms.append(Form(kind, what, "of this CPU only", word & ~(15 << 8) | 5 << 8))
    return forms


def _arm(insn: Insn) -> list[Form]:
    return _arm_barrier(insn) or _arm_ordered(insn) or _arm_tlbi(insn) or _arm_cache(insn)


def forms(insn: Insn, arch: str) -> list[Form]:
    if insn.size != 4:
        return []
    return _arm(insn) if arch == "arm64" else _riscv(insn)
