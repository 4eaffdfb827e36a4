# SPDX-License-Identifier: BSD-2-Clause
"""Keep the results of a board in docs/results, and name them in its row of docs/boards.md."""
import contextlib
import datetime
import json
import os
import re

from hotplate import TOP, Refused, fail
from hotplate.lint import results as lint
from hotplate.lint.core import Lint
from hotplate.results import jsonl, output, paste

NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
ROWS = os.path.join("docs", "boards.md")


def entries(path: str) -> list[dict[str, object]]:
    text = output.read(path)
    try:
        if paste.is_one(text):
            return paste.entries(text)
        return [e for one in output.runs_of(text) for e in jsonl.entries(one, {})]
    except (Refused, ValueError, KeyError) as why:
        fail(f"{path}: {why}")


def free(board: str, date: str) -> str:
    """A name that no file has: of a day, the second is DATE-2."""
    for word in ("", *(f"-{n}" for n in range(2, 100))):
        path = os.path.join("docs", "results", board, date + word + ".jsonl")
        if not os.path.exists(path):
            return path
    fail(f"docs/results/{board} has a hundred results of {date}")


def summary(path: str) -> str:
    """One line for the row: the words of the run, and its numbers."""
    parts = []
    for run in jsonl.load(path):
        kinds = [r["verdict"] for r in run.results.values()]
        good = sum(k in ("pass", "xfail") for k in kinds)
        skipped, failed = kinds.count("skip"), len(kinds) - good - kinds.count("skip")
        numbers = f"{good} of {len(kinds)} passed, {failed} failed, {skipped} skipped"
        parts.append(f"`run={run.header.get('run', '')}`: {numbers}" if kinds else "a soak")
    return "; ".join(parts)


def into_row(board: str, path: str) -> bool:
    """Name the file at the end of the board's row, if it has one."""
    with open(ROWS, encoding="utf-8") as f:
        lines = f.read().split("\n")
    at = next((i for i, line in enumerate(lines) if line.startswith(f"| [{board}](")), None)
    if at is None:
        return False
    date, where = os.path.basename(path)[: -len(".jsonl")], os.path.relpath(path, "docs")
    row = lines[at].rstrip().removesuffix("|").rstrip()
    lines[at] = f"{row}; hardware, [{date}]({where}): {summary(path)} |"
    with open(ROWS, "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    return True


def add(path: str, board: str, date: str) -> int:
    found = entries(path)
    if not NAME.fullmatch(board):
        fail(f"{board!r} is no name of a board: a-z, 0-9, . and - are")
    if not lint.is_date(date):
        fail(f"{date!r} is no past date such as 2026-11-21")
    with contextlib.chdir(TOP):
        kept = free(board, date)
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        with open(kept, "w", encoding="utf-8") as f:
            f.write("".join(json.dumps(e) + "\n" for e in found))
        check = Lint("results")
        lint.check_file(kept, check)
        if check.count:
            os.remove(kept)
            return 1
        row = into_row(board, kept)
        print(f"{kept}: {summary(kept)}" + ("" if row else f"; {ROWS} has no row of {board}"))
    return 0


def main(words: list[str]) -> int:
    path, board, *date = words
    return add(path, board, *date or [datetime.date.today().isoformat()])
