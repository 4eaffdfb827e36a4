# SPDX-License-Identifier: BSD-2-Clause
"""Knobs stand in one list (hotplate/qemu/knobs.py): the table of docs/vmm.md and what `make help`
says are made from it, and every knob that make exports to tools/run is in it."""
import re

from hotplate.command import no_words
from hotplate.lint.core import Lint, read
from hotplate.qemu import knobs

NOT_OURS = {"HOTPLATE_COMMIT"}  # from one make to another


def main(words: list[str]) -> int:
    no_words(words)
    lint = Lint("knobs")
    if knobs.in_doc("\n".join(read("docs/vmm.md")))[1] != knobs.table():
        lint.say("docs/vmm.md", 1, "the table of knobs is not that of tools/knobs --write")
    if "\n".join(read("mk/help.txt")).partition(knobs.MARK)[2] != knobs.listing():
        lint.say("mk/help.txt", 1, "the knobs are not those of tools/knobs --write")
    known = {knob.name for knob in knobs.KNOBS}
    for number, text in enumerate(read("mk/run.mk"), 1):
        if text.startswith("export "):
            for name in sorted(set(re.findall(r"[A-Z][A-Z0-9_]+", text)) - known - NOT_OURS):
                lint.say("mk/run.mk", number, f"{name} is not in the list of knobs")
    for line in knobs.screen(knobs.KNOBS):
        if len(line) > 79:
            lint.say("tools/hotplate/qemu/knobs.py", 1, "wider than a screen: " + line)
    return lint.done(f"{len(knobs.KNOBS)} knobs, {len(knobs.RUN)} of tools/run")
