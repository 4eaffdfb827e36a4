# SPDX-License-Identifier: BSD-2-Clause
"""ledger - verdicts and draws, a line each in build/mutate/results.jsonl."""
import hashlib
import os

from hotplate import TOP
from hotplate.mutants.generated import cover, source
from hotplate.mutants.generated.draw import Draw
from hotplate.mutants.generated.search import Verdict
from hotplate.mutants.generated.source import Mutant
from hotplate.mutants.ledger import Log, Row, read

RESULTS = os.path.join(cover.DIRECTORY, "results.jsonl")


def head(mutant: Mutant) -> str:
    return "%s: %s" % (mutant.path, mutant.name)


def told(row: Row) -> str:
    said = ": ".join(x for x in (row["by"], row["why"]) if x)
    return " (%s)" % said if said else ""


def rows(paths: list[str] | None = None) -> list[Row]:
    return read(paths, "mutate") if paths else Log(RESULTS).rows()


def newest(paths: list[str] | None = None, whole: bool = False) -> list[Row]:
    """The last verdict of each mutant, of any source; whole: without survivors of a part of the
    tests."""
    found = [row for row in rows(paths) if "key" in row and not (whole and "part" in row)]
    return list({row["key"]: row for row in found}.values())


def draws(paths: list[str] | None = None) -> dict[tuple[str, str], Row]:
    """The last of each group and seed."""
    return {(row["draw"], row["seed"]): row for row in rows(paths) if "draw" in row}


def text(path: str) -> str:
    with open(os.path.join(TOP, path), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:12]


class Ledger(Log):
    def __init__(self, now: str, keep: bool, whole: bool) -> None:
        super().__init__(RESULTS)
        self.now, self.whole = now, whole
        texts: dict[str, str] = {}
        self.known: dict[str, Row] = {}
        for row in self.rows():
            if "key" not in row or (whole and "part" in row):
                continue
            if row["state"] == now or (keep and self.holds(row, texts)):
                self.known[row["key"]] = row

    @staticmethod
    def holds(row: Row, texts: dict[str, str]) -> bool:
        """Noticed, and the file is as it was."""
        path = row["path"]
        if row["what"] == "survived" or not os.path.exists(os.path.join(TOP, path)):
            return False
        if path not in texts:
            texts[path] = text(path)
        return bool(row.get("text") == texts[path])

    def draw(self, drawn: Draw) -> None:
        named = [{"key": source.key(m), "head": head(m)} for m in drawn.chosen]
        row = {"draw": drawn.group, "sample": drawn.sample, "seed": drawn.seed}
        self.write(row | {"files": drawn.files, "mutants": drawn.mutants, "chosen": named})

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        row: Row = {"key": source.key(mutant), "state": self.now, "path": mutant.path}
        row |= {"line": mutant.edit.line, "name": mutant.name, "text": text(mutant.path)}
        row |= verdict._asdict()
        if verdict.what == "survived" and not self.whole:
            row["part"] = True  # a draw, which has every test, judges it again
        self.known[row["key"]] = row
        self.write(row)
        where = "%s:%d: %s" % (mutant.path, mutant.edit.line, mutant.name)
        print("%-9s %s%s" % (verdict.what, where, told(row)), flush=True)
