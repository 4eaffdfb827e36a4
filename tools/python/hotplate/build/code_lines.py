# SPDX-License-Identifier: BSD-2-Clause
"""Print the lines of code of each scheme as a C table.

  tools/hotplate code-lines FILE...

The table is that of mm/policy/policy.h.  A line counts if it is not blank
without its comments.  A scheme is a member `.name` with a string; every scheme
of a file gets the lines of the whole file.
"""
import re

from hotplate import fail
from hotplate.command import usage

# A string may contain the start of a comment, so both are matched; a comment leaves its line ends.
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)
NAME = re.compile(r'\.name = "([^"]+)"')


def code(text: str) -> str:
    def without(match: re.Match[str]) -> str:
        token = match[0]
        return token if token.startswith('"') else "\n" * token.count("\n")

    return TOKEN.sub(without, text)


def count(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def main(words: list[str]) -> int:
    if not words or any(word.startswith("-") for word in words):
        usage(__doc__)
    rows = []
    for path in words:
        try:
            with open(path, encoding="utf-8") as f:
                text = code(f.read())
        except OSError as error:
            fail("%s: %s" % (path, error.strerror))
        rows += [(name, count(text)) for name in NAME.findall(text)]
    print("#include <mm/policy/policy.h>\n\nconst struct code_lines vmalloc_code_lines[] = {")
    for name, lines in rows:
        print('\t{ "%s", %d },' % (name, lines))
    print("\t{ 0 },\n};")
    return 0
