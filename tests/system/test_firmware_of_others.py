# SPDX-License-Identifier: BSD-2-Clause
"""U-Boot and EDK2 of Debian on the worst legal machine, unmodified, to their prompts (machine/README.md, "Run your kernel
here")."""
import os
import re
import struct
import subprocess
import zlib

import pytest

from conftest import ARCHES, TOP
from devices.kernels import booted, kernel_of
from hotplate.kernels import fetch, firmware

ENVIRONMENT = 0x40000  # bytes, at the start of bank 1 (CONFIG_ENV_SIZE)
NAMES = [r.name for r in fetch.ROWS if r.flavour in firmware.FLAVOURS and r.arch in ARCHES]
each = pytest.mark.parametrize("name", NAMES)
# User time to the prompt on one core of 2025, 2 CPUs: EDK2 6 s (arm64), 34 s (riscv64).
samples = pytest.mark.parametrize("name", [n for n in NAMES if n != "riscv64-edk2"])
arm64 = pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")


def had(name):
    return fetch.image(fetch.row(kernel_of(name)))


def machine(name, keys, *words):
    """The machine itself, so that the words of the firmware can differ."""
    had(name)
    arch, flavour = name.split("-")
    own = firmware.words(fetch.directory(fetch.row(name)), arch, flavour)
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)
    return subprocess.run([os.path.join("build/machine", "worst-" + arch), *own, "mem=1024", "node1=0", "cpus=1", *words],
                          cwd=TOP, input=keys, capture_output=True, timeout=900, check=False)


def typed(name, keys, *words):
    """Its status and its console; each entry of keys is typed after the text that it names."""
    had(name)
    arch, flavour = name.split("-")
    own = firmware.words(fetch.directory(fetch.row(name)), arch, flavour)
    typist = firmware.Typist(keys)
    text = b""
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)
    with subprocess.Popen([os.path.join("build/machine", "worst-" + arch), *own, "mem=1024", "node1=0", "cpus=1", "steps=20000",
                           *words], cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as machine:
        while chunk := os.read(machine.stdout.fileno(), 65536):
            text += chunk
            if due := typist.due(chunk):
                machine.stdin.write(due)
                machine.stdin.flush()
        return machine.wait(), text.decode("utf-8", "replace")


@pytest.mark.tier("ci")
@samples
def test_prompt(name):
    done, text = booted(kernel_of(name), "CPUS=2")
    assert done.returncode == 0 and "it reached its prompt and switched the machine off" in done.stdout, done.stdout + text[-2000:]


@pytest.mark.tier("full")
@pytest.mark.parametrize("cpus", [1, 2, 4])
@each
def test_prompt_by_more_seeds(name, cpus):
    kernel_of(name)
    for seed in range(2, 7):
        done, text = booted(name, "CPUS=%d" % cpus, "SEED=%d" % seed)
        assert done.returncode == 0, done.stdout + text[-2000:]


@pytest.mark.tier("ci")
@arm64
def test_environment_in_bank_1(tmp_path):
    """Its sum is that of zlib, so the instructions of FEAT_CRC32 and the bytes of the bank are right."""
    data = b"bootdelay=2\0word=legal\0\0".ljust(ENVIRONMENT - 4, b"\0")
    (tmp_path / "variables").write_bytes(struct.pack("<I", zlib.crc32(data)) + data)
    code = had("arm64-uboot")
    done = machine("arm64-uboot", b"\r\recho environment $word\rpoweroff\r", "flash=%s,%s" % (code, tmp_path / "variables"))
    assert done.returncode == 0 and b"\r\nenvironment legal\r\n" in done.stdout, done.stdout[-2000:] + done.stderr
    assert b"bad CRC" not in done.stdout, done.stdout


@pytest.mark.tier("ci")
@arm64
def test_saveenv():
    """U-Boot erases and programs bank 1, and reads its environment from there after a reset."""
    key, prompt = "Hit any key", "=> "
    status, text = typed("arm64-uboot", (
        firmware.Keys(key, b"\r"), firmware.Keys(prompt, b"setenv word kept; saveenv\r"), firmware.Keys(prompt, b"reset\r"),
        firmware.Keys(key, b"\r"), firmware.Keys(prompt, b"echo environment $word\r"), firmware.Keys(prompt, b"poweroff\r")))
    first, _, second = text.partition("resetting ...")
    assert status == 0 and "bad CRC" in first and re.search(r"Erasing Flash\.+.*Writing to Flash\.+", first, re.S), text[-3000:]
    assert "\nenvironment kept\r\n" in second and "bad CRC" not in second, text[-3000:]


@pytest.mark.tier("ci")
@arm64
@pytest.mark.parametrize("word", ["crc=0", "protect=1"])
def test_word_that_it_needs(word):
    """Without FEAT_CRC32 its first crc32() is UNDEFINED; its store to flash before relocation may be an External abort.  Its
    handler of exceptions uses the console before that exists, so it prints nothing more."""
    done = machine("arm64-uboot", b"\r\rpoweroff\r", word, "steps=30")
    assert done.returncode == 2 and b"=>" not in done.stdout, done.stdout[-2000:] + done.stderr


@pytest.mark.tier("ci")
@arm64
def test_wrong_words_of_flash(tmp_path):
    program = os.path.join(TOP, "build/machine/worst-arm64")
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)
    (tmp_path / "large").write_bytes(bytes((64 << 20) + 1))
    for words, says in ((["flash=/nowhere"], "/nowhere: cannot be read"), (["mem=64"], "image=FILE, or flash=FILE"),
                        (["flash=%s" % (tmp_path / "large")], "does not fit")):
        done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 4 and says in done.stderr, done.stderr
