# SPDX-License-Identifier: BSD-2-Clause
"""List work of hours as independent jobs, and add up results.

  tools/hotplate jobs KIND [KEY=VALUE...] [RESULTS=DIR]
                                      the jobs that have no result in DIR
                                      (build/jobs)
  tools/hotplate jobs kinds           the kinds, and the words of each
  tools/hotplate jobs run NAME [RESULTS=DIR] -- COMMAND...
  tools/hotplate jobs table [DIR...]  passed and failed by kind

Each line of the list is a command for a shell; its comment has the cost of the
job, where a result has it.  Lines are independent: run them in any order, at once, and
on any machine that has the same tree, and copy the directories of results
together.  `run` keeps the output as DIR/NAME.log and the result as
DIR/NAME.json, and ends with the status of the command.  A job that was killed
or could not start (status 4) has no result: the next list has it again, as it
has jobs that ran with another version of the tree.  docs/lab.md shows GNU
parallel, Slurm, GitHub Actions and LAVA.

Exit status of `table`: 1 if a job has failed, or if there are no results.
"""
import json
import os
import re
import resource
import shlex
import subprocess

from hotplate import BUILD, INSTALLED, SETUP, TOOL, TOP, fail
from hotplate.command import key_values, usage, warn
from hotplate.jobs import kinds

RESULTS = os.path.join(BUILD, "jobs")
HERE = os.getcwd() if INSTALLED else TOP
Result = dict[str, str | float]


def version() -> str:
    """Of the tree or of the installation: results of another one are of no use."""
    if INSTALLED:
        with open(os.path.join(TOP, "VERSION"), encoding="ascii") as file:
            return file.read().strip()
    command = [os.path.join(TOP, "tools", "version"), "--commit"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def place(results: str, name: str, end: str) -> str:
    """A file of a job; in the name of a test there may be any character."""
    return os.path.join(HERE, results, re.sub(r"[^\w./+-]", "_", name) + end)


def result(results: str, name: str) -> Result | None:
    try:
        with open(place(results, name, ".json"), encoding="utf-8") as file:
            found: Result = json.load(file)
            return found
    except FileNotFoundError:
        return None


def listed(kind: str, words: list[str]) -> int:
    if kind not in kinds.KINDS:
        fail(f"{kind!r} is not one of {' '.join(kinds.KINDS)}")
    knob = key_values(words, kinds.KINDS[kind].knobs | {"RESULTS": RESULTS})
    results, now = knob.pop("RESULTS"), version()
    jobs = kinds.of(kind, knob, results)
    ended = 0
    for job in jobs:
        done = result(results, job.name)
        if done and done["version"] == now:
            ended += 1
            continue
        line = [TOOL, "jobs", "run", job.name, "RESULTS=" + results, "--", *job.words]
        cost = float(done["seconds"]) if done else job.seconds
        print(shlex.join(line) + (f"  # {cost:.0f} s" if cost else ""))
    if ended:
        changed = " of a tree with changes that are not committed" if now.endswith("+") else ""
        warn(f"{ended} of {len(jobs)} jobs have a result in {results}{changed}")
    return 0


def run(words: list[str]) -> int:
    if "--" not in words or not words[:1] or not words[words.index("--") + 1 :]:
        usage(__doc__)
    at = words.index("--")
    name, command = words[0], words[at + 1 :]
    results = key_values(words[1:at], {"RESULTS": RESULTS})["RESULTS"]
    if name.startswith("/") or ".." in name.split("/"):
        fail(f"{name!r} is no name of a job")
    log = place(results, name, ".log")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "wb") as out:
        try:
            status = subprocess.run(
                command, cwd=HERE, stdout=out, stderr=subprocess.STDOUT, check=False
            ).returncode
        except OSError as error:
            fail(f"{name}: {command[0]}: {error.strerror}")
    if status < 0 or status == SETUP:
        why = f"was killed by signal {-status}" if status < 0 else "could not start"
        fail(f"{name}: the command {why}, so there is no result; its output: {log}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = round(used.ru_utime + used.ru_stime, 1)
    made = {"name": name, "status": status, "seconds": seconds, "version": version()}
    with open(log + ".new", "w", encoding="utf-8") as file:
        json.dump(made, file)
    os.replace(log + ".new", place(results, name, ".json"))
    print(f"{name}: {'passed' if not status else f'failed, status {status}'}, {seconds:.0f} s")
    return status


def found(directory: str) -> dict[str, Result]:
    """The results of a directory, by name."""
    rows = {}
    for folder, _, names in os.walk(directory):
        for path in (os.path.join(folder, n) for n in names if n.endswith(".json")):
            with open(path, encoding="utf-8") as file:
                row: Result = json.load(file)
            rows[str(row["name"])] = row
    return rows


def table(directories: list[str]) -> int:
    """A job that failed in one directory and passed in another one has failed."""
    rows: dict[str, Result] = {}
    for directory in directories or [RESULTS]:
        for name, row in found(os.path.join(HERE, directory)).items():
            if name not in rows or row["status"]:
                rows[name] = row
    if not rows:
        fail(f"no results in {' '.join(directories or [RESULTS])}")
    versions = sorted({str(row["version"]) for row in rows.values()})
    if len(versions) > 1:
        warn(f"the results are of {len(versions)} versions of the tree: {' '.join(versions)}")
    print("%-10s%8s%8s%10s" % ("kind", "passed", "failed", "CPU s"))
    for kind in dict.fromkeys(name.partition("/")[0] for name in rows):
        some = [row for name, row in rows.items() if name.startswith(kind + "/")]
        bad = sum(row["status"] != 0 for row in some)
        cost = sum(float(row["seconds"]) for row in some)
        print("%-10s%8d%8d%10.0f" % (kind, len(some) - bad, bad, cost))
    failed = sorted(name for name, row in rows.items() if row["status"])
    for name in failed:
        print("failed: " + name)
    return 1 if failed else 0


def main(words: list[str]) -> int:
    if not words:
        usage(__doc__)
    if words == ["kinds"]:
        for name, kind in kinds.KINDS.items():
            keys = " ".join(f"{k}={v}" for k, v in kind.knobs.items())
            print(f"{name:<10} {kind.what}: {keys}")
        return 0
    if words[0] == "run":
        return run(words[1:])
    if words[0] == "table":
        return table(words[1:])
    return listed(words[0], words[1:])
