# SPDX-License-Identifier: BSD-2-Clause
"""make flash: refusals, the confirmation that has to be typed, and the read-back of written data.  The disk is a
plain file, /sys and /proc are directories (HOTPLATE_SYSFS)."""
import importlib
import io
import os
import subprocess

import pytest

from hotplate.boards import flash, fragments

BOARD, IMAGE_SIZE = "rpi4", 1 << 20
MOUNT = "29 1 %s / /media/me rw - vfat %s rw\n"


class Bench:
    """A machine with a card reader sdx that has a medium with two partitions."""

    def __init__(self, top):
        self.top, self.disk = top, top / "dev" / "sdx"
        self.image = top / "cards" / BOARD / ("hotplate-%s.img" % BOARD)
        self.image.parent.mkdir(parents=True)
        self.image.write_bytes(os.urandom(IMAGE_SIZE))
        self.disk.parent.mkdir()
        self.old = os.urandom(IMAGE_SIZE + 4096)
        self.disk.write_bytes(self.old)
        self.facts = {"dev": "8:0", "size": str(len(self.old) // 512), "removable": "1", "ro": "0",
                      "device/vendor": "Generic ", "device/model": "CRW", "sdx1/partition": "1", "sdx1/dev": "8:1",
                      "sdx2/partition": "2", "sdx2/dev": "8:2"}
        self.mounts, self.swaps = MOUNT % ("7:1", "/dev/sdy1"), "Filename Type Size\n"
        self.env = dict(os.environ, CARDS=str(top / "cards"), HOTPLATE_SYSFS=str(top))

    def write_facts(self):
        for name, value in self.facts.items():
            path = self.top / "sys/class/block/sdx" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(value + "\n")
        (self.top / "proc/self").mkdir(parents=True, exist_ok=True)
        (self.top / "proc/self/mountinfo").write_text(self.mounts)
        (self.top / "proc/swaps").write_text(self.swaps)

    def flash(self, typed, device=None, board=BOARD):
        self.write_facts()
        done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "flash", board, device or str(self.disk)], input=typed, text=True,
                              env=self.env, capture_output=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    def untouched(self):
        return self.disk.read_bytes() == self.old


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_written_after_its_name_was_typed(bench):
    status, printed = bench.flash("sdx\n")
    assert status == 0, printed
    assert "Generic CRW, 1 MiB, partitions: sdx1 sdx2" in printed and "Type sdx to write it" in printed
    assert bench.disk.read_bytes() == bench.image.read_bytes() + bench.old[IMAGE_SIZE:]
    assert "written and read back" in printed


@pytest.mark.parametrize("typed", ["", "\n", "y\n", "yes\n", "SDX\n", "sdx1\n", "/dev/sdx\n", "rpi4\n", "sdxsdx\n"])
def test_another_answer_writes_nothing(bench, typed):
    status, printed = bench.flash(typed)
    assert status == 1 and "nothing was written" in printed and bench.untouched()


def edit(**facts):
    return lambda bench: bench.facts.update({k.replace("__", "/"): v for k, v in facts.items()})


REFUSED = {
    "not removable": edit(removable="0"),
    "is a partition; the disk is": edit(partition="1"),
    "has no medium in it": edit(size="0"),
    "is write-protected": edit(ro="1"),
    "the image 1 MiB": edit(size=str(IMAGE_SIZE // 512 - 1)),
    "sdx2 is mounted at /media/me": lambda b: setattr(b, "mounts", MOUNT % ("8:2", "x")),
    "sdx1 is mounted at /media/me": lambda b: setattr(b, "mounts", MOUNT % ("0:33", "/dev/sdx1")),  # btrfs
    "sdx is mounted at /media/me": lambda b: setattr(b, "mounts", MOUNT % ("8:0", "x")),
    "sdx1 is swap": lambda b: setattr(b, "swaps", "Filename Type\n/dev/sdx1 partition 1 0 -2\n"),
    "sdx2 is part of dm-0": edit(sdx2__holders__dm_0=""),
    "is not made (make image BOARD=rpi4)": lambda b: b.image.unlink(),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_refused(bench, reason):
    REFUSED[reason](bench)
    bench.facts = {k.replace("dm_0", "dm-0"): v for k, v in bench.facts.items()}
    status, printed = bench.flash("sdx\n")
    assert status == 4 and reason in printed and printed.count("\n") == 1 and bench.untouched(), printed


def test_what_is_no_disk(bench):
    plain = bench.top / "plain"
    plain.write_bytes(b"mine")
    for device, reason in ((str(plain), "is no block device"), ("/dev/null", "is no block device"),
                           (str(bench.top / "none"), "does not exist"), (str(bench.top), "is no block device")):
        status, printed = bench.flash("plain\n", device)
        assert status == 4 and reason in printed, printed
    assert plain.read_bytes() == b"mine"
    bench.env.pop("HOTPLATE_SYSFS")
    status, printed = bench.flash("sdx\n")
    assert status == 4 and "is no block device" in printed and bench.untouched(), "a file is accepted as a disk without HOTPLATE_SYSFS"
    assert "BOARD=bogus is not known" in bench.flash("sdx\n", board="bogus")[1]


def test_a_card_in_a_slot_of_the_machine(bench):
    bench.facts.update({"removable": "0", "device/type": "SD", "device/name": "SU08G"})
    assert bench.flash("sdx\n")[0] == 0
    bench.facts["device/type"] = "MMC"
    status, printed = bench.flash("sdx\n")
    assert status == 4 and "not removable" in printed, "soldered eMMC"


def test_by_another_name(bench):
    link = bench.top / "by-id"
    link.symlink_to(bench.disk)
    status, printed = bench.flash("sdx\n", str(link))
    assert status == 0 and "Type sdx to write it" in printed


def test_a_card_that_does_not_keep_what_is_written(bench, monkeypatch, capsys):
    bench.write_facts()
    monkeypatch.setenv("HOTPLATE_SYSFS", str(bench.top))
    importlib.reload(flash)  # it reads the environment once
    monkeypatch.setattr(fragments, "CARDS", str(bench.top / "cards"))
    monkeypatch.setattr("sys.stdin", io.StringIO("sdx\n"))
    honest = flash.write

    def forgets(image, disk):
        printed = honest(image, disk)
        with open(disk.path, "r+b") as f:
            f.seek(IMAGE_SIZE - 1)
            last = f.read(1)
            f.seek(IMAGE_SIZE - 1)
            f.write(bytes([last[0] ^ 1]))
        return printed
    monkeypatch.setattr(flash, "write", forgets)
    assert flash.main([BOARD, str(bench.disk)]) == 2
    assert "differs from the image that was written" in capsys.readouterr().out
