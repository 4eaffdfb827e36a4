# SPDX-License-Identifier: BSD-2-Clause
"""The instructions of AArch64 that litmus tests use: loads and stores of all sizes, pairs,
acquire and release, exclusives, LSE atomics, branches, arithmetic, and barriers."""
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from hotplate.litmus.riscv import signed
from hotplate.litmus.trace import MASK, ZERO, Handler, Machine, State, Step, Val

REGISTER = re.compile(r"(?:([WX])(\d+|ZR)|(W?SP))$", re.I)
ADDRESS = re.compile(
    r"\[\s*([^\],]+?)\s*(?:,\s*([^\],]+?)\s*(?:,\s*([^\]]+?))?)?\s*\](!?)"
)  # base, offset or index, its extension, !
W32 = 0xFFFFFFFF
SIZES = {"b": 1, "h": 2}
NZCV = "NZCV"


def wide(name: str) -> bool:
    match = REGISTER.match(name)
    if not match:
        raise ValueError(name)
    return (match[1] or "X").upper() == "X"


def key(name: str) -> str:
    match = REGISTER.match(name)
    if not match:
        raise ValueError(name)
    return "SP" if match[3] else "X" + match[2].upper()


def get(state: State, name: str) -> Val:
    if key(name) == "XZR":
        return ZERO
    val = state.regs.get(key(name), ZERO)
    return val if wide(name) else Val(val.value & W32, val.dep, val.pick)


def put(state: State, name: str, val: Val) -> None:
    if key(name) != "XZR":
        value = val.value & (MASK if wide(name) else W32)
        state.regs[key(name)] = Val(value, val.dep, val.pick)


def immediate(text: str) -> int:
    return int(text.lstrip("#"), 0)


def join(value: int, *of: Val) -> Val:
    dep = pick = 0
    for val in of:
        dep, pick = dep | val.dep, pick | val.pick
    return Val(value, dep, pick)


