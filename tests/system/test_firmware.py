# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate firmware: packages are read from the system's own archive or FIRMWARE_DIR, and nothing hangs; the
image boots to its menu by each version of QEMU's firmware in the archive."""
import hashlib
import os
import shutil
import socket
import subprocess

import pytest

from conftest import ARCHES

NAME, OTHER = "u-boot-rpi", "u-boot-sifive"
SUITE = "trixie"  # tried if the system's own suite does not have the package

pytestmark = [pytest.mark.tier("ci"),
              pytest.mark.skipif(not shutil.which("dpkg-deb") or not shutil.which("apt-get"), reason="no apt here")]


def codename():
    with open("/etc/os-release", encoding="utf-8") as f:
        return dict(line.rstrip().split("=", 1) for line in f if "=" in line).get("VERSION_CODENAME", "")


def package(name, arch, directory, content, path="usr/lib/blob.bin"):
    """Make a package of one file; returns the package's path."""
    tree = directory / ("tree-" + name)
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN").chmod(0o755)              # dpkg-deb refuses the mode of a narrow umask
    (tree / path).parent.mkdir(parents=True)
    (tree / path).write_bytes(content)
    (tree / "DEBIAN/control").write_text(
        "Package: %s\nVersion: 1:2-3\nArchitecture: %s\nMaintainer: nobody <nobody@example.org>\n"
        "Source: firmware (2)\nBuilt-Using: opensbi (= 1)\nDescription: test\n" % (name, arch))
    deb = directory / ("%s_2-3_%s.deb" % (name, arch))
    subprocess.run(["dpkg-deb", "-b", str(tree), str(deb)], check=True, capture_output=True)
    return deb


def archive(directory, suite, arch, debs):
    """An archive of these packages in one suite, as apt reads it."""
    place = directory / "dists" / suite / "main" / ("binary-" + arch)
    place.mkdir(parents=True)
    rows = ""
    for deb in debs:
        data = deb.read_bytes()
        control = subprocess.run(["dpkg-deb", "-f", str(deb)], check=True, capture_output=True, text=True).stdout
        rows += control + "Filename: %s\nSize: %d\nSHA256: %s\n\n" % (
            deb.relative_to(directory), len(data), hashlib.sha256(data).hexdigest())
    (place / "Packages").write_text(rows)
    relative = "main/binary-%s/Packages" % arch
    (directory / "dists" / suite / "Release").write_text(
        "Codename: %s\nSuite: %s\nComponents: main\nArchitectures: %s\nSHA256:\n %s %d %s\n" % (
            suite, suite, arch, hashlib.sha256(rows.encode()).hexdigest(), len(rows), relative))


@pytest.fixture
def fetch(tmp_path):
    """fetch(NAME..., VARIABLE=...) in a tree of its own, whose system has one source: uri."""
    shutil.copytree("tools", tmp_path / "top" / "tools")

    def run(*names, uri="file:" + str(tmp_path / "archive"), **env):
        (tmp_path / "sources.list").write_text("deb %s %s main\n" % (uri, codename()))
        (tmp_path / "apt.conf").write_text(
            'Dir::Etc::SourceList "%s/sources.list";\nDir::Etc::SourceParts "/dev/null";\n'
            'Acquire::AllowInsecureRepositories "1";\nAPT::Get::AllowUnauthenticated "1";\n' % tmp_path)
        done = subprocess.run(["/usr/bin/python3", str(tmp_path / "top/tools/hotplate"), "firmware"] + list(names), text=True,
                              env=dict(os.environ, APT_CONFIG=str(tmp_path / "apt.conf"), **env),
                              capture_output=True, check=False, timeout=120)
        return done.returncode, done.stdout.split(), done.stderr
    return run


def test_from_the_systems_archive_and_from_another_suite(fetch, tmp_path):
    directory = tmp_path / "archive"
    directory.mkdir()
    deb = package(OTHER, "riscv64", directory, b"spl")
    archive(directory, SUITE, "riscv64", [deb])
    if codename() != SUITE:
        archive(directory, codename(), "riscv64", [])
    status, places, printed = fetch(OTHER)
    assert status == 0, printed
    with open(places[0] + "/usr/lib/blob.bin", "rb") as f:
        assert f.read() == b"spl"
    with open(places[0] + ".txt", encoding="utf-8") as f:
        facts = dict(line.rstrip().split(": ", 1) for line in f)
    assert facts.pop("licence")
    assert facts == {"package": OTHER, "version": "1:2-3", "architecture": "riscv64", "suite": SUITE,
                     "source": "firmware 2", "built-using": "opensbi (= 1)", "sha256": hashlib.sha256(deb.read_bytes()).hexdigest()}
    shutil.rmtree(directory)
    assert fetch(OTHER)[:2] == (0, places), "a package that is present is not fetched again"


