# SPDX-License-Identifier: BSD-2-Clause
"""rules - which rule of the manuals a place serves, and which reason one has that is not shown."""
import re
from collections.abc import Iterable
from fnmatch import fnmatch

from hotplate.barriers import reasons_arm64, reasons_riscv64

# What orders: the rule that says what it gives.
RULES = {
    "riscv64": {
        "fence": "RVWMO, preserved program order rule 4",
        "aq": "RVWMO, preserved program order rule 5",
        "rl": "RVWMO, preserved program order rule 6",
        "fence.i": 'unprivileged specification, "Zifencei"',
        "sfence.vma": 'privileged specification, "SFENCE.VMA"',
        "svinval": 'privileged specification, "Svinval"',
    },
    "arm64": {
        "dmb": "Arm ARM B2.3, DMB: barrier-ordered-before",
        "dsb": "Arm ARM B2.6.9, DSB; D8.17.8, completion of TLB maintenance",
        "isb": "Arm ARM D24.1.2.2, context synchronization",
        "acquire": "Arm ARM B2.3, load-acquire: barrier-ordered-before",
        "release": "Arm ARM B2.3, store-release: barrier-ordered-before",
        "tlbi": "Arm ARM D8.17, C5.5",
        "ic": "Arm ARM B2.7.4.2, D7.5.9",
        "dc": "Arm ARM D7.5.9",
    },
}

# Places of both architectures, then those of each, whose kinds have other names.
BLIND = (
    ("arch/*/arch_inline.h", "fence dmb", "accesses to the machine's devices happen at once, and"
     " one of them alone reads or writes memory, the virtio device"),
    *reasons_riscv64.ROWS,
    *reasons_arm64.ROWS,
)


def fits(pattern: str, file: str, functions: Iterable[str]) -> bool:
    return any(fnmatch(file + ":" + f if ":" in pattern else file, pattern) for f in functions)


FENCE = re.compile(r"(?:fence )?([iorw]+),([iorw]+)$")


def taken(what: str, how: str) -> str:
    """What a form takes from a FENCE: devices, or reads or writes on one side."""
    if how == "as fence.tso":
        return "tso"
    was, left = FENCE.match(what), FENCE.match(how.removeprefix("as "))
    if not was or not left:
        return ""
    for side, place in ((1, "before"), (2, "behind")):
        for letter in "rw":
            if letter in was[side] and letter not in left[side]:
                return letter + "-" + place
    return "devices"


def blind(file: str, functions: Iterable[str], kind: str, what: str = "", how: str = "") -> str:
    names = {kind, "*", taken(what, how)}
    rows = ((kinds.split(), why) for pattern, kinds, why in BLIND if fits(pattern, file, functions))
    return next((why for kinds, why in rows if names & set(kinds)), "")