def modified(val: Val, how: str, is_wide: bool) -> Val:
    """LSL #2, SXTW, UXTB #1"""
    name, _, amount = how.upper().partition(" ")
    n, v = immediate(amount) if amount else 0, val.value
    bits = 64 if is_wide else 32
    if name == "LSL":
        v <<= n
    elif name == "LSR":
        v >>= n
    elif name == "ASR":
        v = signed(v, bits // 8) >> n
    elif match := re.fullmatch(r"([SU])XT([BHWX])", name):
        size = {"B": 1, "H": 2, "W": 4, "X": 8}[match[2]]
        v = (signed(v, size) if match[1] == "S" else v & (1 << 8 * size) - 1) << n
    else:
        raise ValueError(how)
    return Val(v & (1 << bits) - 1, val.dep, val.pick)


def operand(state: State, args: list[str], at: int) -> Val:
    """The last operand, a register or a number, with its shift or extension."""
    if REGISTER.match(args[at]):
        val, is_wide = get(state, args[at]), wide(args[0])
    else:
        val, is_wide = Val(immediate(args[at])), True
    return modified(val, args[at + 1], is_wide) if len(args) > at + 1 else val


def bits_of(name: str) -> int:
    return 64 if wide(name) else 32


def flags(a: int, b: int, bits: int, carry: int = 0) -> tuple[int, int]:
    """a + b + carry, and N Z C V of it."""
    top = (1 << bits) - 1
    a, b = a & top, b & top
    total = a + b + carry
    result = total & top
    over = signed(a, bits // 8) + signed(b, bits // 8) + carry
    n, z, c = result >> bits - 1, int(not result), int(total > top)
    return result, n << 3 | z << 2 | c << 1 | int(over != signed(result, bits // 8))


CONDITIONS: dict[str, Callable[[int, int, int, int], bool]] = {
    "EQ": lambda n, z, c, v: z == 1, "NE": lambda n, z, c, v: z == 0,
    "CS": lambda n, z, c, v: c == 1, "CC": lambda n, z, c, v: c == 0,
    "HS": lambda n, z, c, v: c == 1, "LO": lambda n, z, c, v: c == 0,
    "MI": lambda n, z, c, v: n == 1, "PL": lambda n, z, c, v: n == 0,
    "VS": lambda n, z, c, v: v == 1, "VC": lambda n, z, c, v: v == 0,
    "HI": lambda n, z, c, v: c == 1 and z == 0, "LS": lambda n, z, c, v: c == 0 or z == 1,
    "GE": lambda n, z, c, v: n == v, "LT": lambda n, z, c, v: n != v,
    "GT": lambda n, z, c, v: z == 0 and n == v, "LE": lambda n, z, c, v: z == 1 or n != v,
    "AL": lambda n, z, c, v: True,
}  # fmt: skip


def holds(state: State, name: str) -> tuple[bool, Val]:
    if name.upper() not in CONDITIONS:
        raise ValueError(name)
    val = state.regs.get(NZCV, ZERO)
    n, z, c, v = (val.value >> bit & 1 for bit in (3, 2, 1, 0))
    return CONDITIONS[name.upper()](n, z, c, v), val


Op = Callable[[int, int, int], int]
LOGIC: dict[str, Op] = {
    "and": lambda a, b, bits: a & b,
    "orr": lambda a, b, bits: a | b,
    "eor": lambda a, b, bits: a ^ b,
    "bic": lambda a, b, bits: a & ~b,
    "orn": lambda a, b, bits: a | ~b,
    "eon": lambda a, b, bits: a ^ ~b,
    "add": lambda a, b, bits: a + b,
    "sub": lambda a, b, bits: a - b,
    "mul": lambda a, b, bits: a * b,
    "lsl": lambda a, b, bits: a << b % bits,
    "lsr": lambda a, b, bits: a >> b % bits,
    "asr": lambda a, b, bits: signed(a, bits // 8) >> b % bits,
}


def alu(op: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        a, b = get(s, args[1]), operand(s, args, 2)
        put(s, args[0], join(LOGIC[op](a.value, b.value, bits_of(args[0])), a, b))
        yield s

    return run


def add_carry(m: Machine, s: State, args: list[str], line: int) -> Step:
    """ADC"""
    a, b, on = get(s, args[1]), get(s, args[2]), s.regs.get(NZCV, ZERO)
    put(s, args[0], join(a.value + b.value + (on.value >> 1 & 1), a, b, on))
    yield s


def register_of_system(args: list[str], at: int) -> str:
    """The key of the one system register that is known; it is the thread's own."""
    if args[at].upper() != "TPIDR_EL0":
        raise ValueError(args[at])
    return "TPIDR_EL0"


def read_system(m: Machine, s: State, args: list[str], line: int) -> Step:
    put(s, args[0], s.regs.get(register_of_system(args, 1), ZERO))
    yield s


def write_system(m: Machine, s: State, args: list[str], line: int) -> Step:
    s.regs[register_of_system(args, 0)] = get(s, args[1])
    yield s


def alu_flags(op: str) -> Handler:
    """adds, subs, ands, bics"""

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        a, b, bits = get(s, args[1]), operand(s, args, 2), bits_of(args[0])
        if op in ("add", "sub"):
            value, nzcv = flags(a.value, ~b.value if op == "sub" else b.value, bits, op == "sub")
        else:
            value = LOGIC[op](a.value, b.value, bits) & (1 << bits) - 1
            nzcv = value >> bits - 1 << 3 | int(not value) << 2
        put(s, args[0], join(value, a, b))
        s.regs[NZCV] = join(nzcv, a, b)
        yield s

    return run


def compare(op: str) -> Handler:
    """cmp, cmn, tst: the result is discarded."""
    run = alu_flags(op)

    def discard(m: Machine, s: State, args: list[str], line: int) -> Step:
        yield from run(m, s, [args[0][0] + "ZR" if wide(args[0]) else "WZR", *args], line)

    return discard


def move(m: Machine, s: State, args: list[str], line: int) -> Step:
    put(s, args[0], operand(s, args, 1))
    yield s


def invert(m: Machine, s: State, args: list[str], line: int) -> Step:
    val = operand(s, args, 1)
    put(s, args[0], join(~val.value, val))
    yield s


def negate(m: Machine, s: State, args: list[str], line: int) -> Step:
    val = operand(s, args, 1)
    put(s, args[0], join(-val.value, val))
    yield s


def keep(m: Machine, s: State, args: list[str], line: int) -> Step:
    """MOVK"""
    shift = immediate(args[2].upper().removeprefix("LSL").strip()) if len(args) > 2 else 0
    old = get(s, args[0])
    value = old.value & ~(0xFFFF << shift) | immediate(args[1]) << shift
    put(s, args[0], join(value, old))
    yield s


def extend(how: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        put(s, args[0], modified(get(s, args[1]), how, True))
        yield s

    return run


def select(op: str) -> Handler:
    """CSEL and its kin: the flags choose, and only the chosen register is the data."""
    other: dict[str, Callable[[int], int]] = {
        "csel": lambda v: v, "csinc": lambda v: v + 1, "csinv": lambda v: ~v, "csneg": lambda v: -v
    }  # fmt: skip

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        if op in ("cset", "csetm"):
            yes, on = holds(s, args[1])
            value = (1 if op == "cset" else MASK) * yes
            put(s, args[0], Val(value, 0, on.pick))
        else:
            yes, on = holds(s, args[3])
            val = get(s, args[1] if yes else args[2])
            value = val.value if yes else other[op](val.value)
            put(s, args[0], Val(value, val.dep, val.pick | on.pick))
        yield s

    return run


def address(state: State, args: list[str]) -> tuple[Val, str, Val | None]:
    """The address of [X1], [X1,#4], [X1,W2,SXTW #2], [X1,#4]! and [X1],#4; and the base register
    with its new value, if the instruction changes it."""
    match = ADDRESS.fullmatch(args[0])
    if not match or not wide(match[1]):
        raise ValueError(args[0])
    base = get(state, match[1])
    at = base
    if match[2]:
        words = ["X0", match[2]] + ([match[3]] if match[3] else [])
        offset = operand(state, words, 1)
        at = join(base.value + offset.value & MASK, base, offset)
    if match[4]:
        return at, match[1], at
    if len(args) > 1:
        return at, match[1], join(base.value + immediate(args[1]), base)
    return at, match[1], None


def size_of(suffix: str, name: str) -> int:
    return SIZES.get(suffix) or (8 if wide(name) else 4)


def load(suffix: str, sign: bool, order: frozenset[str]) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        at, base, moved = address(s, args[1:])
        size = 4 if suffix == "w" else size_of(suffix, args[0])
        for new, val, index in m.load(s, at, size, order):
            if moved:
                put(new, base, moved)
            put(new, args[0], join(signed(val.value, size) if sign else val.value, val))
            if "X" in order:
                new.monitor = index
            yield new

    return run


def store(suffix: str, order: frozenset[str]) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        at, base, moved = address(s, args[1:])
        if m.store(s, at, size_of(suffix, args[0]), get(s, args[0]), order):
            if moved:
                put(s, base, moved)
            yield s

    return run


def load_pair(m: Machine, s: State, args: list[str], line: int) -> Step:
    """Two accesses, each of them single-copy atomic (B2.2.1)."""
    at, base, moved = address(s, args[2:])
    size = size_of("", args[0])
    for one, low, _ in m.load(s, at, size, frozenset()):
        for two, high, _ in m.load(one, join(at.value + size, at), size, frozenset()):
            if moved:
                put(two, base, moved)
            put(two, args[0], low)
            put(two, args[1], high)
            yield two


def store_pair(m: Machine, s: State, args: list[str], line: int) -> Step:
    at, base, moved = address(s, args[2:])
    size = size_of("", args[0])
    if m.store(s, at, size, get(s, args[0]), frozenset()) and m.store(
        s, join(at.value + size, at), size, get(s, args[1]), frozenset()
    ):
        if moved:
            put(s, base, moved)
        yield s


def conditional(suffix: str, order: frozenset[str]) -> Handler:
    """STXR.  No dependency passes through the status register (B2.3.2).  As herd7 assumes, it
    fails unless it has the bytes of the load exclusive."""

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        at, _, _ = address(s, args[2:])
        pair, size = s.monitor, size_of(suffix, args[1])
        s.monitor = -1
        failed = s.copy()
        put(failed, args[0], Val(1))
        yield failed
        if pair < 0 or (s.events[pair].at, s.events[pair].size) != (at.value, size):
            return
        if m.store(s, at, size, get(s, args[1]), order, pair):
            put(s, args[0], ZERO)
            yield s

    return run


def atomic_orders(word: str, discarded: bool) -> tuple[frozenset[str], frozenset[str]]:
    """The orders of an atomic's load and store.  A load whose value is discarded has no acquire
    semantics, and DMB LD does not order it (B2.3.3, B2.3.7)."""
    read = {"X", "amo", "noret"} if discarded else {"X", "amo"} | ({"A"} if "a" in word else set())
    return frozenset(read), frozenset({"X", "amo"} | ({"L"} if "l" in word else set()))


LSE: dict[str, Callable[[int, int, int], int]] = {
    "swp": lambda old, new, size: new,
    "add": lambda old, new, size: old + new,
    "set": lambda old, new, size: old | new,
    "clr": lambda old, new, size: old & ~new,
    "eor": lambda old, new, size: old ^ new,
    "smax": lambda old, new, size: max(signed(old, size), signed(new, size)),
    "smin": lambda old, new, size: min(signed(old, size), signed(new, size)),
    "umax": lambda old, new, size: max(old, new & (1 << 8 * size) - 1),
    "umin": lambda old, new, size: min(old, new & (1 << 8 * size) - 1),
}


def atomic(op: str, word: str, suffix: str, returns: bool) -> Handler:
    """SWP, LDADD and its kin; without a result, STADD and its kin."""

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        target = args[1] if returns else "WZR"
        at, _, _ = address(s, args[2 if returns else 1 :])
        data, size = get(s, args[0]), size_of(suffix, args[0])
        read, write = atomic_orders(word, key(target) == "XZR")
        for new, old, index in m.load(s, at, size, read):
            value = LSE[op](old.value, data.value, size)
            # The old value is data of the new one, but not of that of SWP.
            put_data = Val(value, data.dep, data.pick) if op == "swp" else join(value, data, old)
            if m.store(new, at, size, put_data, write, index):
                put(new, target, old)
                yield new

    return run


def together(state: State, names: list[str]) -> Val:
    """The value of a register, or of a pair for CASP."""
    vals, bits = [get(state, name) for name in names], bits_of(names[0])
    return join(sum(val.value << bits * n for n, val in enumerate(vals)), *vals)


def apart(state: State, names: list[str], val: Val) -> None:
    for n, name in enumerate(names):
        put(state, name, Val(val.value >> n * bits_of(name), val.dep, val.pick))


def swap_if(word: str, suffix: str, count: int = 1) -> Handler:
    """CAS, and CASP for a count of 2.  When it succeeds, the result may be that of the memory or,
    as it is equal, that of the register (B2.3.2: both must be legal)."""

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        names, at = args[:count], address(s, args[2 * count :])[0]
        expected, data = together(s, names), together(s, args[count : 2 * count])
        size = count * size_of(suffix, args[0])
        read, write = atomic_orders(word, key(args[0]) == "XZR")
        for new, old, index in m.load(s, at, size, read):
            twin = new.copy()
            apart(new, names, old)
            if old.value != expected.value & (1 << 8 * size) - 1:
                yield from swap_fails(m, new, at, old, write, index)
                continue
            choice = expected.pick | old.pick
            if m.store(new, at, size, data, write, index, choice):
                yield new
                m.store(twin, at, size, data, write, index, choice)
                apart(twin, names, Val(old.value, expected.dep, choice))
                yield twin

    return run


def swap_fails(
    m: Machine, s: State, at: Val, old: Val, write: frozenset[str], index: int
) -> Iterator[State]:
    """CAS that fails; it may write the old value back."""
    plain = s.copy()
    event = s.events[index]  # without a store it is no atomic access
    plain.events[index] = replace(event, order=event.order - {"X", "amo"})
    yield plain
    if m.store(s, at, s.events[index].size, old, write, index):
        yield s


def branch_if(op: str) -> Handler:
    """CBZ, CBNZ"""

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        val = get(s, args[0])
        yield from m.branch(s, args[1], (val.value == 0) == (op == "cbz"), val, line)

    return run


def branch_bit(op: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        val = get(s, args[0])
        bit = val.value >> immediate(args[1]) & 1
        yield from m.branch(s, args[2], bool(bit) == (op == "tbnz"), val, line)

    return run


def jump(m: Machine, s: State, args: list[str], line: int) -> Step:
    yield from m.branch(s, args[0], True, ZERO, line)


def branch_on(condition: str) -> Handler:
    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        yes, on = holds(s, condition)
        yield from m.branch(s, args[0], yes, on, line)

    return run


def nothing(m: Machine, s: State, args: list[str], line: int) -> Step:
    yield s


def barrier(name: str) -> Handler:
    """All threads are in one Inner Shareable domain.  Each is its own Non-shareable one, so a
    barrier of that domain orders nothing here (decode)."""

    def run(m: Machine, s: State, args: list[str], line: int) -> Step:
        yield from m.fence(s, name)

    return run


BARRIERS = {"": "full", "ld": "ld", "st": "st"}
SINGLE: dict[str, tuple[Handler, tuple[int, ...]]] = {
    "mov": (move, (2, 3)), "movz": (move, (2, 3)), "movk": (keep, (2, 3)), "mvn": (invert, (2, 3)),
    "neg": (negate, (2, 3)), "adc": (add_carry, (3,)), "mrs": (read_system, (2,)),
    "msr": (write_system, (2,)), "nop": (nothing, (0,)), "isb": (barrier("isb"), (0, 1)),
    "b": (jump, (1,)), "cbz": (branch_if("cbz"), (2,)), "cbnz": (branch_if("cbnz"), (2,)),
    "tbz": (branch_bit("tbz"), (3,)), "tbnz": (branch_bit("tbnz"), (3,)),
    "cmp": (compare("sub"), (2, 3)), "cmn": (compare("add"), (2, 3)),
    "tst": (compare("and"), (2, 3)),
    "ldp": (load_pair, (3, 4)), "stp": (store_pair, (3, 4)),
    "ldnp": (load_pair, (3,)), "stnp": (store_pair, (3,)),
}  # fmt: skip
for _op in LOGIC:
    SINGLE[_op] = (alu(_op), (3, 4))
for _op in ("add", "sub", "and", "bic"):
    SINGLE[_op + "s"] = (alu_flags(_op), (3, 4))
for _op in ("csel", "csinc", "csinv", "csneg"):
    SINGLE[_op] = (select(_op), (4,))
for _op in ("cset", "csetm"):
    SINGLE[_op] = (select(_op), (2,))
for _op in ("sxtb", "sxth", "sxtw", "uxtb", "uxth", "uxtw"):
    SINGLE[_op] = (extend(_op), (2,))
PLAIN = {"r": "", "ur": "", "ar": "A", "apr": "Q", "apur": "Q", "xr": "X", "axr": "AX"}
STORES = {"r": "", "ur": "", "lr": "L", "lur": "L"}


def operands(rest: str) -> list[str]:
    """The operands; commas in brackets are part of one."""
    return [a.strip() for a in re.findall(r"(?:\[[^\]]*\]!?|[^,\[])+", rest) if a.strip()]


def decode(text: str) -> tuple[Handler, list[str]] | None:
    """The meaning of an instruction and its operands; None: it is not known."""
    op, _, rest = text.partition(" ")
    op, args = op.lower(), operands(rest)
    if op in SINGLE:
        handler, counts = SINGLE[op]
        return (handler, args) if len(args) in counts else None
    if op.startswith("b.") and op[2:].upper() in CONDITIONS:
        return branch_on(op[2:]), args
    if op in ("dmb", "dsb") and len(args) == 1:
        match = re.fullmatch(r"(nsh|ish|osh|sy|)(ld|st|)", args[0].lower())
        if match and match[1] == "nsh":
            return nothing, []
        return (barrier(f"{op}.{BARRIERS[match[2]]}"), []) if match and args[0] else None
    return accesses(op, args)


def accesses(op: str, args: list[str]) -> tuple[Handler, list[str]] | None:
    if match := re.fullmatch(r"ld(r|ur|ar|apr|apur|xr|axr)(s?)(b|h|w|)", op):
        sign, suffix = match[2] == "s", match[3]
        if (suffix == "w") <= sign and (suffix or not sign) and len(args) in (2, 3):
            return load(suffix, sign, frozenset(PLAIN[match[1]])), args
    if match := re.fullmatch(r"st(r|ur|lr|lur)(b|h|)", op):
        run = store(match[2], frozenset(STORES[match[1]]))
        return (run, args) if len(args) in (2, 3) else None
    if match := re.fullmatch(r"st(l?)xr(b|h|)", op):
        order = frozenset({"X"} | ({"L"} if match[1] else set()))
        return (conditional(match[2], order), args) if len(args) == 3 else None
    if match := re.fullmatch(r"cas(al|a|l|)(b|h|)", op):
        return (swap_if(match[1], match[2]), args) if len(args) == 3 else None
    if match := re.fullmatch(r"casp(al|a|l|)", op):
        return (swap_if(match[1], "", 2), args) if len(args) == 5 else None
    if match := re.fullmatch(r"swp(al|a|l|)(b|h|)", op):
        return (atomic("swp", match[1], match[2], True), args) if len(args) == 3 else None
    if match := re.fullmatch(r"(ld|st)(add|set|clr|eor|[su]max|[su]min)(al|a|l|)(b|h|)", op):
        returns = match[1] == "ld"
        if len(args) == 2 + returns:
            return atomic(match[2], match[3], match[4], returns), args
    return None
