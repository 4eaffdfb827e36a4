# SPDX-License-Identifier: BSD-2-Clause
"""The log ring of a machine that may be silent, read from memory as a debugger does."""
import os
import re
import subprocess
import time

import pexpect

from conftest import LOGS, PATIENCE

BYTES = 65536


def address(arch, image):
    """The address of the ring if the image runs at `image`."""
    out = subprocess.run(["tools/hotplate", "ringdump", "--address", "build/%s/hotplate.elf" % arch, hex(image)],
                         capture_output=True, text=True, check=True).stdout
    return int(out, 16)


def ringdump(path, *words):
    """(exit status, text, stderr)."""
    done = subprocess.run(["tools/hotplate", "ringdump", path, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def save(child, at, size, path):
    """QEMU's monitor (Ctrl-A c) writes memory to a file, as JTAG does on a board."""
    if os.path.exists(path):
        os.remove(path)
    child.send("\x01c")
    child.expect_exact("(qemu) ", timeout=PATIENCE)
    child.sendline("pmemsave 0x%x %d \"%s\"" % (at, size, path))
    child.expect_exact("(qemu) ", timeout=PATIENCE)
    child.send("\x01c")


def wait_for(child, arch, image, pattern, name):
    """The ring's text as soon as it contains `pattern`; the last text that was read if it never does."""
    path, text, until = os.path.join(LOGS, "%s-%s.mem" % (name, arch)), "", time.monotonic() + PATIENCE
    while not re.search(pattern, text) and time.monotonic() < until:
        child.expect([r".+", pexpect.TIMEOUT], timeout=0.5)
        save(child, address(arch, image), BYTES, path)
        text = ringdump(path)[1]
    return text
