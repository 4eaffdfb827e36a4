# SPDX-License-Identifier: BSD-2-Clause
"""make image BOARD=...: partition tables, files, raw sectors and manifests of every board's card."""
import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest

from hotplate import Refused
from hotplate.boards import fragments, words as boot_words
from conftest import ARCHES, unattended

ESP, SPL, SIFIVE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "2E54B353-1271-4842-806F-E436D6AF6985", \
    "5B193300-FC78-40CD-8002-E86C45580B47"
STARFIVE = "BC13C2FF-59E6-4262-A352-B275FD6F7172"
ALWAYS = {"Image", "extlinux/extlinux.conf"}
EFI = {"EFI/BOOT/BOOTAA64.EFI", "EFI/BOOT/BOOTRISCV64.EFI"}
PI = ALWAYS | {"config.txt", "cmdline.txt", "u-boot.bin"}
# board: table, (start, sectors, type) of each partition, sectors that are written raw, files
CARDS = {
    "generic": ("gpt", [(2048, 126976, ESP)], [], EFI | {"Image-arm64", "Image-riscv64", "extlinux/extlinux.conf"}),
    "qemu-virt-arm64": ("gpt", [(2048, 126976, ESP)], [], ALWAYS | {"EFI/BOOT/BOOTAA64.EFI"}),
    "qemu-virt-riscv64": ("gpt", [(2048, 126976, ESP)], [], ALWAYS | {"EFI/BOOT/BOOTRISCV64.EFI"}),
    "rpi3": ("dos", [(2048, 129024, "c")], [], PI | {
        "bootcode.bin", "start.elf", "fixup.dat", "bcm2837-rpi-3-b.dtb", "bcm2837-rpi-3-b-plus.dtb"}),
    "rpi4": ("dos", [(2048, 129024, "c")], [], PI | {"start4.elf", "fixup4.dat", "bl31.bin", "bcm2711-rpi-4-b.dtb"}),
    "visionfive2": ("gpt", [(4096, 4096, SPL), (8192, 8192, STARFIVE), (16384, 112640, ESP)], [4096, 8192], ALWAYS),
    "unmatched": ("gpt", [(34, 2048, SIFIVE), (2082, 8192, SPL), (16384, 112640, ESP)], [34, 2082], ALWAYS),
    "rockpro64": ("gpt", [(32768, 96256, ESP)], [64, 16384], ALWAYS),
    "icicle": ("gpt", [(2048, 126976, ESP)], [], ALWAYS),
    "zcu102": ("dos", [(2048, 129024, "c")], [], ALWAYS),
    "imx8mp-evk": ("gpt", [(16384, 112640, ESP)], [], ALWAYS),
}
TOOLS = {"sfdisk": "fdisk", "mkfs.vfat": "dosfstools", "mcopy": "mtools", "mkimage": "u-boot-tools"}
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


@pytest.fixture
def card(tmp_path):
    """card(BOARD, VARIABLE=...): (exit status, directory, output)."""
    for tool, package in TOOLS.items():
        if not shutil.which(tool, path=PATH):
            pytest.skip("%s is not installed" % package)

    def make(board, **env):
        env = dict(os.environ, **{"ARGS": "", "ADD": "", "CARDS": str(tmp_path / "cards"), **env})
        done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "image", board], capture_output=True, text=True, check=False, env=env)
        return done.returncode, tmp_path / "cards" / board, done.stdout + done.stderr
    return make


def needs(board):
    """Skip if the board's architecture is not built, or its firmware is not available."""
    keys = fragments.load(board)
    if not set(keys["ARCH"].split()) <= set(ARCHES):
        pytest.skip("%s needs the image of %s" % (board, keys["ARCH"]))
    words = (keys.get("IMAGE_FILES", "") + " " + keys.get("IMAGE_RAW", "")).split()
    packages = {w.split("=")[1].split(":")[0] for w in words} - {"here", "dtb", "own"}
    if packages:
        got = subprocess.run(["tools/hotplate", "firmware"] + sorted(packages), capture_output=True, text=True, check=False)
        if got.returncode:
            pytest.skip(got.stderr.strip())


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def manifest(path):
    """[{File, Size, SHA256, Version, Licence, Source}]"""
    stanzas = path.read_text().split("\n\n")[1:]
    return [dict(line.split(": ", 1) for line in s.strip().splitlines()) for s in stanzas]


def table(image):
    done = subprocess.run(["sfdisk", "--json", str(image)], capture_output=True, text=True, check=True,
                          env=dict(os.environ, PATH=PATH))
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)["partitiontable"]


