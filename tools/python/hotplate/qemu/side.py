# SPDX-License-Identifier: BSD-2-Clause
"""Measure the schemes of an axis side by side.

  tools/hotplate compare AXES ARCH... [-o DIR]

In the source tree `make compare` builds the images first.

AXES is `all` or a list such as tlb,vmalloc.  All schemes are measured in one
boot of each architecture; those of vmalloc also in a boot with
placement=disjoint, which the scheme `disjoint` needs.  The tool prints the
tables of `compare AXIS` of the prompt; the files of tools/hotplate report,
with plots, are written to DIR/ARCH/ and DIR/ARCH/disjoint/ (DIR:
build/compare).  Times are those of an emulator on this host; counts are exact.

Exit status: 0 every table is whole, 1 a scheme was refused, 2 the run did not
end, 4 set-up or unknown axis.  The knobs of tools/hotplate run (SMP= is 8
without) and IMAGE= (with {arch}) are read from the environment.
"""
import os
import subprocess
import sys

from hotplate import BUILD, PROGRAM, fail
from hotplate.command import Arguments
from hotplate.results import output, report

RUN = [sys.executable, PROGRAM, "run"]
DROPPED = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "ARGS", "SHOW")


def environment(axes: str, arch: str) -> dict[str, str]:
    # make also exports the knobs that the user did not set, as empty words
    kept = {k: v for k, v in os.environ.items() if v and k not in DROPPED}
    image = kept.get("IMAGE", BUILD + "/{arch}/Image").replace("{arch}", arch)
    words = "compare=%s exit %s" % (axes, os.environ.get("ARGS", ""))
    return {"SMP": "8", **kept, "IMAGE": image, "ARGS": words.strip()}


def screens(text: str) -> list[str]:
    """The tables of a log as the prompt prints them, or the reasons why one is missing."""
    lines = output.lines(text)
    begin = next(at for at, s in enumerate(lines) if s.startswith("#: run "))
    end = next((at for at, s in enumerate(lines) if s.startswith("#: end ")), len(lines))
    return [s for s in lines[begin:end] if not s.startswith("#: ")]


def boot(axes: str, arch: str, place: str, more: str = "") -> int:
    os.makedirs(place, exist_ok=True)
    log = os.path.join(place, "run.log")
    done = subprocess.run(
        RUN + ["--arch", arch, "--quiet", "--log", log],
        env=environment(axes + more, arch),
        check=False,
        capture_output=True,
        text=True,
    )
    text = output.read(log) if os.path.exists(log) else ""
    if not output.records(text, "run"):
        fail("%s: %s" % (arch, (done.stderr.strip() or "no output").split("\n")[-1]))
    shown = screens(text)
    unknown = [s for s in shown if "is no axis" in s]
    if unknown:
        fail("%s: %s" % (arch, unknown[0].strip("# ")))
    cpus = output.records(text, "run")[0].keys.get("cpus", "?")
    print("%s, %s CPUs%s\n" % (arch, cpus, more and "," + more))
    print("\n".join(shown).strip() + "\n")
    report.main([log, "-o", place])
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
    return done.returncode


def both(axes: str, arch: str, place: str) -> int:
    status = boot(axes, arch, place)
    given = os.environ.get("ARGS", "")
    if not {"all", "vmalloc"} & set(axes.split(",")) or "placement=" in given:
        return status
    place = os.path.join(place, "disjoint")
    return max(status, boot("vmalloc", arch, place, " placement=disjoint"))


def main(words: list[str]) -> int:
    parser = Arguments(__doc__)
    parser.add_argument("axes")
    parser.add_argument("arch", nargs="+")
    parser.add_argument("-o", "--out", metavar="DIR", default=os.path.join(BUILD, "compare"))
    args = parser.parse_args(words)
    return max(both(args.axes, arch, os.path.join(args.out, arch)) for arch in args.arch)
