# SPDX-License-Identifier: BSD-2-Clause
"""Print a value out of boards/NAME/board.mk.

  tools/hotplate board NAME KEY

These fragments, and those of EXTRA=DIR, hold assignments only:
BOARD_KEY := words.
"""
import os
import re

from hotplate import BUILD, TOP, Refused, fail
from hotplate.command import usage

CARDS = os.environ.get("CARDS") or os.path.join(TOP, BUILD, "image")


class Unknown(Refused):
    """One sentence: the mistake in the name or in the fragment of a board."""


def directories() -> dict[str, str]:
    """name: directory, of every board.  A name that begins with _ is no board."""
    roots = [TOP] + [d for d in os.environ.get("EXTRA", "").split(":") if d]
    found = {}
    for root in roots:
        place = os.path.join(root, "boards")
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else []:
            if not name.startswith("_") and os.path.exists(os.path.join(place, name, "board.mk")):
                found[name] = os.path.join(place, name)
    return found


def load(name: str) -> dict[str, str]:
    """The assignments of the board, without the prefix BOARD_, and "here": its directory."""
    found = directories()
    if name not in found:
        raise Unknown("BOARD=%s is not known; there are: %s" % (name, " ".join(sorted(found))))
    path = os.path.join(found[name], "board.mk")
    keys = {"here": found[name]}
    with open(path, encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            match = re.fullmatch(r"BOARD_([A-Z0-9_]+) :=(.*)", line.strip())
            if match:
                keys[match[1]] = match[2].strip()
            elif line.strip() and not line.startswith("#"):
                raise Unknown("%s:%d: not an assignment BOARD_KEY := words" % (path, number))
    return keys


def main(words: list[str]) -> int:
    if len(words) != 2:
        usage(__doc__)
    keys = load(words[0])
    if words[1] not in keys:
        fail("boards/%s/board.mk has no BOARD_%s" % tuple(words))
    print(keys[words[1]])
    return 0
