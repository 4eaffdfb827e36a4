# SPDX-License-Identifier: BSD-2-Clause
"""Print the compilation database, which clangd reads.

  tools/hotplate compdb COMPILER < LIST

LIST has a line for each source: the file, a tab, its flags.
"""
import json
import os
import shlex
import sys

from hotplate.command import usage


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0].startswith("-"):
        usage(__doc__)
    entries = []
    for line in sys.stdin:
        source, _, flags = line.rstrip("\n").partition("\t")
        if source:
            entries.append(
                {
                    "directory": os.getcwd(),
                    "file": source,
                    "arguments": [words[0], *shlex.split(flags), "-c", source],
                }
            )
    json.dump(entries, sys.stdout, indent=1)
    print()
    return 0
