# SPDX-License-Identifier: BSD-2-Clause
"""Run the quick tests on the images of a release (tools/hotplate results DIR VERSION).

The images are in DIR; the results are JSON lines on stdout.  For each
architecture: a `run` line (the machine and its settings: docs/OUTPUT.md), `id`
lines, a `result` line for each test, and an `end` line.  The lines contain no
times: seconds are not compared between machines, and without them a second
release of the same image on the same machine has the same file.  Status 1: a
test failed, and no results are written.
"""
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

from hotplate import BUILD, PROGRAM
from hotplate.command import warn
from hotplate.results import jsonl
from hotplate.results import output

PREFIX = {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}
QEMU = {"arm64": "qemu-system-aarch64", "riscv64": "qemu-system-riscv64"}


def first_line(*command: str) -> str:
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[0]


def digest(path: str) -> str:
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def entries(text: str, facts: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The objects of one log; ValueError unless it is a valid run in which every test passed."""
    status, sentence = output.verdict(text)
    if status:
        raise ValueError(sentence)
    return jsonl.entries(text, facts, deterministic=True)


def run(arch: str, image: str) -> str:
    """The log of the quick tests on an image."""
    log = os.path.join(BUILD, "results-%s.log" % arch)
    os.makedirs(os.path.dirname(log), exist_ok=True)
    subprocess.run(
        [
            "/usr/bin/python3",
            PROGRAM,
            "run",
            "--quiet",
            "--log",
            log,
            "--timeout",
            "1800",
            "ARCH=" + arch,
            "IMAGE=" + image,
            "ARGS=run=%s exit" % os.environ.get("RESULTS", "quick"),
        ],
        check=False,
    )
    return output.read(log)


def main(words: list[str]) -> int:
    directory, version = words
    lines = []
    for arch in PREFIX:
        image = os.path.join(directory, "hotplate-%s-%s.img" % (version, arch))
        facts = {
            "image_sha256": digest(image),
            "compiler": first_line((os.environ.get("CROSS_COMPILE") or PREFIX[arch]) + "gcc"),
            "qemu": first_line(os.environ.get("QEMU") or QEMU[arch]),
        }
        try:
            lines += [json.dumps(e) for e in entries(run(arch, image), facts)]
        except ValueError as why:
            warn("%s: %s" % (arch, why))
            return 1
    print("\n".join(lines))
    return 0
