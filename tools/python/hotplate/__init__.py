# SPDX-License-Identifier: BSD-2-Clause
"""hotplate's tools.  The commands of tools/ are entry points of a few lines; what they do is here.

  results/   the output of a run (docs/OUTPUT.md): read, kept, compared, shown
  qemu/      QEMU's command line and what is around it
  ports/     boards at the end of a wire, and machines that run
  boards/    cards, disks and firmware of boards
  trees/     device trees of boards
  program/   the text of a linked image: instructions, orders, fences
  lint/      make check
  docs/      the documents as pages
  bench/, build/   figures; what the build itself asks for
"""
import os
from typing import NoReturn

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BUILD = os.environ.get("BUILD") or "build"  # make's BUILD=DIR; in TOP where it is relative
SETUP = 4  # exit status of a command that could not begin


class Refused(Exception):
    """One sentence for the user.  Nobody but command.start() prints it."""


def fail(sentence: str) -> NoReturn:
    """This command cannot go on."""
    raise Refused(sentence)
