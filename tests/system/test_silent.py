# SPDX-License-Identifier: BSD-2-Clause
"""A board that prints nothing: stage letters, and the log ring read from memory (docs/boards.md)."""
import os
import re
import shutil
import struct
import subprocess

import pexpect
import pytest

import ring
from conftest import LOGS, PROMPT, unattended
from devices.device_tree import COMMON, IMAGE_AT, QEMU, compile_tree, source, start  # noqa: F401
from devices.letters import LETTERS, PORT, console_of, image_of


@pytest.mark.tier("ci")
@pytest.mark.parametrize("port", [0, 1])
def test_letters(arch, port):
    """Each stage prints its letter, in order, and the console continues after them."""
    if port >= len(PORT[arch]):
        pytest.skip("there is one port on %s" % arch)
    child = console_of(arch, image_of(arch, "letters-%d" % port, PORT[arch][port]), "letters-%d" % port)
    try:
        child.expect_exact(PROMPT)
        assert re.search(r"(?m)^%s\s+hotplate \d" % LETTERS, child.before), child.before
    finally:
        child.close(force=True)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_stops_behind_its_letter(arch, letter):
    """A boot that fails at a stage prints the letters up to it, and nothing more."""
    name = "stops-" + letter
    child = console_of(arch, image_of(arch, name, PORT[arch][0], letter), name)
    so_far = LETTERS[:LETTERS.index(letter) + 1]
    try:
        if arch == "riscv64":
            child.expect(r"MEDELEG[^\n]*\n")  # the end of OpenSBI's output
        child.expect(r"[^a-zA-Z]*%s" % so_far)
        assert child.expect([r"[a-zI]", pexpect.TIMEOUT], timeout=2) == 1, child.after
    finally:
        child.close(force=True)


@pytest.mark.tier("ci")
def test_no_letters_unless_asked_for(arch, boot):
    machine = boot(arch, SMP="1", NODES="1", MEM="512M")
    assert not re.search(r"(?m)^[a-i]+$", machine.banner), machine.banner


@pytest.mark.parametrize("port", PORT["riscv64"], ids=["uart", "sbi"])
def test_entered_in_m_mode(port):
    """Four harts without firmware: one of them reports it once, if a port is known that needs no SBI."""
    if "riscv64" not in os.environ.get("HOTPLATE_ARCHES", "riscv64"):
        pytest.skip("riscv64 is not tested")
    image = image_of("riscv64", "m-mode", port)
    child = pexpect.spawn("qemu-system-riscv64", "-M virt -smp 4 -m 512M -bios none -nographic -nic none -kernel".split() + [image],
                          encoding="utf-8", timeout=60)
    try:
        if port != "sbi":
            child.expect(r"^hotplate: entered in M-mode: [^\n]+; stopped\r*\n")
        assert child.expect([r".", pexpect.TIMEOUT], timeout=3) == 1, child.after
    finally:
        child.close(force=True)
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "ARCH=riscv64", "QEMU_ARGS=-bios none"], check=False, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 4 and "needs an SBI" in done.stderr and done.stderr.count("\n") == 1


def dump(arch, name, size=ring.BYTES):
    """(child at its prompt, path of the ring's memory)."""
    child = console_of(arch, "build/%s/Image" % arch, name)
    child.expect_exact(PROMPT)
    at = int(re.search(r"log ring\s+at 0x([0-9a-f]+)", " ".join(child.before.split()))[1], 16)
    path = os.path.join(LOGS, "%s-%s.mem" % (name, arch))
    ring.save(child, at, size, path)
    return child, at, path


