# SPDX-License-Identifier: BSD-2-Clause
"""lintlib - the tree's files, and how every lint reports: FILE:LINE: sentence, status 1."""
import os
import subprocess
import sys

OURS = ("lib", "mm", "kern", "arch", "drivers", "tests", "shell", "boot", "linker", "tools", "mk")


def tree(*suffixes):
    """Paths of the project, also those not committed yet; without git, of every directory of ours."""
    try:
        out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True,
                             capture_output=True, text=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        out = [os.path.join(d, f)[2:] for d, _, fs in os.walk(".") for f in fs
               if not d.startswith(("./build", "./.git"))]
    paths = sorted({p for p in out if p and os.path.isfile(p)})
    return [p for p in paths if not suffixes or p.endswith(suffixes)]


def c_files():
    return tree(".c", ".h")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().split("\n")


def under(path, *tops):
    return path.startswith(tuple(t + "/" for t in tops))


class Lint:
    def __init__(self, name):
        self.name, self.count = name, 0

    def say(self, path, line, sentence):
        self.count += 1
        print("%s:%d: %s" % (path, line, sentence))

    def done(self, checked):
        print("%-14s %s  (%s)" % (self.name, "%d findings" % self.count if self.count else "ok", checked))
        sys.exit(1 if self.count else 0)
