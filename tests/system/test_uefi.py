# SPDX-License-Identifier: BSD-2-Clause
"""The image as a UEFI application: EDK2 and U-Boot start it from a FAT disk, or QEMU's -kernel through EDK2.  It
exits boot services with the memory map, and behaves as on other machines from there on."""
import os
import platform
import re
import subprocess

import pytest

from hotplate.qemu import efidisk
from conftest import LOGS

PARTS = "run=boot.*,hotplug.cycle,hotplug.digest*,tlb.stress* exit"
WITHHELD = re.compile(r"([\d.]+) ([MG])iB withheld at (0x[0-9a-f]+)")
# A QEMU and firmware of a later release, if given: HOTPLATE_QEMU_ARM64=PATH and HOTPLATE_QEMU_RISCV64=PATH, and
# HOTPLATE_FIRMWARE=DIR with firmware files.
LATER = {"riscv64": "RISCV_VIRT_CODE.fd", "arm64": "AAVMF_CODE.secboot.strictnx.fd"}


def later(arch):
    """Knobs of a later QEMU, and its firmware."""
    qemu, where = os.environ.get("HOTPLATE_QEMU_" + arch.upper()), os.environ.get("HOTPLATE_FIRMWARE", "/usr/share")
    files = [os.path.join(d, LATER[arch]) for d, _, names in os.walk(where) if LATER[arch] in names]
    if not files:
        pytest.skip("%s is not installed (Debian 13: %s)" % (LATER[arch], {
            "riscv64": "qemu-efi-riscv64", "arm64": "qemu-efi-aarch64"}[arch]))
    return dict({"QEMU": qemu} if qemu else {}, FIRMWARE=files[0])


def knobs(arch, firmware):
    if firmware == "later":
        return later(arch)
    try:
        efidisk.firmware(firmware, arch)
    except efidisk.Missing as what:
        if firmware == "edk2" and arch == "riscv64":
            return later(arch)
        pytest.skip(str(what))
    return {"FIRMWARE": firmware}


def withheld(text):
    """ADDR+SIZE of the first range that can be added."""
    count, unit, at = WITHHELD.search(" ".join(text.split())).groups()
    return "%s+%s%s" % (at, count, unit)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("firmware", ["edk2", "u-boot"])
@pytest.mark.sample("arm64-edk2", "riscv64-u-boot")
def test_suite(arch, firmware, suite):
    """Tests pass on the memory of UEFI's map, on two nodes; the banner names the entry."""
    found, text = suite(arch, "uefi-" + firmware, timeout=300, ARGS=PARTS, **knobs(arch, firmware))
    assert len(found) > 20
    assert re.search(r"^#: run .* entry=efi ", text, re.M)
    assert re.search(r"entry UEFI( at EL\d)?, DT, words of\s+hotplate.txt", text)
    assert "hotplate: device tree at 0x" in text and "left out" not in text