@pytest.mark.tier("ci")
def test_ringdump(arch):
    """The banner gives the address of the ring; a debugger's dump of it has the output."""
    child, at, path = dump(arch, "ringdump")
    child.close(force=True)
    status, text, wrong = ring.ringdump(path)
    assert (status, wrong) == (0, "") and "log ring at" in " ".join(text.split()) and text.endswith(PROMPT), text
    assert ring.address(arch, 0) == ring.address(arch, at) - at
    with open(path, "rb") as f:
        raw = f.read()
    md = os.path.join(LOGS, "ringdump-%s.md" % arch)
    for width, form in ((4, "<I"), (8, "<Q"), (1, "<B")):  # U-Boot's md.l, md.q, md.b
        with open(md, "w", encoding="ascii") as f:
            f.write("=> md 0x%x 0x4000\n" % at)
            for i in range(0, len(raw), 16):
                words = struct.unpack("<%d%s" % (16 // width, form[1]), raw[i:i + 16])
                f.write("%08x: %s    ................\r\n" % (at + i, " ".join("%0*x" % (2 * width, w) for w in words)))
        assert ring.ringdump(md)[:2] == (0, text), width


def made(written, fill, lines=None):
    """A ring with given contents."""
    size = ring.BYTES - 64
    text = bytearray(fill * size)[:size]
    return b"HOTPLATE-LOG-1\0\0" + struct.pack("<6Q", size, written % size, written, 0, 0, 0) + bytes(lines or text)


@pytest.mark.tier("ci")
def test_rings_that_are_not_whole(tmp_path):
    """Torn heads, wrapped text, truncated dumps, no ring at all, a magic that is only program text."""
    size = ring.BYTES - 64
    printed = ("".join("line %06d\n" % n for n in range(12000))).encode()
    text = bytearray(size)
    for i, byte in enumerate(printed):
        text[i % size] = byte
    cases = {"wrapped": (made(len(printed), b"x", text), 0, "line 011999\n"), "whole": (made(6, b"hello\n"), 0, "hello\n"),
             "torn": (made(6, b"a").replace(struct.pack("<Q", size), struct.pack("<Q", 77), 1), 2, ""),
             "cut": (made(40000, b"y")[:2000], 2, "yyyy"), "none": (b"\0" * 4096, 1, ""),
             "behind-text": (b"\1" * 32 + b"HOTPLATE-LOG-1\0\0" + b"program text" * 9 + b"\0" * 36 + made(6, b"hello\n"), 0,
                             "hello\n"), "dirt": (made(6, b"a\xff\x01b\n"), 0, "a??b\n")}
    for name, (data, want, wanted) in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        status, out, wrong = ring.ringdump(str(path))
        assert status == want and wanted in out, (name, status, out[-100:], wrong)
        assert bool(wrong) == (want != 0 or name == "wrapped"), (name, wrong)
    first = ring.ringdump(str(tmp_path / "wrapped"))[1].split("\n")[0]
    assert re.fullmatch(r"line \d{6}", first), first


@pytest.mark.tier("ci")
def test_ring_survives_a_reset(arch):
    """The output before a warm reset is in memory afterwards, as the next boot shows."""
    child = console_of(arch, "build/%s/Image" % arch, "survives")
    try:
        child.expect_exact(PROMPT)
        child.send("of-the-first-life\r")  # reported as an unknown command
        child.expect_exact(PROMPT)
        child.send("\x01c")
        child.expect_exact("(qemu) ")
        child.sendline("system_reset")
        child.expect_exact("(qemu) ")
        child.send("\x01c")
        child.expect_exact(PROMPT)
        child.send("log previous\r")
        child.expect_exact("--- this boot ---")  # the log itself contains prompts
        assert "of-the-first-life" in child.before, child.before
    finally:
        child.close(force=True)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("spec,wanted", [
    ("", None), ("pl011,0x9000000", (0x9000000, 0x20, 0x20, 0x18, 0, 1, 4)),
    ("ns16550,0x20100000,2,4", (0x20100000, 0x20, 0, 20, 0, 1, 4)), ("sbi", (0, 0, 0, 0, 0, 2, 0)),
    ("imx,0x30890000", (0x30890000, 0x10, 0x10, 0xb4, 0x40, 1, 4)), ("acme,1", "there are sbi"), ("pl011", "write NAME"),
    ("pl011,12q", "is not a number"), ("pl011,0x9000001", "whole registers"), ("ns16550,16,9", "a shift of 0 to 4")])
def test_earlycon(spec, wanted):
    done = subprocess.run(["tools/hotplate", "earlycon", spec], capture_output=True, text=True, check=False)
    if isinstance(wanted, str):
        assert done.returncode == 4 and wanted in done.stderr and done.stderr.count("\n") == 1, done.stderr
        return
    data = bytes(int(b, 16) for b in re.findall(r"0x(\w\w)\b", done.stdout))
    assert struct.unpack("<QIIHHBBH", data) == ((wanted or (0,) * 7) + (0,)), done.stdout


TAKEN = {  # the argument -> its line in the ring; None: it is a console
    "pl011,0x9000000": None, "sbsa,0x9000000,2,4": None,
    "acme,0x9000000": "earlycon=acme,0x9000000: first, or one of", "pl011": "earlycon=pl011: first, or one of",
    "pl011,far": "earlycon=pl011,far: wanted NAME,ADDRESS", "pl011,1,2,3,4": "earlycon=pl011,1,2,3,4: wanted NAME,ADDRESS",
    "ns16550,0x9000000,2,3": "earlycon=ns16550,0x9000000,2,3: the driver refuses it"}


@pytest.mark.of("arm64")
@pytest.mark.parametrize("word", sorted(TAKEN))
def test_console_by_word(arch, word, source):  # noqa: F811
    """The tree's UART has no driver, and a boot argument names one: the whole output and a prompt.  On riscv64 the
    firmware's console always exists."""
    text = source(arch).replace("arm,pl011", "acme,uart").replace("withhold=none", "withhold=none earlycon=" + word)
    child = start(arch, compile_tree(text), "by-word")
    try:
        if not TAKEN[word]:
            child.expect_exact(PROMPT)
            printed = child.before.replace("\r", "")
            assert re.search(r'(?s)hotplate \d.*console: no driver for this UART: compatible = "acme,uart"; none is used',
                             printed), printed
            child.send("id\r")
            child.expect_exact(PROMPT)
            assert "console " + word in " ".join(child.before.split()), child.before
            return
        printed = ring.wait_for(child, arch, IMAGE_AT[arch], "ready  ", "by-word")
        assert TAKEN[word] in printed, printed
    finally:
        child.close(force=True)


@pytest.mark.tier("full")
@pytest.mark.long
def test_make_earlycon(arch):
    """make EARLYCON= builds the image that the tests above patch, with its checksums: a restart prints its letters
    again."""
    out = "build/%s-earlycon" % arch
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run(["make", "-s", "ARCH=" + arch, "OUT_SUFFIX=-earlycon", "EARLYCON=" + PORT[arch][0], "image"], check=True)
    one = {"arm64": "64k-42,4k-39", "riscv64": "sv39,sv48"}[arch]
    status, text, printed = unattended(arch, "make-earlycon", 120, IMAGE=out + "/Image", SMP="2", NODES="1",
                                       ARGS="geometry=%s run=boot.* exit" % one)
    assert status == 0, printed
    lives = re.findall(r"([a-zA-Z]+)\r*\n(?:# life (\d) of this machine: )?hotplate \d[^\n]*\) \w+\r*$", text, re.M)
    assert lives == [(LETTERS, ""), (LETTERS, "2")] and "not entered again" not in text, lives
