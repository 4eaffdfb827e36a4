# SPDX-License-Identifier: BSD-2-Clause
"""ledger - verdicts and draws, a line each in build/mutate/results.jsonl."""
import hashlib
import json
import os
import threading
from typing import Any

from hotplate import TOP, fail
from hotplate.mutate import cover, source
from hotplate.mutate.draw import Draw
from hotplate.mutate.judge import Verdict
from hotplate.mutate.source import Mutant

RESULTS = os.path.join(cover.DIRECTORY, "results.jsonl")
Row = dict[str, Any]


def head(mutant: Mutant) -> str:
    return "%s: %s" % (mutant.path, mutant.name)


def told(row: Row) -> str:
    said = ": ".join(x for x in (row["by"], row["why"]) if x)
    return " (%s)" % said if said else ""


def rows(paths: list[str] | None = None) -> list[Row]:
    found: list[Row] = []
    for path in paths or [RESULTS]:
        if not os.path.exists(path):
            if paths:
                fail(f"{path}: no such file; tools/hotplate mutate run writes it")
            continue
        with open(path, encoding="utf-8") as f:
            found += [json.loads(line) for line in f if line.strip()]
    return found


def newest(paths: list[str] | None = None, whole: bool = False) -> list[Row]:
    """The last verdict of each mutant, of whatever source; whole: of a part of the tests, none."""
    found = [row for row in rows(paths) if "key" in row and not (whole and "part" in row)]
    return list({row["key"]: row for row in found}.values())


def draws(paths: list[str] | None = None) -> dict[tuple[str, str], Row]:
    """The last of each group and seed."""
    return {(row["draw"], row["seed"]): row for row in rows(paths) if "draw" in row}


def text(path: str) -> str:
    with open(os.path.join(TOP, path), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:12]


class Ledger:
    def __init__(self, now: str, keep: bool, whole: bool) -> None:
        self.now, self.whole, self.lock = now, whole, threading.Lock()
        texts: dict[str, str] = {}
        self.known: dict[str, Row] = {}
        for row in rows():
            if "key" not in row or (whole and "part" in row):
                continue
            if row["state"] == now or (keep and self.stands(row, texts)):
                self.known[row["key"]] = row

    @staticmethod
    def stands(row: Row, texts: dict[str, str]) -> bool:
        """Noticed, and the file is as it was."""
        path = row["path"]
        if row["what"] == "survived" or not os.path.exists(os.path.join(TOP, path)):
            return False
        if path not in texts:
            texts[path] = text(path)
        return bool(row.get("text") == texts[path])

    def write(self, row: Row) -> None:
        os.makedirs(os.path.dirname(RESULTS), exist_ok=True)
        with open(RESULTS, "a", encoding="utf-8") as f:
            f.write(json.dumps(row) + "\n")

    def draw(self, drawn: Draw) -> None:
        named = [{"key": source.key(m), "head": head(m)} for m in drawn.chosen]
        row = {"draw": drawn.group, "sample": drawn.sample, "seed": drawn.seed}
        self.write(row | {"files": drawn.files, "mutants": drawn.mutants, "chosen": named})

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        row: Row = {"key": source.key(mutant), "state": self.now, "path": mutant.path}
        row |= {"line": mutant.edit.line, "name": mutant.name, "text": text(mutant.path)}
        row |= verdict._asdict()
        if verdict.what == "survived" and not self.whole:
            row["part"] = True  # a draw has every test to choose from, and asks again
        with self.lock:
            self.known[row["key"]] = row
            self.write(row)
        where = "%s:%d: %s" % (mutant.path, mutant.edit.line, mutant.name)
        print("%-9s %s%s" % (verdict.what, where, told(row)), flush=True)
