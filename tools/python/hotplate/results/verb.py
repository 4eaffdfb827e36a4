# SPDX-License-Identifier: BSD-2-Clause
"""Keep the results of a board, or make those of a release.

  tools/hotplate results add FILE BOARD [YYYY-MM-DD]
      FILE is the log of a run, or the text that board-run made of it and that
      a person sent; it becomes docs/results/BOARD/DATE.jsonl, and the row of
      the board in docs/boards.md names it
  tools/hotplate results DIR VERSION
      runs the quick tests on the images of a release, and prints the results

Exit status: 0; 1 a test of the release failed, or the file is not whole;
4 FILE, BOARD or the date is refused, or `add` has no sources.
"""
from hotplate import INSTALLED, NO_SOURCES, fail
from hotplate.command import usage
from hotplate.results import add, release


def main(words: list[str]) -> int:
    if INSTALLED and words[:1] == ["add"]:  # docs/results is a part of the sources
        fail(NO_SOURCES)
    if words[:1] == ["add"] and len(words) in (3, 4):
        return add.main(words[1:])
    if len(words) != 2 or words[0] == "add":
        usage(__doc__)
    return release.main(words)