def read_back(image, start, size, into):
    """Check the FAT file system and return its files: {name: bytes}."""
    alone = into / "fat.img"
    with open(image, "rb") as f:
        f.seek(start * 512)
        alone.write_bytes(f.read(size * 512))
    done = subprocess.run(["fsck.vfat", "-n", str(alone)], capture_output=True, text=True, check=False,
                          env=dict(os.environ, PATH=PATH))
    assert done.returncode == 0, done.stdout
    tree = into / "tree"
    tree.mkdir()
    subprocess.run(["mcopy", "-s", "-i", "%s@@%d" % (image, start * 512), "::*", str(tree)], check=True,
                   env=dict(os.environ, MTOOLS_SKIP_CHECK="1"))
    return {os.path.relpath(os.path.join(d, n), tree): open(os.path.join(d, n), "rb").read()
            for d, _, names in os.walk(tree) for n in names}


def described(name):
    return name not in ("MANIFEST.txt", "NOTICE.txt") and not name.startswith("LICENSES/")


def test_every_board_is_in_the_table():
    assert set(CARDS) == {n for n in fragments.directories() if "IMAGE_FIRMWARE" in fragments.load(n)}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("board", CARDS)
def test_card(card, board, tmp_path):
    needs(board)
    label, parts, raw, files = CARDS[board]
    status, out, printed = card(board)
    assert status == 0, printed
    image = out / ("hotplate-%s.img" % board)
    found = table(image)
    assert found["label"] == label
    assert [(p["start"], p["size"], p["type"]) for p in found["partitions"]] == parts
    assert found["partitions"][-1].get("attrs") == "LegacyBIOSBootable" or found["partitions"][-1]["bootable"]
    rows = {r["File"]: r for r in manifest(out / "MANIFEST.txt")}
    assert all(set(r) == {"File", "Size", "SHA256", "Version", "Licence", "Source"} and all(r.values()) for r in rows.values())
    inside = read_back(image, parts[-1][0], parts[-1][1], tmp_path)
    assert {n for n in inside if described(n)} == files
    assert {n: sha256(d) for n, d in inside.items() if described(n)} == \
        {n: r["SHA256"] for n, r in rows.items() if not n.startswith("sector ")}
    assert inside["MANIFEST.txt"] == (out / "MANIFEST.txt").read_bytes()
    sectors = {int(n.split()[1]): r for n, r in rows.items() if n.startswith("sector ")}
    assert sorted(sectors) == raw
    data = image.read_bytes()
    assert len(data) == 64 << 20
    for at, row in sectors.items():
        assert sha256(data[at * 512:at * 512 + int(row["Size"])]) == row["SHA256"]
    assert {"LICENSES/BSD-2-Clause.txt", "LICENSES/BSD-3-Clause.txt", "NOTICE.txt"} <= set(inside)
    for name in {r["Version"].split()[0] for r in rows.values()} - {"hotplate", "Linux"}:
        assert inside["LICENSES/%s.txt" % name], "no text of its licence"


def everything(out):
    return {str(p.relative_to(out)): (sha256(p.read_bytes()), int(p.stat().st_mtime)) for p in out.rglob("*") if p.is_file()}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("board", ["rpi3", "visionfive2"])
@pytest.mark.sample("visionfive2")
def test_made_twice_the_bytes_are_equal(card, board, tmp_path):
    needs(board)
    status, out, printed = card(board)
    assert status == 0, printed
    first = everything(out)
    assert card(board, TZ="Asia/Tokyo", CARDS=str(tmp_path / "elsewhere"))[0] == 0
    assert everything(tmp_path / "elsewhere" / board) == first
    assert card(board, SOURCE_DATE_EPOCH="1700000000")[0] == 0
    assert everything(out) != first, "the time stamps are not SOURCE_DATE_EPOCH's"


@pytest.mark.parametrize("tool", ["mkfs.vfat", "mkimage"])
def test_an_empty_epoch_is_none(card, tool, tmp_path):
    """make exports an unset variable as empty, which newer tools refuse (dosfstools of Debian 13)."""
    needs("qemu-virt-arm64")
    strict = tmp_path / "bin" / tool
    strict.parent.mkdir(mode=0o755)
    strict.write_text("#!/bin/sh\n[ \"$SOURCE_DATE_EPOCH\" -gt 0 ] || exit 1\nexec %s \"$@\"\n" % shutil.which(tool, path=PATH))
    strict.chmod(0o755)
    status, _, printed = card("qemu-virt-arm64", SOURCE_DATE_EPOCH="", PATH="%s:%s" % (strict.parent, PATH))
    assert status == 0, printed