def test_missing_is_said_and_the_rest_comes(fetch, tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    package(NAME, "arm64", given, b"u-boot")
    (given / "raspi-firmware").mkdir()
    status, places, printed = fetch(NAME, OTHER, "raspi-firmware", "bogus", FIRMWARE_DIR=str(given))
    assert status == 4 and [os.path.basename(p) for p in places] == [NAME, "raspi-firmware"]
    assert printed.count("\n") == 2 and "neither %s_*.deb nor a directory" % OTHER in printed and "bogus" in printed
    status, places, printed = fetch(OTHER)
    assert status == 4 and not places and printed.count("\n") == 1 and codename() in printed and SUITE in printed, printed
    assert "FIRMWARE_DIR=DIR" in printed, printed


def test_another_package_under_this_name(fetch, tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    package("bogus", "arm64", given, b"").rename(given / (NAME + "_1.deb"))
    status, places, printed = fetch(NAME, FIRMWARE_DIR=str(given))
    assert status == 4 and not places and "holds the package bogus" in printed


@pytest.mark.tier("test")
def test_a_mirror_that_never_answers(fetch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        status, places, printed = fetch(NAME, uri="http://127.0.0.1:%d" % silent.getsockname()[1], FIRMWARE_PATIENCE="2",
                                        no_proxy="127.0.0.1")
    assert status == 4 and not places and "did not end within 2 s" in printed, printed


QEMU = {"arm64": "HOTPLATE_QEMU_ARM64", "riscv64": "HOTPLATE_QEMU_RISCV64"}  # another emulator
PACKAGES = {"opensbi": ["riscv64"], "u-boot-qemu": ["arm64", "riscv64"], "qemu-efi-aarch64": ["arm64"], "qemu-efi-riscv64": ["riscv64"],
            "arm-trusted-firmware": ["arm64"]}


@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize("suite", ["bookworm", "bookworm-backports", "trixie", "sid", "experimental"])
@pytest.mark.sample("trixie-opensbi", "trixie-u-boot-qemu")
def test_every_version_boots_to_the_menu(suite, name):
    if not set(PACKAGES[name]) <= set(ARCHES):
        pytest.skip("needs the image of each of " + " ".join(PACKAGES[name]))
    qemu = [os.environ.get(QEMU[a]) for a in PACKAGES[name]]
    knobs = ["QEMU=" + qemu[0]] if len(qemu) == 1 and qemu[0] else []
    done = subprocess.run(["tools/hotplate", "firmware", "--boot", suite, name, *knobs], capture_output=True, text=True, check=False)
    if done.returncode == 4:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    rows = done.stdout.splitlines()[1:]
    if not rows:
        pytest.skip("%s has no %s" % (suite, name))
    if "Property 'virt-machine.acpi' not found" in done.stdout:
        pytest.skip("EDK2 for riscv64 needs QEMU 8.1 or later (HOTPLATE_QEMU_RISCV64=PATH)")
    assert done.returncode == 0 and len(rows) == len(PACKAGES[name]), done.stdout + done.stderr
    wanted = "for boards, 0 for QEMU" if name == "arm-trusted-firmware" else " menu, hotplug.cycle; "
    assert all(wanted in row for row in rows), done.stdout


def test_a_version_that_the_console_does_not_name(fetch, tmp_path):
    """QEMU's own OpenSBI in a package of another version boots, and its row is an error."""
    own, place = "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin", tmp_path / "archive"
    if "riscv64" not in ARCHES or not os.path.exists(own):
        pytest.skip("needs the image of riscv64, and %s" % own)
    place.mkdir()
    with open(own, "rb") as f:
        deb = package("opensbi", "all", place, f.read(), "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin")
    for suite in {SUITE, codename()}:
        archive(place, suite, "arm64", [deb])
    os.symlink(os.path.abspath("boards"), tmp_path / "top/boards")
    status, words, printed = fetch("--boot", SUITE, "opensbi", "IMAGE=" + os.path.abspath("build/riscv64/Image"))
    assert status == 1 and " ".join(words).endswith("trixie the console has no OpenSBI v1:2-3"), (words, printed)
