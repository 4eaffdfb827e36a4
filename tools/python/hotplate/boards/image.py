# SPDX-License-Identifier: BSD-2-Clause
"""Make the card or disk image of a board.

  tools/hotplate image BOARD

It needs neither root nor loop mounts.  It writes to build/image/BOARD/:

  hotplate-BOARD.img   the image that the verb flash writes: partition table,
                       firmware, one FAT file system
  card/                the files of that file system
  tftp/                the files that U-Boot fetches: Image, boot.scr.uimg,
                       pxelinux.cfg/default
  MANIFEST.txt         file, version, SHA-256, licence and source of each; also
                       on the card

Environment: ARGS= boot arguments, which the kernel must know; ADD=DIR files of
the user for the card; LITMUS= litmus tests, which the boot loader passes as the
initial RAM disk; SOURCE_DATE_EPOCH; CARDS=DIR another place than build/image.
The same input gives the same bytes.  boards/_template explains board.mk.  If a
file is missing, no image is made.
"""
import glob
import hashlib
import os
import re
import shutil
import subprocess
import uuid
from typing import Any

from hotplate import BUILD, PROGRAM, TOP, fail
from hotplate.boards import fragments, words as boot_words
from hotplate.command import hint, not_built, shown, usage, warn
from hotplate.litmus import pack

Part = tuple[int, int, str, str]

SECTOR, SECTORS = 512, 64 << 11  # 64 MiB: emulated card readers require a power of two
TABLES = {"gpt": 34, "mbr": 1}  # sectors of the table; a GPT disk has a second table at its end
FAT = {"gpt": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "mbr": "c"}
EFI_NAME = {"arm64": "BOOTAA64.EFI", "riscv64": "BOOTRISCV64.EFI"}
PXE, TESTS = "pxelinux.cfg/default", "litmus.set"
KERNEL = "BSD-2-Clause AND BSD-3-Clause"
TOOLS = {
    "sfdisk": "fdisk",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "mmd": "mtools",
    "mkimage": "u-boot-tools",
}
NAMESPACE = uuid.UUID("6d7a3f0e-8c0c-5b53-9d0b-2f4d6d4b7f11")
WORD = re.compile(r"([^=:]+)=([^=:]+):(\S+)")


def command(words: list[str], **more: Any) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        fail("%s: %s" % (os.path.basename(words[0]), (done.stderr or done.stdout).strip()))
    return done.stdout.strip()


def sha256(path: str) -> str:
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def version() -> str:
    with open(os.path.join(TOP, "VERSION"), encoding="ascii") as f:
        return f.read().strip()


