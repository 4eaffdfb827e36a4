# SPDX-License-Identifier: BSD-2-Clause
"""rules - the rule of the manuals for each kind of barrier, and what a weaker FENCE omits."""
import re

# Kind of instruction: the rule that defines its order.
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

FENCE = re.compile(r"(?:fence )?([iorw]+),([iorw]+)$")


def taken(what: str, how: str) -> str:
    """The part of a FENCE that a form omits: devices, or reads or writes on one side."""
    if how == "as fence.tso":
        return "tso"
    was, left = FENCE.match(what), FENCE.match(how.removeprefix("as "))
    if not was or not left:
        return ""
    for side, place in ((1, "before"), (2, "after")):
        for letter in "rw":
            if letter in was[side] and letter not in left[side]:
                return letter + "-" + place
    return "devices"
