# SPDX-License-Identifier: BSD-2-Clause
"""Kernels that are no Linux on the worst legal machine: `make worst KERNEL=FILE PASS=TEXT` (machine/README.md, "Run your
kernel here")."""
import os
import re
import shlex
import subprocess

import pytest

from conftest import TOP
from devices.kernels import booted, tool

TEXT = {"arm64": 0x40200000, "riscv64": 0x80200000}
CC = {"arm64": "aarch64-linux-gnu-gcc", "riscv64": "riscv64-linux-gnu-gcc"}
PASSES = "PASS=other: pass"

pytestmark = pytest.mark.tier("ci")


@pytest.fixture
def built(arch, tmp_path):
    """built(OPTION...): the ELF file of the small kernel of tests/system/other."""
    def build(*options, at=TEXT[arch]):
        path = tmp_path / ("kernel-%s-%x.elf" % (arch, at))
        subprocess.run([CC[arch], "-nostdlib", "-static", "-Wl,--build-id=none,-z,max-page-size=4096,-Ttext=%#x" % at, *options,
                        "-o", path, "tests/system/other/%s.S" % arch], cwd=TOP, check=True, capture_output=True)
        return str(path)
    return build


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_elf(built, seed):
    done, text = booted(built(), "CPUS=2", "SEED=%d" % seed, PASSES)
    assert done.returncode == 0 and "it printed 'other: pass'" in done.stdout, done.stdout + done.stderr + text[-2000:]


def test_elf_of_the_page(arch, tmp_path):
    """As the page has it: the linker puts a segment with its headers and a build-id elsewhere."""
    path = str(tmp_path / "mine.elf")
    subprocess.run([CC[arch], "-nostdlib", "-static", "-Wl,-Ttext=%#x" % TEXT[arch], "-o", path,
                    "tests/system/other/%s.S" % arch], cwd=TOP, check=True, capture_output=True)
    done, text = booted(path, "CPUS=2", PASSES)
    assert done.returncode == 0, done.stdout + done.stderr + text[-2000:]


def test_bytes(arch, built, tmp_path):
    """Bytes without a header of any kind need ARCH=."""
    path = str(tmp_path / "kernel.bin")
    prefix = CC[arch].removesuffix("gcc")
    subprocess.run([prefix + "objcopy", "-O", "binary", "-j", ".text", built(), path], check=True)
    done, text = booted(path, "CPUS=2", "ARCH=" + arch, PASSES)
    assert done.returncode == 0, done.stdout + done.stderr + text[-2000:]
    done = tool("worst", "--quiet", "KERNEL=" + path, PASSES)
    assert done.returncode and "neither an ELF file nor an Image: ARCH= is needed" in done.stderr, done.stderr


def test_mistake_is_seen(built):
    """The other CPU publishes without a release, or without a fence: one of ten seeds reads the old data."""
    path = built("-DMISTAKE")
    for seed in range(1, 11):
        done, text = booted(path, "CPUS=2", "SEED=%d" % seed, PASSES)
        if done.returncode:
            break
    assert done.returncode == 1 and "not ok other: old data" in text, done.stdout + text[-2000:]
    assert "the machine is off without 'other: pass'" in done.stdout, done.stdout
    shown = tool("worst", "--show", "KERNEL=" + path, "CPUS=2", "SEED=%d" % seed, PASSES)
    story = tool("story", *shlex.split(shown.stdout)).stdout
    assert re.search(r"It needs this choice of\s+CPU [01], at (publish|wait|stop)\+0x", story), story
    assert "data+0x0" in story or "word+0x0" in story, story


def test_refusals(arch, built, tmp_path):
    path = built(at=TEXT[arch] + (128 << 20))
    done = tool("worst", "--quiet", "KERNEL=" + path, PASSES)
    assert done.returncode and "is linked at" in done.stderr and "the machine loads at" in done.stderr, done.stderr
    done = tool("worst", "--quiet", "KERNEL=" + built(), PASSES, "SEEDS=1-3")
    assert done.returncode and "SEEDS=1-3 is for Linux" in done.stderr, done.stderr
    assert os.path.exists(path)
