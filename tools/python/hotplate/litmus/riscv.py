# SPDX-License-Identifier: BSD-2-Clause
"""The instructions of RISC-V that litmus tests use: RV64I, A, fences, and the loads and stores
with .aq and .rl that herd7 defines."""
import re
from collections.abc import Callable

from hotplate.litmus.trace import MASK, ZERO, Handler, Machine, State, Step, Val

ABI = ["zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"]
ABI += [f"a{n}" for n in range(8)] + [f"s{n}" for n in range(2, 12)] + ["t3", "t4", "t5", "t6"]
NAMES = {name: f"x{n}" for n, name in enumerate(ABI)} | {f"x{n}": f"x{n}" for n in range(32)}
NAMES["fp"] = "x8"
SIZES = {"b": 1, "h": 2, "w": 4, "d": 8}


def register(name: str) -> str:
    """x5 for x5 and for t0."""
    if name not in NAMES:
        raise ValueError(name)
    return NAMES[name]


def get(state: State, name: str) -> Val:
    return ZERO if register(name) == "x0" else state.regs.get(register(name), ZERO)


def put(state: State, name: str, val: Val) -> None:
    if register(name) != "x0":
        state.regs[register(name)] = Val(val.value & MASK, val.dep, val.pick)


def signed(value: int, size: int) -> int:
    bits = 8 * size
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def word(value: int) -> int:
    return signed(value, 4)


Op = Callable[[int, int], int]
ALU: dict[str, Op] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "sll": lambda a, b: a << (b & 63),
    "srl": lambda a, b: (a & MASK) >> (b & 63),
    "sra": lambda a, b: signed(a, 8) >> (b & 63),
    "slt": lambda a, b: int(signed(a, 8) < signed(b, 8)),
    "sltu": lambda a, b: int(a & MASK < b & MASK),
    "addw": lambda a, b: word(a + b),
    "subw": lambda a, b: word(a - b),
    "sllw": lambda a, b: word(a << (b & 31)),
    "srlw": lambda a, b: word((a & 0xFFFFFFFF) >> (b & 31)),
    "sraw": lambda a, b: word(a) >> (b & 31),
}
BRANCH: dict[str, Op] = {
    "beq": lambda a, b: a & MASK == b & MASK,
    "bne": lambda a, b: a & MASK != b & MASK,
    "blt": lambda a, b: signed(a, 8) < signed(b, 8),
    "bge": lambda a, b: signed(a, 8) >= signed(b, 8),
    "bltu": lambda a, b: a & MASK < b & MASK,
    "bgeu": lambda a, b: a & MASK >= b & MASK,
}
ZEROES = {"beqz": "beq", "bnez": "bne", "bltz": "blt", "bgez": "bge"}
AMO: dict[str, Callable[[int, int, int], int]] = {
    "swap": lambda old, new, size: new,
    "add": lambda old, new, size: old + new,
    "or": lambda old, new, size: old | new,
    "and": lambda old, new, size: old & new,
    "xor": lambda old, new, size: old ^ new,
    "max": lambda old, new, size: max(signed(old, size), signed(new, size)),
    "min": lambda old, new, size: min(signed(old, size), signed(new, size)),
    "maxu": lambda old, new, size: max(old, new & (1 << 8 * size) - 1),
    "minu": lambda old, new, size: min(old, new & (1 << 8 * size) - 1),
}


