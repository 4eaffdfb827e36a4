# SPDX-License-Identifier: BSD-2-Clause
"""Print the SPDX 2.3 document of a release.

  tools/hotplate spdx VERSION

It lists our package, the images, and every third-party file that the compiler
read for them, with its hash.
"""
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from hotplate import BUILD
from hotplate.command import usage

THIRD = os.path.join(BUILD, "third", "")


def digest(path: str) -> str:
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def package(name: str, version: str, licence: str, holder: str, note: str) -> dict[str, Any]:
    return {
        "SPDXID": "SPDXRef-" + name,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "comment": note,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": holder,
    }


def file(number: int, path: str, name: str, chosen: str, declared: Any) -> dict[str, Any]:
    return {
        "SPDXID": "SPDXRef-File%d" % number,
        "fileName": "./" + name,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest(path)}],
        "licenseConcluded": chosen,
        "licenseInfoInFiles": declared,
        "copyrightText": "NOASSERTION",
    }


# name, directory of its files, licence chosen, licences declared, holders
LIBRARIES = (
    (
        "libfdt",
        THIRD + "scripts/dtc/libfdt/",
        "BSD-2-Clause",
        "GPL-2.0-or-later OR BSD-2-Clause",
        "David Gibson, IBM Corporation and others",
    ),
    (
        "ACPICA",
        THIRD,
        "BSD-3-Clause",
        "BSD-3-Clause OR GPL-2.0-only",
        "Copyright (C) 2000 - 2023, Intel Corp.",
    ),
)


def read_by_compiler() -> Iterator[tuple[int, str]]:
    """Third-party files in the dependency files of the compiler, each with its library."""
    found: set[str] = set()
    for dep in glob.glob(os.path.join(BUILD, "*/obj/**/*.d"), recursive=True):
        with open(dep, encoding="utf-8") as f:
            found.update(p for p in re.findall(r"[^\s\\:]+", f.read()) if p.startswith(THIRD))
    for path in sorted(p for p in found if os.path.exists(p)):
        yield next(i for i, library in enumerate(LIBRARIES) if path.startswith(library[1])), path


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0].startswith("-"):
        usage(__doc__)
    version = words[0]
    with open(THIRD + "version", encoding="ascii") as f:
        linux = f.read().strip()
    compiler = subprocess.run(
        ["aarch64-linux-gnu-gcc", "--version"], capture_output=True, text=True, check=False
    ).stdout.split("\n")[0]
    images = [
        (os.path.join(BUILD, a, "Image"), "hotplate-%s-%s.img" % (version, a))
        for a in ("arm64", "riscv64")
    ]
    files: list[dict[str, Any]] = []
    owner: list[str] = []
    for path, name in images:
        files.append(file(len(files), path, name, "BSD-2-Clause AND BSD-3-Clause", ["NOASSERTION"]))
        owner.append("SPDXRef-hotplate")
    for which, path in read_by_compiler():
        name, _, chosen, declared, _ = LIBRARIES[which]
        files.append(
            file(
                len(files),
                path,
                name.lower() + "/" + path[len(THIRD) :],
                chosen,
                declared.split(" OR "),
            )
        )
        owner.append("SPDXRef-" + name)
    packages = [
        package(
            "hotplate",
            version,
            "BSD-2-Clause AND BSD-3-Clause",
            "Copyright (c) 2026 the hotplate authors",
            "compiled with " + compiler,
        )
    ]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-hotplate")]
    for name, _, chosen, declared, holder in LIBRARIES:
        packages.append(
            package(
                name,
                "linux-" + linux,
                chosen,
                holder,
                "declared %s; %s is chosen" % (declared, chosen),
            )
        )
        relations.append(("SPDXRef-hotplate", "CONTAINS", "SPDXRef-" + name))
    relations += [(o, "CONTAINS", f["SPDXID"]) for o, f in zip(owner, files)]
    seed = hashlib.sha256(
        "".join(f["checksums"][0]["checksumValue"] for f in files).encode()
    ).hexdigest()
    json.dump(
        {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": "hotplate-" + version,
            "documentNamespace": "urn:hotplate:" + seed,
            "creationInfo": {
                "created": "1970-01-01T00:00:00Z",
                "creators": ["Tool: tools/hotplate spdx"],
            },
            "packages": packages,
            "files": files,
            "relationships": [
                {"spdxElementId": a, "relationshipType": t, "relatedSpdxElement": b}
                for a, t, b in relations
            ],
        },
        sys.stdout,
        indent=1,
    )
    print()
    return 0
