# SPDX-License-Identifier: BSD-2-Clause
"""data - the files of tests/mutants that are no entries: a record a line, after lines of notes that
begin with #."""


def read(path: str) -> list[str]:
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f if line.strip() and line[0] != "#"]


def write(path: str, records: list[str]) -> None:
    """Replace the records; the notes stay."""
    with open(path, encoding="utf-8") as f:
        notes = [line for line in f if line[0] == "#"]
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(notes + [record + "\n" for record in records])