def alu(op: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        a, b = get(s, args[1]), operand(s, args[2])
        put(s, args[0], Val(ALU[op](a.value, b.value), a.dep | b.dep, a.pick | b.pick))
        yield s

    return run


def operand(state: State, text: str) -> Val:
    return get(state, text) if text in NAMES else Val(int(text, 0))


def constant(m: Machine, s: State, args: list[str], line: int) -> Step:
    put(s, args[0], Val(int(args[1], 0)))
    yield s


def move(m: Machine, s: State, args: list[str], line: int) -> Step:
    put(s, args[0], get(s, args[1]))
    yield s


def extend(m: Machine, s: State, args: list[str], line: int) -> Step:
    val = get(s, args[0 + 1])
    put(s, args[0], Val(word(val.value), val.dep, val.pick))
    yield s


def nothing(m: Machine, s: State, args: list[str], line: int) -> Step:
    yield s


def address(state: State, text: str) -> Val:
    """4(x5), (x5)"""
    match = re.fullmatch(r"(-?\w*)\s*\(\s*(\w+)\s*\)", text)
    if not match:
        raise ValueError(text)
    base = get(state, match[2])
    return Val(base.value + int(match[1] or "0", 0), base.dep, base.pick)


def load(size: int, sign: bool, order: frozenset[str]) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        for new, val, index in m.load(s, address(s, args[1]), size, order):
            value = signed(val.value, size) if sign else val.value
            put(new, args[0], Val(value, val.dep, val.pick))
            if "X" in order:
                new.monitor = index
            yield new

    return run


def store(size: int, order: frozenset[str]) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        if m.store(s, address(s, args[1]), size, get(s, args[0]), order):
            yield s

    return run


def conditional(size: int, order: frozenset[str]) -> Handler:
    """SC.  A successful one carries dependencies from its sources to rd, and rd alone makes none
    on the store (RVWMO, table of syntactic dependencies).  As herd7 assumes, the SC fails unless
    its bytes are some of those of the LR."""

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        addr, data = address(s, args[2]), get(s, args[1])
        pair = s.monitor
        s.monitor = -1
        failed = s.copy()
        put(failed, args[0], Val(1))
        yield failed
        if pair < 0:
            return
        lr = s.events[pair]
        if not (lr.at <= addr.value and addr.value + size <= lr.at + lr.size):
            return
        if m.store(s, addr, size, data, order, pair):
            put(s, args[0], Val(0, addr.dep | data.dep, addr.pick | data.pick))
            yield s

    return run


def amo(op: str, size: int, order: frozenset[str]) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        addr, data = address(s, args[2]), get(s, args[1])
        for new, old, index in m.load(s, addr, size, order):
            result = AMO[op](old.value, data.value, size)
            if m.store(new, addr, size, Val(result, data.dep, data.pick), order, index):
                put(new, args[0], Val(signed(old.value, size), old.dep, old.pick))
                yield new

    return run


def branch(op: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        a, b = get(s, args[0]), get(s, args[1])
        on = Val(0, a.dep | b.dep, a.pick | b.pick)
        yield from m.branch(s, args[2], bool(BRANCH[op](a.value, b.value)), on, line)

    return run


def zero_branch(op: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        a = get(s, args[0])
        yield from m.branch(s, args[1], bool(BRANCH[op](a.value, 0)), a, line)

    return run


def jump(m: Machine, s: State, args: list[str], line: int) -> Step:
    yield from m.branch(s, args[-1], True, ZERO, line)


def fence(m: Machine, s: State, args: list[str], line: int) -> Step:
    sets = ["".join(c for c in "rw" if c in arg) for arg in args] or ["rw", "rw"]
    yield from m.fence(s, "fence " + ",".join(sets))


def named_fence(name: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        yield from m.fence(s, name)

    return run


def orders(text: str, more: tuple[str, ...] = ()) -> frozenset[str]:
    return frozenset([w for w in ("aq", "rl") if w in text] + list(more))


SINGLE: dict[str, Handler] = {
    "li": constant, "mv": move, "nop": nothing, "sext.w": extend, "j": jump, "fence": fence,
    "fence.tso": named_fence("fence.tso"), "fence.i": named_fence("fence.i"),
}  # fmt: skip
COUNTS = {"li": 2, "mv": 2, "nop": 0, "sext.w": 2, "j": 1, "fence.tso": 0, "fence.i": 0}


def decode(text: str) -> tuple[Handler, list[str]] | None:
    """The meaning of an instruction and its operands; None: it is not known."""
    op, _, rest = text.partition(" ")
    op, args = op.lower(), [a.strip() for a in rest.split(",") if a.strip()]
    if op in SINGLE:
        ok = len(args) in (0, 2) if op == "fence" else len(args) == COUNTS[op]
        return (SINGLE[op], args) if ok else None
    if (base := op[:-1] if op.endswith("i") else op[:-2] + "w" if op.endswith("iw") else op) in ALU:
        return (alu(base), args) if len(args) == 3 else None
    if op in BRANCH:
        return (branch(op), args) if len(args) == 3 else None
    if op in ZEROES:
        return (zero_branch(ZEROES[op]), args) if len(args) == 2 else None
    return accesses(op, args)


def accesses(op: str, args: list[str]) -> tuple[Handler, list[str]] | None:
    if match := re.fullmatch(r"l([bhwd])(u?)((?:\.aq|\.rl|\.aq\.rl|\.aqrl)?)", op):
        return load(SIZES[match[1]], not match[2], orders(match[3])), args
    if match := re.fullmatch(r"s([bhwd])((?:\.aq|\.rl|\.aq\.rl|\.aqrl)?)", op):
        return store(SIZES[match[1]], orders(match[2])), args
    if match := re.fullmatch(r"lr\.([wd])((?:\.aq|\.rl|\.aq\.rl|\.aqrl)?)", op):
        return load(SIZES[match[1]], True, orders(match[2], ("X",))), args
    if match := re.fullmatch(r"sc\.([wd])((?:\.aq|\.rl|\.aq\.rl|\.aqrl)?)", op):
        return conditional(SIZES[match[1]], orders(match[2], ("X", "sc"))), args
    if match := re.fullmatch(r"amo(\w+?)\.([wd])((?:\.aq|\.rl|\.aq\.rl|\.aqrl)?)", op):
        if match[1] in AMO:
            return amo(match[1], SIZES[match[2]], orders(match[3], ("X", "amo"))), args
    return None
