# SPDX-License-Identifier: BSD-2-Clause
"""options - KEY=VALUE words of `mutants` and `mutate`, and the part of the mutants that they name.
"""
import re
from typing import TypeVar

from hotplate import fail

T = TypeVar("T")
FORMS = {
    "WORKERS": r"[1-9]\d?",
    "SAMPLE": r"[1-9]\d*",
    "SEED": r"\d+",
    "SHARD": r"([1-9]\d*)/([1-9]\d*)",
}


def read(given: list[str], forms: dict[str, str]) -> dict[str, str]:
    """The words of these forms."""
    found = dict(word.split("=", 1) for word in given)
    for key, value in found.items():
        if key in forms and not re.fullmatch(forms[key], value):
            fail(f"{key}={value}: not a value of {key}=")
    part, parts = found.get("SHARD", "1/1").split("/")
    if int(part) > int(parts):
        fail(f"SHARD={part}/{parts}: there is no such part")
    return found


def shard(found: list[T], given: dict[str, str]) -> list[T]:
    part, parts = (int(n) for n in given.get("SHARD", "1/1").split("/"))
    return found[part - 1 :: parts]