WORDS = 'run=boot.* seed=7 console="$y"'


@pytest.mark.tier("ci")
@pytest.mark.parametrize("board", ["qemu-virt-arm64", "rpi3"])
def test_args_are_where_each_firmware_looks(card, board):
    needs(board)
    status, out, printed = card(board, ARGS=WORDS)
    assert status == 0, printed
    assert "\tappend %s\n" % WORDS in (out / "card/extlinux/extlinux.conf").read_text()
    assert "\tappend %s\n" % WORDS in (out / "tftp/pxelinux.cfg/default").read_text()
    beside = "card/cmdline.txt" if board == "rpi3" else "card/EFI/BOOT/hotplate.txt"
    assert (out / beside).read_text() == WORDS + "\n"
    assert b'setenv bootargs "run=boot.* seed=7 console=\\"\\$y\\""\n' in (out / "tftp/boot.scr.uimg").read_bytes()


@pytest.mark.tier("ci")
@pytest.mark.parametrize("board", ["qemu-virt-arm64", "rpi4"])
def test_litmus_tests_are_where_each_firmware_looks(card, board):
    needs(board)
    status, out, printed = card(board, LITMUS="litmus/aarch64/MP.litmus litmus/aarch64/SB.litmus")
    assert status == 0, printed
    assert (out / "card/litmus.set").read_bytes() == (out / "tftp/litmus.set").read_bytes()
    assert "\tinitrd /litmus.set\n" in (out / "card/extlinux/extlinux.conf").read_text()
    assert "\tinitrd litmus.set\n" in (out / "tftp/pxelinux.cfg/default").read_text()
    assert b"booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}\n" in (out / "tftp/boot.scr.uimg").read_bytes()
    if board == "rpi4":
        with open("boards/rpi4/config.txt", encoding="ascii") as f:
            assert (out / "card/config.txt").read_text() == f.read() + "initramfs litmus.set followkernel\n"
    else:
        assert "no EFI/BOOT, since UEFI passes no" in printed and not (out / "card/EFI").exists()


@pytest.mark.tier("ci")
def test_files_of_ones_own(card, tmp_path):
    needs("imx8mp-evk")
    own = tmp_path / "own"
    own.mkdir()
    (own / "flash.bin").write_bytes(b"boot rom" * 1000)
    (own / "readme").write_bytes(b"x")
    status, out, printed = card("imx8mp-evk", ADD=str(own))
    assert status == 0, printed
    image = (out / "hotplate-imx8mp-evk.img").read_bytes()
    assert image[64 * 512:64 * 512 + 8000] == b"boot rom" * 1000
    assert [r["Version"] for r in manifest(out / "MANIFEST.txt") if r["File"] in ("readme", "sector 64 (flash.bin)")] == \
        ["yours (ADD=)"] * 2
    assert not (out / "card/flash.bin").exists() and (out / "card/readme").exists()
    (own / "image").write_bytes(b"")  # FAT does not distinguish it from Image
    before = everything(out)
    status, out, printed = card("imx8mp-evk", ADD=str(own))
    assert status == 4 and "image is on the card already" in printed and everything(out) == before


@pytest.mark.tier("ci")
def test_refused_with_one_line(card, tmp_path):
    needs("rpi4")
    status, out, printed = card("rpi4")
    before = everything(out)
    for env, reason in (({"FIRMWARE_DIR": str(tmp_path)}, "nothing was made"), ({"ARGS": "a\nb"}, "one line"),
                        ({"ARGS": "x" * 1001}, "1000"), ({"ADD": str(tmp_path / "none")}, "no directory"),
                        ({"SOURCE_DATE_EPOCH": "now"}, "no number"), ({"LITMUS": "none.litmus"}, "none.litmus: no such file"),
                        ({"LITMUS": "litmus/riscv"}, "no test for arm64")):
        status, out, printed = card("rpi4", **env)
        assert status == 4 and reason in printed and "Traceback" not in printed, printed
    assert everything(out) == before, "the earlier files are kept"
    status, _, printed = card("generic", LITMUS="litmus/aarch64")
    assert status == 4 and "a set is for one architecture; generic boots two" in printed
    status, _, printed = card("bogus")
    assert status == 4 and re.search(r"BOARD=bogus is not known; there are: .*\brpi4\b", printed)


