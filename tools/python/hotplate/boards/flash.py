# SPDX-License-Identifier: BSD-2-Clause
"""Write the card image of a board to a removable disk; verify it.

  tools/hotplate flash BOARD DEVICE

The image is that of tools/hotplate image BOARD.  The tool shows the
disk, and refuses one that is in use, not removable, a partition,
write-protected or too small; then the user has to type the name of the disk.

Exit status: 0 written and read back without a difference, 1 not written,
2 written with a difference, 4 refused.  For tests HOTPLATE_SYSFS=DIR replaces
/sys and /proc, and a plain file may be the disk.
"""
import fcntl
import glob
import hashlib
import os
import stat
import sys

from hotplate import BUILD, Refused, fail
from hotplate.boards import fragments
from hotplate.command import hint, shown, warn

FAKE = os.environ.get("HOTPLATE_SYSFS", "")
SYS, PROC = (os.path.join(FAKE, "sys"), os.path.join(FAKE, "proc")) if FAKE else ("/sys", "/proc")
CHUNK = 4 << 20
BLKFLSBUF, BLKRRPART = 0x1261, 0x125F  # linux/fs.h


def text(*where: str) -> str:
    """The text of a file of sysfs or procfs; "" without the file."""
    try:
        with open(os.path.join(*where), encoding="utf-8", errors="replace") as f:
            return f.read().strip()
    except OSError:
        return ""


def human(size: int) -> str:
    return "%.1f GiB" % (size / (1 << 30)) if size >= 1 << 30 else "%d MiB" % (size >> 20)


class Disk:
    """A block device, as the kernel describes it."""

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)
        self.name = os.path.basename(self.path)
        self.at = os.path.join(SYS, "class", "block", self.name)
        if not os.path.exists(self.path):
            raise Refused("%s does not exist" % path)
        mode = os.stat(self.path)
        if not stat.S_ISBLK(mode.st_mode) and not (FAKE and os.path.isdir(self.at)):
            raise Refused("%s is no block device" % path)
        self.number = text(self.at, "dev")
        if not FAKE and self.number != "%d:%d" % (os.major(mode.st_rdev), os.minor(mode.st_rdev)):
            raise Refused("%s is not the device that the kernel calls %s" % (path, self.name))
        self.size = int(text(self.at, "size") or 0) * 512
        self.parts = sorted(
            os.path.basename(os.path.dirname(p))
            for p in glob.glob(os.path.join(self.at, "*", "partition"))
        )

    def model(self) -> str:
        words = [text(self.at, "device", k) for k in ("vendor", "model", "name")]
        return " ".join(w for w in words if w) or "no name"

    def removable(self) -> bool:
        """A card reader reports that it is removable; a slot of the machine itself holds a card, or
        soldered eMMC."""
        return text(self.at, "removable") == "1" or text(self.at, "device", "type") == "SD"

    def users(self) -> list[str]:
        """Users of the disk or of a partition: mounts, swap, device mapper and RAID."""
        numbers = {
            text(self.at, p, "dev") if p else self.number: p or self.name for p in [""] + self.parts
        }
        paths = {"/dev/" + n: n for n in numbers.values()}
        found = []
        for line in text(PROC, "self", "mountinfo").splitlines():
            words = line.split(" - ")[0].split()
            source = (line.split(" - ") + [""])[1].split()[1:2]
            name = numbers.get(words[2]) or paths.get(source[0] if source else "")
            if name:
                found.append("%s is mounted at %s" % (name, words[4]))
        found += [
            "%s is swap" % paths[w.split()[0]]
            for w in text(PROC, "swaps").splitlines()
            if w.split()[0] in paths
        ]
        for name in [""] + self.parts:
            place = os.path.join(self.at, name, "holders")
            found += [
                "%s is part of %s" % (name or self.name, h)
                for h in (sorted(os.listdir(place)) if os.path.isdir(place) else [])
            ]
        return found

    def check(self, needed: int) -> None:
        if os.path.exists(os.path.join(self.at, "partition")):
            raise Refused(
                "%s is a partition; the disk is %s"
                % (self.name, os.path.basename(os.path.dirname(os.path.realpath(self.at))))
            )
        if not self.removable():
            raise Refused(
                "%s (%s, %s) is not removable" % (self.name, self.model(), human(self.size))
            )
        if not self.size:
            raise Refused("%s (%s) has no medium in it" % (self.name, self.model()))
        if text(self.at, "ro") == "1":
            raise Refused("%s is write-protected" % self.name)
        if self.size < needed:
            raise Refused("%s has %s, the image %s" % (self.name, human(self.size), human(needed)))
        users = self.users()
        if users:
            raise Refused("%s is in use: %s" % (self.name, "; ".join(users)))


