# SPDX-License-Identifier: BSD-2-Clause
"""ledger - outcomes, one line of JSON each; an interrupted run resumes from them."""
import json
import os
import threading
from typing import Any

from hotplate import fail

Row = dict[str, Any]


def read(paths: list[str], verb: str) -> list[Row]:
    found: list[Row] = []
    for path in paths:
        if not os.path.exists(path):
            fail(f"{path}: no such file; tools/hotplate {verb} run writes it")
        with open(path, encoding="utf-8") as f:
            found += [json.loads(line) for line in f if line.strip()]
    return found


class Log:
    """A file to which every worker adds rows."""

    def __init__(self, path: str) -> None:
        self.path, self.lock = path, threading.Lock()

    def rows(self) -> list[Row]:
        return read([self.path], "") if os.path.exists(self.path) else []

    def write(self, row: Row) -> None:
        with self.lock:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(self.path, "a", encoding="utf-8") as f:
                f.write(json.dumps(row) + "\n")