BAD = {  # line of a fragment: the reason
    "BOARD_IMAGE_TABLE := apm": "neither gpt nor mbr",
    "BOARD_IMAGE_PARTS := 34:uboot": "is not START+SECTORS:TYPE:NAME",
    "BOARD_IMAGE_RAW := 33=here:blob": "not after the partition table",
    "BOARD_IMAGE_RAW := 2047=here:blob": "do not fit before 2048",
    "BOARD_IMAGE_FILES := blob": "is not TARGET=PACKAGE:PATH",
    "BOARD_IMAGE_FILES := blob=here:none": "has no file none",
    "BOARD_IMAGE_FILES := blob=bogus:blob": "no package of this table",
    "BOARD_IMAGE_BOOT := lilo": "is none of",
    "include other.mk": "not an assignment",
}


@pytest.mark.parametrize("line", BAD)
def test_a_fragment_that_is_wrong(card, tmp_path, line):
    needs("qemu-virt-arm64")
    place = tmp_path / "extra" / "boards" / "mine"
    place.mkdir(parents=True)
    (place / "blob").write_bytes(b"x" * 1024)
    (place / "board.mk").write_text("# mine\nBOARD_ARCH := arm64\n%s\n" % line)
    status, out, printed = card("mine", EXTRA=str(tmp_path / "extra"))
    assert status == 4 and BAD[line] in printed and "Traceback" not in printed, printed
    assert not out.exists()


HEADINGS = ["Hardware", "Wiring", "Firmware", "Write", "Boot", "Verified on", "Limits"]


def headings(path):
    with open(path, encoding="utf-8") as f:
        return re.findall(r"^## ([A-Z][a-z]+(?: [a-z]+)*)$", f.read(), re.M)


def test_every_board_says_the_same_things():
    with open("docs/boards.md", encoding="utf-8") as f:
        table = f.read()
    for name, place in fragments.directories().items():
        assert "](../boards/%s/README.md)" % name in table, name
        if not name.startswith("qemu-virt"):
            assert headings(place + "/README.md") == HEADINGS, name
    assert headings("boards/_template/README.md") == HEADINGS


@pytest.mark.tier("ci")
def test_the_template_copied_and_filled_builds(card, tmp_path):
    needs("qemu-virt-arm64")
    place = tmp_path / "extra" / "boards" / "mine"
    shutil.copytree("boards/_template", place)
    for name, fill in (("board.mk", {"NAME": "mine", "ARCH := ARCH": "ARCH := arm64", "WHERE": "in its flash"}),
                       ("README.md", {"NAME": "mine"})):
        text = (place / name).read_text()
        for word, value in fill.items():
            assert word in text
            text = text.replace(word, value)
        (place / name).write_text(text)
    status, out, printed = card("mine", EXTRA=str(tmp_path / "extra"))
    assert status == 0, printed
    assert "firmware: the board's own: in its flash" in printed
    assert [p["type"] for p in table(out / "hotplate-mine.img")["partitions"]] == [ESP]
    assert {"Image", "README.txt", "EFI", "extlinux"} <= {p.name for p in (out / "card").iterdir()}
    status, _, printed = card("_template")
    assert status == 4 and "is not known" in printed, "the template itself is no board"


@pytest.mark.tier("ci")
def test_words_that_no_kernel_knows(arch, card):
    """A card has the boot words that the kernel accepts, and no others: the kernel itself is asked."""
    kernel = "build/%s/hotplate.elf" % arch
    good = ("seed=7", "memmap=host", "acpi.memmap=host", "poison", "poison=off", "console=ttyS0,115200", "quiet", "vc_mem.mem_base=1", "as-if=0:x=1")
    bad = ("rnu=quick", "see=7", "seed", "seed=", "memmap", "acpi.memmap=", "acpi.seed=1", "quick", "poison=", "Seed=7")
    for word in (*good, *bad):
        status, _, printed = unattended(arch, "image-word", 120, ARGS=word + " run=boot.wx exit")
        assert (status == 3) == (word in bad or word == "as-if=0:x=1"), (word, status, printed)
        try:
            boot_words.check([word], kernel)
        except Refused as why:
            assert word in bad and word.split("=")[0] in str(why), (word, why)
        else:
            assert word in good, word
    board = "qemu-virt-" + arch
    status, out, printed = card(board, ARGS="rnu=quick")
    assert status == 4 and printed.endswith(": ARGS=: rnu=quick is no boot argument; `help args` at the prompt lists them\n"), printed
    assert not out.exists()
