# SPDX-License-Identifier: BSD-2-Clause
"""The log of a run, as a file and as the log of a session at a terminal."""
import re

GOOD = """OpenSBI v1.1
#: run format=1 image=00000000 tests=3
KTAP version 1
1..1
  KTAP version 1
  # Subtest: arm64-4k-48
  1..3
  #: result pass arm64-4k-48/a.b could=yes ms=1
  ok 1 a.b
  # wanted 1
  #: result fail arm64-4k-48/a.c/P+1.x could=no
  not ok 2 a.c/P+1.x
  #: result skip arm64-4k-48/a.d could=no
  ok 3 a.d # SKIP needs two CPUs
not ok 1 arm64-4k-48
# Totals: pass:1 fail:1 xfail:0 xpass:0 skip:1 error:0
#: end verdict=fail tests=3 format=1
# hotplate: end
"""


def at_a_terminal(text):
    """The log of a session with colour: codes, erased records, and overwritten lines of progress."""
    text = re.sub(r"\b(not ok|ok)(?= \d)", lambda m: "\x1b[3%dm%s\x1b[0m" % (2 - len(m[1]) // 6, m[1]), text)
    text = re.sub(r"(?m)^( *#: .*)\n", "\x1b[?7l\\1\r\x1b[K\x1b[?7h", text)
    text = re.sub(r"(?m)^(?=\x1b\[\?7l *#: (result|end|run))", "run: 2 s\r        \rrun: 3 s\r        \r", text)
    return text.replace("\n", "\r\n")