def whole_pages(text, arch):
    """The ranges of RAM in an answer of `id`, in pages of the last geometry of test_add_and_restart()."""
    page, found = {"arm64": 64, "riscv64": 4}[arch] << 10, []
    for at, count, unit in re.findall(r"^memory +(0x[0-9a-f]+)\+(\d+)([KMG]) node 0", text, re.M):
        begin, size = int(at, 16), int(count) << {"K": 10, "M": 20, "G": 30}[unit]
        found.append((-(-begin // page), (begin + size) // page))
    return [r for r in found if r[0] < r[1]]


@pytest.mark.tier("ci")
@pytest.mark.parametrize("firmware", ["edk2", "u-boot"])
@pytest.mark.sample("arm64-u-boot", "riscv64-edk2")
def test_add_and_restart(arch, firmware, boot):
    """At the prompt memory is added and removed; restarts find the map again, in every requested geometry."""
    machine = boot(arch, NODES="1", **knobs(arch, firmware))
    where, before = withheld(machine.banner), machine.answer("id")
    for line in ("add " + where, "online " + where, "use " + where, "unuse", "offline " + where, "remove " + where):
        printed = machine.answer(line)
        assert "refused" not in printed and "not ok" not in printed, printed
    for line in ("restart", {"arm64": "geometry=64k-42", "riscv64": "geometry=sv39"}[arch]):
        printed = machine.answer(line)
        assert "# life " in printed and "entry UEFI" in printed and withheld(printed) == where, printed
        assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")
    assert whole_pages(machine.answer("id"), arch) == whole_pages(before, arch)


@pytest.mark.tier("full")
@pytest.mark.parametrize("firmware", ["edk2", "u-boot", "later"])
def test_every_geometry(arch, firmware, suite):
    suite(arch, "uefi-matrix-" + firmware, timeout=1800, ARGS="run=boot.*,hotplug.* geometry=all exit",
          **knobs(arch, firmware))


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_strict_nx(arch, suite):
    """No byte of the image is writable and executable, and firmware that requires this starts it, at EL2."""
    _, text = suite(arch, "uefi-nx", timeout=300, ARGS=PARTS, QEMU_ARGS="-M virtualization=on", **later(arch))
    assert "entry UEFI at EL2" in text


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_kernel_through_edk2(arch, suite):
    """QEMU's -kernel with EDK2: the arguments are LoadOptions."""
    _, path = efidisk.firmware(knobs(arch, "edk2")["FIRMWARE"], arch)
    _, text = suite(arch, "uefi-kernel", timeout=300, ARGS="run=boot.* exit", QEMU_ARGS="-M acpi=off -bios " + path)
    assert re.search(r"entry UEFI at EL1, DT, words of\s+LoadOptions", text)


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_options_that_are_no_text(arch, suite):
    """LoadOptions with a control character are ignored completely, and firmware's console names the position.  The
    tree's arguments count: they have the same character as an argument, which ends an unattended run."""
    _, path = efidisk.firmware(knobs(arch, "edk2")["FIRMWARE"], arch)
    _, text = suite(arch, "uefi-no-text", timeout=300, want=3, ARGS="run=boot.cpus exit \x1b", QEMU_ARGS="-M acpi=off -bios " + path)
    assert re.search(r"hotplate: LoadOptions left out: no text at character 0x\w+\s", text), text
    assert re.search(r"entry UEFI at EL1, DT\s", text) and "words of" not in text, text
    assert '# refused: "?" is no argument' in text, text


TEXTS = {
    "comment": ("# run=nothing\r\nrun=boot.cpus\r\n\texit\n", None),
    "long": ("seed=1 " * 300, r"hotplate.txt left out: it has 0x\w+ bytes or more"),
    "binary": ("run=boot.cpus \x01 exit", r"hotplate.txt: byte 0xe is no text; it is left out"),
}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("case", sorted(TEXTS))
def test_words_file(arch, case):
    """hotplate.txt: lines and comments; an invalid file causes one line, and the machine boots.  One CPU, since OpenSBI 1.1
    may leave another to U-Boot, which boot.cpus reports (docs/LIMITS.md)."""
    text, line = TEXTS[case]
    words = knobs(arch, "u-boot")
    image = efidisk.disk("build/%s/Image" % arch, arch, text, LOGS)
    path = efidisk.firmware(words["FIRMWARE"], arch)[1]
    qemu = {"arm64": ["qemu-system-aarch64", "-cpu", "max", "-bios", path],
            "riscv64": ["qemu-system-riscv64", "-kernel", path]}[arch]
    log = os.path.join(LOGS, "uefi-words-%s-%s.log" % (case, arch))
    with open(log, "wb") as out:
        process = subprocess.Popen(qemu + [
            "-M", "virt", "-smp", "1", "-m", "1G", "-nic", "none", "-nographic", "-drive",
            "if=none,id=d,format=raw,snapshot=on,file=" + image, "-device", "virtio-blk-device,drive=d"],
            stdin=subprocess.PIPE, stdout=out)
        try:
            printed = wait_for(log, process, r"hotplate> |# hotplate: end")
        finally:
            process.kill()
            process.wait()
    if line:
        assert re.search(line, printed), printed
    if case != "long":
        assert "#: end verdict=pass tests=1" in printed, printed


def wait_for(log, process, pattern, seconds=120):
    for _ in range(seconds * 5):
        with open(log, encoding="utf-8", errors="replace") as f:
            printed = f.read()
        if re.search(pattern, printed) or process.poll() is not None:
            return printed
        subprocess.run(["sleep", "0.2"], check=True)
    return printed


@pytest.mark.tier("ci")
def test_kvm(arch, suite):
    """The same with KVM, on a host of this architecture."""
    if platform.machine() != {"arm64": "aarch64", "riscv64": "riscv64"}[arch]:
        pytest.skip("KVM of %s needs such a host, this is %s" % (arch, platform.machine()))
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("/dev/kvm is not there for this user")
    suite(arch, "uefi-kvm", timeout=300, ARGS=PARTS, ACCEL="kvm", **knobs(arch, "edk2"))
