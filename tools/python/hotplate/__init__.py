# SPDX-License-Identifier: BSD-2-Clause
"""The package of tools/hotplate.  verbs.py has its verbs.

  results/   read, store, compare and display the output of a run (docs/OUTPUT.md)
  qemu/      build QEMU's command line, and control QEMU and the worst legal machine
  kernels/   boot kernels that others built on the worst legal machine, and judge them
  ports/     connect to boards on a serial line, and to running machines
  boards/    make cards, disks and firmware of boards
  trees/     check the device trees of boards
  litmus/    read litmus tests, and compute what the memory models allow
  jobs/      list work of hours as independent jobs
  program/   analyse the text of a linked image: instructions, memory order, fences
  lint/      the lints of `make check`
  docs/      make the documents into web pages
  bench/     figures and their limits
  build/     parts of the build
"""
import os
from typing import NoReturn

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BUILD = os.environ.get("BUILD") or "build"  # make's BUILD=DIR; in TOP where it is relative
INSTALLED = not os.path.exists(os.path.join(TOP, "Makefile"))  # make install: without the sources
PROGRAM = os.path.join(TOP, "tools", "hotplate")
TOOL = "hotplate" if INSTALLED else "tools/hotplate"  # as the user types it
NO_SOURCES = "it needs the sources of hotplate, not an installation"
SETUP = 4  # exit status of a command that could not start


class Refused(Exception):
    """One sentence for the user.  Only command.start() prints it."""


def fail(sentence: str) -> NoReturn:
    """End this command with a sentence for the user."""
    raise Refused(sentence)