def image_of(board: str) -> str:
    fragments.load(board)
    path = os.path.join(fragments.CARDS, board, "hotplate-%s.img" % board)
    if not os.path.exists(path):
        raise Refused(
            "%s is not made (%s)"
            % (shown(path), hint(f"image BOARD={board}", f"hotplate image {board}"))
        )
    return path


def agreed(disk: Disk) -> bool:
    print(
        "All data on %s will be lost.  Type %s to write it: " % (disk.path, disk.name),
        end="",
        flush=True,
    )
    return sys.stdin.readline().strip() == disk.name


def ioctl(fd: int, request: int) -> None:
    """A request that may fail: a plain file and some readers do not support it."""
    try:
        fcntl.ioctl(fd, request)
    except OSError:
        pass


def write(image: str, disk: Disk) -> str:
    """Write the image; its hash.  O_EXCL: open() fails if the disk was mounted meanwhile."""
    digest = hashlib.sha256()
    fd = os.open(disk.path, os.O_WRONLY | (0 if FAKE else os.O_EXCL))
    try:
        with open(image, "rb") as f:
            for chunk in iter(lambda: f.read(CHUNK), b""):
                digest.update(chunk)
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(fd, rest) :]
        os.fsync(fd)
        # so that read_back() reads the medium, not the page cache
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        ioctl(fd, BLKFLSBUF)
    finally:
        os.close(fd)
    return digest.hexdigest()


def read_back(disk: Disk, size: int) -> str:
    digest = hashlib.sha256()
    with open(disk.path, "rb", buffering=0) as f:
        while size:
            chunk = f.read(min(CHUNK, size))
            if not chunk:
                break
            digest.update(chunk)
            size -= len(chunk)
        ioctl(f.fileno(), BLKRRPART)
    return digest.hexdigest()


def flash(board: str, device: str) -> int:
    image = image_of(board)
    size = os.path.getsize(image)
    disk = Disk(device)
    disk.check(size)
    print(
        "%s: %s, %s, %s"
        % (
            disk.path,
            disk.model(),
            human(disk.size),
            "partitions: " + " ".join(disk.parts) if disk.parts else "no partitions",
        )
    )
    print("image: %s, %s" % (shown(image), human(size)))
    if not os.access(disk.path, os.R_OK | os.W_OK):
        raise Refused(
            "this user may not write %s: sudo %s"
            % (
                disk.path,
                hint(
                    f"flash BOARD={board} DEV={device}",
                    f"env BUILD={BUILD} hotplate flash {board} {device}",
                ),
            )
        )
    if not agreed(disk):
        print("\nnothing was written")
        return 1
    wrote = write(image, disk)
    if read_back(disk, size) != wrote:
        print("%s differs from the image that was written: a bad card or reader" % disk.path)
        return 2
    print("written and read back: %s, sha256 %s" % (human(size), wrote))
    return 0


def main(words: list[str]) -> int:
    if len(words) != 2 or not all(words):
        fail(
            "%s (boards: %s)"
            % (
                hint("flash BOARD=NAME DEV=/dev/DISK", "hotplate flash NAME /dev/DISK"),
                " ".join(sorted(fragments.directories())),
            )
        )
    try:
        return flash(*words)
    except OSError as e:
        warn("%s: %s" % (e.filename or words[1], e.strerror))
        return 2