def epoch() -> int:
    """Seconds for every time stamp: those of the commit; without git the first time of FAT."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given and os.path.exists(os.path.join(TOP, ".git")) and shutil.which("git"):
        given = subprocess.run(
            ["git", "-C", TOP, "log", "-1", "--format=%ct"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    if given and not given.isdigit():
        fail("SOURCE_DATE_EPOCH=%s is no number of seconds" % given)
    return int(given or 315532800)


class Item:
    """One file of the card, or of its raw sectors: its place and its facts of the manifest."""

    def __init__(self, target: str, path: str, **facts: str) -> None:
        self.target, self.path, self.facts = target, path, facts

    def stanza(self) -> str:
        where = (
            "sector %s (%s)" % (self.target, os.path.basename(self.path))
            if self.target.isdigit()
            else self.target
        )
        rows = [
            ("File", where),
            ("Size", os.path.getsize(self.path)),
            ("SHA256", sha256(self.path)),
        ]
        return "".join(
            "%s: %s\n" % row for row in rows + [(k.capitalize(), v) for k, v in self.facts.items()]
        )


class Card:
    """The contents of a card; all of them are collected before anything is written."""

    def __init__(self, name: str, keys: dict[str, str]) -> None:
        self.name, self.keys = name, keys
        self.out = os.path.join(fragments.CARDS, name)
        self.new = self.out + ".new"
        self.args, self.add = os.environ.get("ARGS", "").strip(), os.environ.get("ADD", "")
        self.commit = command([os.path.join(TOP, "tools", "version"), "--commit"], cwd=TOP)
        self.table, self.first = keys.get("IMAGE_TABLE", "gpt"), int(
            keys.get("IMAGE_FIRST") or 2048
        )
        self.arches = keys["ARCH"].split()
        self.files: list[Item] = []
        self.raw: list[Item] = []
        self.packages: list[tuple[str, str]] = []
        self.tests = ""  # the file of LITMUS=
        if self.table not in TABLES:
            fail(
                "boards/%s/board.mk: BOARD_IMAGE_TABLE := %s is neither gpt nor mbr"
                % (name, self.table)
            )
        if (
            "\n" in self.args
            or not self.args.isprintable()
            or not self.args.isascii()
            or len(self.args) > 1000
        ):
            fail("ARGS= takes one line of printable ASCII, at most 1000 characters")

    def kernel(self, arch: str) -> str:
        """The file name of the kernel on the card."""
        return "Image" if len(self.arches) == 1 else "Image-" + arch

    def ours(self, target: str, path: str, licence: str = "BSD-2-Clause") -> Item:
        return Item(
            target,
            path,
            version="hotplate %s (%s)" % (version(), self.commit),
            licence=licence,
            source="the repository of hotplate at this commit",
        )

    def written(self, target: str, text: str) -> None:
        """A file of a few lines that this program makes."""
        path = os.path.join(self.new, "made", target)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        self.files.append(self.ours(target, path))

    def package(self, name: str) -> tuple[str, dict[str, str]]:
        """The directory of a firmware package, and its facts of the manifest."""
        made = subprocess.run(
            [PROGRAM, "firmware", name],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if made.returncode:
            fail("no card for %s without %s; nothing was made" % (self.name, name))
        place = made.stdout.strip()
        with open(os.path.join(TOP, BUILD, "firmware", name + ".txt"), encoding="utf-8") as f:
            facts = dict(line.rstrip("\n").split(": ", 1) for line in f)
        if name not in [p[0] for p in self.packages]:
            self.packages.append((name, place))
        origin = "Debian source package " + facts["source"]
        if facts.get("built-using", "-") != "-":
            origin += "; with " + facts["built-using"]
        return place, {
            "version": "%s %s (%s)" % (name, facts["version"], facts.get("suite", "FIRMWARE_DIR")),
            "licence": facts["licence"],
            "source": origin,
        }

    def dtb(self, target: str, dts: str) -> Item:
        """A device tree out of the kernel source; the first line of the .dts has the licence."""
        made = command([os.path.join(TOP, "tools", "dtb"), self.arches[0], dts])
        tree = os.environ.get("LINUX_SRC") or os.path.join(TOP, BUILD, "third", "dts")
        place = "arch/%s/boot/dts/%s" % (self.arches[0].replace("riscv64", "riscv"), dts)
        with open(os.path.join(tree, place), encoding="utf-8") as f:
            licence = re.search(r"SPDX-License-Identifier: ([^*\n]+)", f.readline())
        with open(os.path.join(tree, "Makefile"), encoding="utf-8") as f:
            numbers = re.findall(r"^(?:VERSION|PATCHLEVEL|SUBLEVEL) = (\d+)$", f.read(), re.M)
        return Item(
            target,
            made,
            version="Linux " + ".".join(numbers),
            source=place + " of that kernel's source package",
            licence=licence[1].strip() if licence else "GPL-2.0",
        )

    def item(self, word: str, key: str) -> Item | None:
        """One word TARGET=FROM:PATH of board.mk; None: a file of the user that ADD= lacks."""
        match = WORD.fullmatch(word)
        if not match:
            fail(
                "boards/%s/board.mk: BOARD_%s: %s is not TARGET=PACKAGE:PATH"
                % (self.name, key, word)
            )
        target, origin, path = match.groups()
        if origin == "dtb":
            return self.dtb(target, path)
        if origin == "own":
            given = os.path.join(self.add, path) if self.add else ""
            return (
                Item(target, given, version="yours (ADD=)", licence="yours", source="yours")
                if given and os.path.isfile(given)
                else None
            )
        place, facts = (self.keys["here"], None) if origin == "here" else self.package(origin)
        place = os.path.join(place, path)
        if not os.path.isfile(place):
            fail("%s has no file %s" % (origin, path))
        return Item(target, place, **facts) if facts else self.ours(target, place)

    def litmus(self) -> None:
        given = {"LITMUS": os.environ.get("LITMUS", ""), "ARCH": self.arches[0], "SHOW": ""}
        if given["LITMUS"] and len(self.arches) > 1:
            fail("LITMUS=: a set is for one architecture; %s boots two" % self.name)
        self.tests = pack.given(given, os.path.join(self.new, "made", TESTS))
        if self.tests:
            facts = dict.fromkeys(("version", "licence", "source"), "yours (LITMUS=)")
            self.files.append(Item(TESTS, self.tests, **facts))

    def collect(self) -> None:
        for arch in self.arches:
            image = os.path.join(TOP, BUILD, arch, "Image")
            if not os.path.exists(image):
                not_built(image, "ARCH=" + arch)
            elf = os.path.join(os.path.dirname(image), "hotplate.elf")
            boot_words.check(self.args.split(), elf)
            self.files.append(self.ours(self.kernel(arch), image, KERNEL))
        self.files += filter(
            None, [self.item(w, "IMAGE_FILES") for w in self.keys.get("IMAGE_FILES", "").split()]
        )
        self.raw += filter(
            None, [self.item(w, "IMAGE_RAW") for w in self.keys.get("IMAGE_RAW", "").split()]
        )
        self.litmus()
        for kind in self.keys.get("IMAGE_BOOT", "extlinux").split():
            if kind not in BOOT:
                fail(
                    "boards/%s/board.mk: BOARD_IMAGE_BOOT: %s is none of %s"
                    % (self.name, kind, " ".join(BOOT))
                )
            BOOT[kind](self)
        self.own_files()
        self.licences()

    def own_files(self) -> None:
        if self.add and not os.path.isdir(self.add):
            fail("ADD=%s is no directory" % self.add)
        raw = [i.path for i in self.raw]
        for path in (
            sorted(glob.glob(os.path.join(self.add, "**"), recursive=True)) if self.add else []
        ):
            target = os.path.relpath(path, self.add)
            if not os.path.isfile(path) or path in raw:
                continue
            if target.lower() in [i.target.lower() for i in self.files]:
                fail("ADD=%s: %s is on the card already" % (self.add, target))
            self.files.append(
                Item(target, path, version="yours (ADD=)", licence="yours", source="yours")
            )

    def licences(self) -> None:
        """The texts that the licences of files on this card require."""
        self.texts = [("NOTICE.txt", os.path.join(TOP, "NOTICE"))]
        self.texts += [
            ("LICENSES/" + os.path.basename(p), p)
            for p in sorted(glob.glob(os.path.join(TOP, "LICENSES", "*")))
        ]
        for name, place in self.packages:
            text = os.path.join(place, "usr", "share", "doc", name, "copyright")
            if os.path.exists(text):
                self.texts.append(("LICENSES/%s.txt" % name, text))
        common = "/usr/share/common-licenses/GPL-2"
        if "GPL-2.0" in "".join(
            i.facts["licence"] for i in self.files + self.raw
        ) and os.path.exists(common):
            self.texts.append(("LICENSES/GPL-2.txt", common))

    def manifest(self) -> str:
        head = (
            "hotplate %s (%s): card of %s.  The owner of the board made this card; hotplate\n"
            "publishes kernel images only.  Texts of the licences: NOTICE.txt, LICENSES/.\n"
            "Firmware: %s.\n"
            % (
                version(),
                self.commit,
                self.name,
                self.keys.get("IMAGE_FIRMWARE", "the board's own"),
            )
        )
        return head + "".join(
            "\n" + i.stanza() for i in self.raw + sorted(self.files, key=lambda i: i.target)
        )

    def label(self, root: str, arch: str) -> str:
        initrd = "\tinitrd %s%s\n" % (root, TESTS) if self.tests else ""
        append = "\tappend %s\n" % self.args if self.args else ""
        return "label %s\n\tkernel %s%s\n%s%s" % (arch, root, self.kernel(arch), initrd, append)

    def menu(self, root: str) -> str:
        labels = "".join(self.label(root, a) for a in self.arches)
        return (
            "# U-Boot tries the labels in turn, and refuses an image of another architecture\n"
            "timeout 1\ndefault %s\n%s" % (self.arches[0], labels)
        )


def boot_extlinux(card: Card) -> None:
    card.written("extlinux/extlinux.conf", card.menu("/"))


def boot_efi(card: Card) -> None:
    """The removable path of UEFI; the boot arguments are in a file beside the image."""
    if card.tests:
        warn("LITMUS=: no EFI/BOOT, since UEFI passes no initial RAM disk")
        return
    for arch in card.arches:
        card.files.append(
            card.ours(
                "EFI/BOOT/" + EFI_NAME[arch], os.path.join(TOP, BUILD, arch, "Image"), KERNEL
            )
        )
    if card.args:
        card.written("EFI/BOOT/hotplate.txt", card.args + "\n")


def boot_cmdline(card: Card) -> None:
    """Firmware of Raspberry Pi reads the boot arguments from this file."""
    card.written("cmdline.txt", card.args + "\n")
    for item in [i for i in card.files if card.tests and i.target == "config.txt"]:
        with open(item.path, encoding="ascii") as f:
            text = f.read()
        card.files.remove(item)
        card.written(item.target, text + "initramfs %s followkernel\n" % TESTS)


BOOT = {"extlinux": boot_extlinux, "efi": boot_efi, "cmdline": boot_cmdline}


def script(card: Card) -> str:
    """boot.scr: U-Boot runs it if the DHCP server names no other file."""
    arch = card.arches[0]
    words = card.args.replace('"', '\\"').replace("$", "\\$")
    lines = ['setenv bootargs "%s"' % words] if words else []
    lines += ["tftpboot ${kernel_addr_r} " + card.kernel(arch)]
    lines += ["tftpboot ${ramdisk_addr_r} " + TESTS] if card.tests else []
    initrd = "${ramdisk_addr_r}:${filesize}" if card.tests else "-"
    return "\n".join([*lines, "booti ${kernel_addr_r} %s ${fdtcontroladdr}\n" % initrd])


def tftp(card: Card, directory: str, when: int) -> None:
    """The files for a TFTP server."""
    for arch in card.arches:
        place(
            os.path.join(TOP, BUILD, arch, "Image"),
            os.path.join(directory, card.kernel(arch)),
            when,
        )
    if card.tests:
        place(card.tests, os.path.join(directory, TESTS), when)
    write(os.path.join(directory, PXE), card.menu(""), when)
    if len(card.arches) > 1:
        return  # a script is for one architecture
    source = os.path.join(directory, "boot.cmd")
    write(source, script(card), when)
    command(
        [
            "mkimage",
            "-T",
            "script",
            "-A",
            "arm64" if card.arches[0] == "arm64" else "riscv",
            "-C",
            "none",
            "-d",
            source,
            os.path.join(directory, "boot.scr.uimg"),
        ]
    )
    os.utime(os.path.join(directory, "boot.scr.uimg"), (when, when))


def place(source: str, target: str, when: int) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)
    os.utime(target, (when, when))


def write(path: str, text: str, when: int) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.utime(path, (when, when))


def identity(card: Card, what: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, "%s %s" % (card.name, what))


def parts(card: Card) -> list[Part]:
    """[(start, sectors, type, name)]: partitions of the firmware, then FAT up to the end."""
    found = []
    for word in card.keys.get("IMAGE_PARTS", "").split():
        match = re.fullmatch(r"(\d+)\+(\d+):([0-9A-Fa-f-]+):(\w+)", word)
        if not match:
            fail(
                "boards/%s/board.mk: BOARD_IMAGE_PARTS: %s is not START+SECTORS:TYPE:NAME"
                % (card.name, word)
            )
        found.append((int(match[1]), int(match[2]), match[3].upper(), match[4]))
    tail = 2048 if card.table == "gpt" else 0
    return found + [(card.first, SECTORS - tail - card.first, FAT[card.table], "hotplate")]


def check_raw(card: Card, rows: list[Part]) -> None:
    """Each file in raw sectors is after the table, and ends before the next file or partition."""
    starts = sorted([r[0] for r in rows] + [int(i.target) for i in card.raw if i.target.isdigit()])
    for item in card.raw:
        if not item.target.isdigit() or int(item.target) < TABLES[card.table]:
            fail(
                "boards/%s/board.mk: BOARD_IMAGE_RAW: sector %s is not after the partition table"
                % (card.name, item.target)
            )
        at = int(item.target)
        end = at + -(-os.path.getsize(item.path) // SECTOR)
        later = [s for s in starts if s > at]
        if not later or end > later[0]:
            fail(
                "%s: %d sectors at %d do not fit before %s"
                % (item.path, end - at, at, later[0] if later else "the end")
            )


def partition(card: Card, image: str, rows: list[Part]) -> None:
    gpt = card.table == "gpt"
    text = "label: %s\nlabel-id: %s\n" % (
        "gpt" if gpt else "dos",
        identity(card, "disk") if gpt else "0x%08x" % (identity(card, "disk").int >> 96),
    )
    text += "first-lba: 34\n" if gpt else ""
    for n, (start, size, kind, name) in enumerate(rows):
        last = n == len(rows) - 1
        text += "start=%d, size=%d, type=%s" % (start, size, kind)
        if gpt:
            text += ", name=%s, uuid=%s%s" % (
                name,
                identity(card, name),
                ", attrs=LegacyBIOSBootable" if last else "",
            )
        text += "\n" if gpt or not last else ", bootable\n"
    command(["sfdisk", "-q", "--no-reread", "--no-tell-kernel", image], input=text)


def fill(image: str, tree: str, start: int, size: int, when: int, volume: int) -> None:
    """Make one FAT file system of the files below tree, in byte order of their names."""
    command(
        [
            "mkfs.vfat",
            "--invariant",
            "-i",
            "%08x" % volume,
            "-F",
            "32",
            "-s",
            "1",
            "--offset",
            str(start),
            "-n",
            "HOTPLATE",
            image,
            str(size // 2),
        ]
    )
    env = dict(os.environ, MTOOLS_SKIP_CHECK="1", TZ="UTC", MTOOLSRC="/dev/null")
    at = "%s@@%d" % (image, start * SECTOR)
    for directory, below, names in sorted(os.walk(tree)):
        inside = os.path.relpath(directory, tree)
        if inside != ".":
            command(["mmd", "-i", at, "::" + inside], env=env)
        for name in sorted(names):
            command(
                [
                    "mcopy",
                    "-m",
                    "-i",
                    at,
                    os.path.join(directory, name),
                    "::" + os.path.normpath(os.path.join(inside, name)),
                ],
                env=env,
            )
        below.sort()


def make(card: Card) -> None:
    """Make all files below card.new, which then replaces the previous card."""
    new = card.new
    when, tree = epoch(), os.path.join(new, "card")
    # never empty: mkfs.vfat of Debian 13 refuses that
    os.environ["SOURCE_DATE_EPOCH"] = str(when)
    for item in card.files:
        place(item.path, os.path.join(tree, item.target), when)
    for target, path in card.texts:
        place(path, os.path.join(tree, target), when)
    for at in (os.path.join(tree, "MANIFEST.txt"), os.path.join(new, "MANIFEST.txt")):
        write(at, card.manifest(), when)
    tftp(card, os.path.join(new, "tftp"), when)
    image, rows = os.path.join(new, "hotplate-%s.img" % card.name), parts(card)
    check_raw(card, rows)
    with open(image, "wb") as f:
        f.truncate(SECTORS * SECTOR)
    partition(card, image, rows)
    fill(image, tree, rows[-1][0], rows[-1][1], when, identity(card, "volume").int >> 96)
    for item in card.raw:
        with open(image, "r+b") as f, open(item.path, "rb") as source:
            f.seek(int(item.target) * SECTOR)
            f.write(source.read())
    os.utime(image, (when, when))
    shutil.rmtree(os.path.join(new, "made"), ignore_errors=True)
    shutil.rmtree(card.out, ignore_errors=True)
    os.rename(new, card.out)


def summary(card: Card) -> None:
    print(
        "  CARD  %s/hotplate-%s.img (%d MiB, %s), card/, tftp/, MANIFEST.txt"
        % (shown(card.out), card.name, SECTORS * SECTOR >> 20, card.table.upper())
    )
    print("        firmware: %s" % card.keys.get("IMAGE_FIRMWARE", "the board's own"))
    print(
        "        write it: %s   how it boots: %s/README.md"
        % (
            hint(f"flash BOARD={card.name} DEV=/dev/...", f"hotplate flash {card.name} /dev/..."),
            shown(card.keys["here"]),
        )
    )


def main(words: list[str]) -> int:
    if len(words) != 1:
        usage(__doc__)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for tool, package in TOOLS.items():
        if not shutil.which(tool):
            fail("%s is not installed (%s)" % (tool, hint("deps", f"package {package}")))
    card = Card(words[0], fragments.load(words[0]))
    shutil.rmtree(card.new, ignore_errors=True)
    card.collect()
    make(card)
    summary(card)
    return 0
