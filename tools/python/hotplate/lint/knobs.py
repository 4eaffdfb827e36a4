# SPDX-License-Identifier: BSD-2-Clause
"""Every knob is in the one list of hotplate/qemu/knobs.py.

The table of docs/vmm.md and the text of `make help-all` are made from it, and
it has every knob that make exports to tools/hotplate run.
"""
import re

from hotplate.command import no_words
from hotplate.lint.core import Lint, read
from hotplate.qemu import knobs

NOT_OURS = {"HOTPLATE_COMMIT"}  # one make passes it to another


def main(words: list[str]) -> int:
    no_words(words)
    lint = Lint("knobs")
    if knobs.in_doc("\n".join(read("docs/vmm.md")))[1] != knobs.table():
        lint.report("docs/vmm.md", 1, "not the table of tools/hotplate knobs --write")
    if "\n".join(read("mk/help.txt")).partition(knobs.MARK)[2] != knobs.listing():
        lint.report("mk/help.txt", 1, "not the list of tools/hotplate knobs --write")
    known = {knob.name for knob in knobs.KNOBS}
    for number, text in enumerate(read("mk/run.mk"), 1):
        if text.startswith("export "):
            for name in sorted(set(re.findall(r"[A-Z][A-Z0-9_]+", text)) - known - NOT_OURS):
                lint.report("mk/run.mk", number, f"{name} is not in the list of knobs")
    for line in knobs.screen(knobs.KNOBS):
        if len(line) > 79:
            lint.report("tools/python/hotplate/qemu/knobs.py", 1, "wider than a screen: " + line)
    return lint.done(f"{len(knobs.KNOBS)} knobs, {len(knobs.RUN)} of tools/hotplate run")
