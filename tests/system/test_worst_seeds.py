# SPDX-License-Identifier: BSD-2-Clause
"""at= and seeds= of the worst legal machine: one boot, and a run by each of several seeds from a line on (machine/snapshot.h)."""
import re
import subprocess

import pytest

from conftest import TOP
from devices.worst import assembled

pytestmark = pytest.mark.tier("ci")

# Two harts: one counts for as long as the other one needs for 64 steps of a loop, so the parity of its count depends on the
# seed. It prints "ready", then the parity; SRST with type 0 (off) and a failure as reason if it is odd, or type 2 (a reset).
PROGRAM = """
	.globl _start
_start:	li a7, 0x48534d
	li a6, 0
	li a0, 1
	lla a1, other
	ecall
	lla a1, ready
	call print
	lla s0, count
	li t0, 64
1:	ld s1, 0(s0)
	addi t0, t0, -1
	bnez t0, 1b
	andi s1, s1, 1
	lla a1, even
	beqz s1, 2f
	lla a1, odd
2:	call print
	mv a1, s1
	li a0, %d
	li a6, 0
	li a7, 0x53525354
	ecall
	j .
print:	lbu a0, 0(a1)
	beqz a0, 3f
	li a7, 1
	ecall
	addi a1, a1, 1
	j print
3:	ret
other:	lla s0, count
4:	addi s1, s1, 1
	sd s1, 0(s0)
	fence
	j 4b
ready:	.asciz "a line, ready\\n"
even:	.asciz "even\\n"
odd:	.asciz "odd\\n"
	.balign 4096
count:	.dword 0
"""
OFF, RESET = 0, 2


@pytest.fixture(scope="module", autouse=True)
def machine_of_riscv():
    subprocess.run(["make", "-s", "build/machine/worst-riscv64"], cwd=TOP, check=True)


def machine(*words):
    done = subprocess.run(["build/machine/worst-riscv64", "mem=64", "cpus=2", "boot=0", *words], cwd=TOP, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=300)
    return done.returncode, done.stdout


def copies(text):
    """{seed: (its console, its status)}"""
    return {int(seed): (console, int(status))
            for seed, console, status in re.findall(r"^worst: seed (\d+)\n(.*?)^worst: seed \1: status (\d+)$", text, re.M | re.S)}


def test_each_seed_continues_from_the_line(tmp_path):
    """One boot; the seeds differ after it, each has its own status, and the first failure is that of the run."""
    image = "image=" + assembled("riscv64", tmp_path, PROGRAM % OFF)
    status, text = machine(image, "at=, ready", "seeds=1-12")
    found = copies(text)
    assert list(found) == list(range(1, 13)) and text.count("ready") == 1, text
    assert all(result == (("odd\n", 1) if "odd" in result[0] else ("even\n", 0)) for result in found.values()), text
    assert {0, 1} == {s for _, s in found.values()} and status == 1, text
    even = next(seed for seed, (_, s) in found.items() if not s)
    again = machine(image, "at=, ready", "seeds=%d" % even)
    assert again[0] == 0 and copies(again[1]) == {even: found[even]}, again


def test_a_reset_ends_a_copy(tmp_path):
    status, text = machine("image=" + assembled("riscv64", tmp_path, PROGRAM % RESET), "at=ready", "seeds=3-4", "steps=50")
    found = copies(text)
    assert status == 2 and [s for _, s in found.values()] == [2, 2], text
    assert all("worst: the copy ends at a reset\n" in console for console, _ in found.values()) and text.count("ready") == 1, text


def test_a_line_that_does_not_appear(tmp_path):
    status, text = machine("image=" + assembled("riscv64", tmp_path, PROGRAM % OFF), "at=never", "seeds=1-2")
    assert status == 2 and text.endswith("worst: no line has contained at=never\n") and not copies(text), text


@pytest.mark.parametrize("words, why", [
    (["at=x"], "at: which ones? seeds=A-B"), (["seeds=1"], "seeds: from which line on? at=TEXT"), (["at=", "seeds=1"], "at: no text"),
    (["seeds=2-1"], "seeds=2-1: neither N nor A-B"), (["seeds=x"], "seeds=x: neither N nor A-B"), (["seeds=1-"], "seeds=1-: neither N nor A-B"),
    (["at=x", "seeds=1", "record=/dev/null"], "at: not with channel=, follow=, reach= or record=")])
def test_words_that_are_refused(words, why):
    assert machine("image=/dev/null", *words) == (4, "worst: %s\n" % why)
