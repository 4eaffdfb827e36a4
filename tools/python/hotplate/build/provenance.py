# SPDX-License-Identifier: BSD-2-Clause
"""Print how the files of a release were made, and of what.

  tools/hotplate provenance DIR VERSION

It is an in-toto statement of type SLSA provenance 1.  Its subjects are the
files of DIR, its dependencies the commit, the third-party sources with the
hashes of tools/third.sha256, and the compilers.  It has neither time nor host,
so that a second build of the same sources by the same compilers has the same.
Nothing in it proves itself: the signature of SHA256SUMS covers it.
"""
import json
import os
import subprocess
from typing import Any

from hotplate import BUILD
from hotplate.build.spdx import LIBRARIES, digest
from hotplate.command import usage
from hotplate.results.release import PREFIX, first_line

TYPE = "urn:hotplate:make-dist:1"


def commit() -> str:
    """The full hash of HEAD, of which tools/version prints the beginning; else `unknown`."""
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def changed() -> bool:
    done = subprocess.run(
        ["tools/version", "--commit"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip().endswith("+")


def read(*path: str) -> str:
    with open(os.path.join(BUILD, "third", *path), encoding="ascii") as f:
        return f.read().strip()


def dependencies() -> list[dict[str, Any]]:
    source: dict[str, Any] = {"name": "hotplate", "digest": {"gitCommit": commit()}}
    if changed():
        source["annotations"] = {"changed": "the tree differs from this commit"}
    found = [source]
    for library, *_ in LIBRARIES:
        found.append(
            {
                "name": library,
                "digest": {"sha256": read("hash-" + library.lower())},
                "annotations": {"from": "linux-" + read("version")},
            }
        )
    for prefix in PREFIX.values():
        name = (os.environ.get("CROSS_COMPILE") or prefix) + "gcc"
        found.append({"name": name, "annotations": {"version": first_line(name)}})
    return found


def statement(directory: str, version: str) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": name, "digest": {"sha256": digest(os.path.join(directory, name))}}
            for name in sorted(os.listdir(directory))
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": TYPE,
                "externalParameters": {"version": version, "arches": list(PREFIX)},
                "resolvedDependencies": dependencies(),
            },
            "runDetails": {"builder": {"id": os.environ.get("BUILDER", "urn:hotplate:by-hand")}},
        },
    }


def main(words: list[str]) -> int:
    if len(words) != 2 or words[0].startswith("-"):
        usage(__doc__)
    print(json.dumps(statement(*words), indent=1))
    return 0
