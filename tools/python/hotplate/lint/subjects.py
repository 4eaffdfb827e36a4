# SPDX-License-Identifier: BSD-2-Clause
"""Subjects of commits are short and `area: imperative`.

  tools/hotplate lint subjects [RANGE]

A subject has at most 72 characters.  Without RANGE the lint reads the commits
since the last one that changed VERSION or this file.
Merges are not checked.  Without git, or in a shallow clone, none are read.
"""
import re
import subprocess

from hotplate import fail
from hotplate.lint.core import Lint

AREA = r"[a-z0-9][\w./*{}-]*"
FORM = re.compile(rf"{AREA}(, {AREA})*: (?!(an?|the|what|who|of) )[a-z]+\b")
LENGTH = 72


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def main(words: list[str]) -> int:
    if len(words) > 1 or words and not git("rev-list", "-1", words[0], "--"):
        fail("RANGE must be one range of git with a commit, such as main..")
    lint, base = Lint("subjects"), git("log", "-1", "--format=%H", "--", "VERSION")
    commits = git("log", "--no-merges", "--format=%h %s", words[0] if words else base + "..HEAD")
    for number, commit in enumerate(commits.splitlines(), 1):
        short, _, subject = commit.partition(" ")
        if len(subject) > LENGTH:
            size = "%d characters, at most %d: " % (len(subject), LENGTH)
            lint.report(short, number, size + subject)
        if not FORM.match(subject):
            lint.report(short, number, "not `area: imperative`: %s" % subject)
    return lint.done("%d commits" % len(commits.splitlines()))
