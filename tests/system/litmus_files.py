# SPDX-License-Identifier: BSD-2-Clause
"""The tests of litmus/, sets of them, and runs of sets in the kernel."""
import functools
import re
import subprocess

from conftest import unattended
from hotplate.litmus import pack, read

SYSTEM = ("litmus/vmsa", "litmus/ifetch")  # tests with translation tables or code as data, which no model here knows
ARCHES = {"aarch64": "AArch64", "riscv": "RISCV"}
FOLDERS = {"arm64": "aarch64", "riscv64": "riscv"}


@functools.cache
def ours(folder):
    """{name: test} of a folder"""
    return {test.name: test for test in map(read.read, read.files("litmus/" + folder))}


def hotplate(*words):
    return subprocess.run(["tools/hotplate", "litmus", *map(str, words)], capture_output=True, text=True, check=False)


def packed(arch, out, *names, change=lambda laid: None, code=lambda laid, code: code, rounds=100):
    """A set of these tests of litmus/, each changed before it is written, and its code."""
    folder, kind = FOLDERS[arch], ARCHES[FOLDERS[arch]]
    tests = [pack.Packed(ours(folder)[name], f"{name}.litmus") for name in names]
    for laid in tests:
        change(laid)
    made = pack.Set(len(tests))
    for laid, built, spans in pack.Packer(kind).code(tests):
        made.add(laid, code(laid, built), spans, rounds)
    out.write_bytes(made.bytes(arch))
    return out


def in_kernel(arch, name, **knobs):
    """The exit status, {test: its line}, and the log of a run of the set."""
    status, text, printed = unattended(arch, name, 900, ARGS="run=litmus.* exit", **knobs)
    lines = re.findall(r"^  ((?:not )?ok \d+ (litmus.file\S*).*)$", text.replace("\r", ""), re.M)
    assert lines, text[-2000:] + printed
    return status, {name: line for line, name in lines}, text
