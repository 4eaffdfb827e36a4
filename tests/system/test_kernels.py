# SPDX-License-Identifier: BSD-2-Clause
"""Unmodified kernels on the worst legal machine: their files, the initial RAM disk, the verdict, and one boot for each
architecture (machine/README.md, "Run your kernel here")."""
import gzip
import lzma
import os
import re
import struct
import subprocess
from types import SimpleNamespace

import pytest

from conftest import ARCHES, TOP
from devices.kernels import booted, kernel_of, tool
from hotplate import Refused
from hotplate.kernels import boot, cpio, fetch, firmware, image, initrd, kallsyms
from hotplate.kernels.archive import CONF, Package, Release
from hotplate.kernels.judge import Hunt, Judge

MAGIC = {"arm64": b"ARM\x64", "riscv64": b"RSC\x05"}
MACHINE = {"arm64": 183, "riscv64": 243}
BOTH = pytest.mark.parametrize("machine", MAGIC)


# ---- the file of a kernel ----
def plain(machine):
    banner = b"Linux version 6.6.6-test (someone@host) #1\0"
    return bytes(56) + MAGIC[machine] + bytes(4) + banner + bytes(range(256)) * 8


def zboot(content, name=b"gzip"):
    """drivers/firmware/efi/libstub/zboot-header.S: the place and the size of the payload, and how it is compressed."""
    return b"MZ\0\0zimg" + struct.pack("<IIII", 64, len(content), 0, 0) + name.ljust(32, b"\0") + bytes(8) + content + b"PE"


def elf(machine, content, kind=1):
    """The second half in a segment of its own, which the file has first."""
    half, pa = len(content) // 2, 0x80200000
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, MACHINE[machine], 1, pa, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    at = 64 + 2 * 56
    rows = [(at, pa + half, len(content) - half), (at + len(content) - half, pa, half)]
    table = b"".join(struct.pack("<IIQQQQQQ", kind, 5, o, 0xffffffff80000000, p, n, n + 4096, 4096) for o, p, n in rows)
    return head + table + content[half:] + content[:half]


def identified(tmp_path, content):
    (tmp_path / "kernel").write_bytes(content)
    return image.kernel(str(tmp_path / "kernel"))


@BOTH
@pytest.mark.parametrize("form", [bytes, gzip.compress, lzma.compress, lambda c: zboot(gzip.compress(c)),
                                  lambda c: zboot(lzma.compress(c), b"xzkern"), lambda c: gzip.compress(zboot(gzip.compress(c)))],
                         ids=["plain", "gzip", "xz", "zboot-gzip", "zboot-xz", "gzip-zboot"])
def test_file_of_a_kernel(machine, form, tmp_path):
    found = identified(tmp_path, form(plain(machine)))
    assert found == (machine, plain(machine), "6.6.6-test", False)


@BOTH
def test_elf_file_of_a_kernel(machine, tmp_path):
    found = identified(tmp_path, elf(machine, plain(machine)))
    assert found == (machine, plain(machine), "6.6.6-test", True)


ARM = plain("arm64")
WRONG = {
    "short": (b"MZ", "has 2 bytes: fewer than the header of a kernel"),
    "text": (b"A text. " * 40, "is no kernel that starts by the Linux boot protocol: its bytes 56 to 59 are 41 20 74 65, neither those of arm64 "
             "(41 52 4d 64) nor those of riscv64 (52 53 43 05); another kernel needs PASS=TEXT"),
    "cut gzip": (gzip.compress(ARM)[:-200], "ends within its gzip data"),
    "damaged gzip": (gzip.compress(ARM)[:40] + bytes(300), "its gzip data are damaged (Error -3"),
    "cut xz": (lzma.compress(ARM)[:-40], "ends within its xz data"),
    "unknown zboot": (zboot(ARM, b"newest"), "compressed by 'newest', which is not known"),
    "cut zboot": (zboot(gzip.compress(ARM))[:-30], "whose kernel ends after the end of the file"),
    "another machine": (elf("arm64", ARM).replace(struct.pack("<HH", 2, 183), struct.pack("<HH", 2, 62), 1),
                        "is an ELF file of machine 62: neither arm64 (183) nor riscv64 (243)"),
    "32 bits": (b"\x7fELF\1\1" + bytes(90), "but not of 64 bits and little-endian"),
    "no segment": (elf("arm64", ARM, kind=4), "is an ELF file without a segment to load"),
    "cut ELF": (elf("arm64", ARM)[:100], "ends within its own header"),
    "ELF without header": (elf("arm64", bytes(4096)), "whose first bytes in memory are no header of an Image; another kernel needs PASS=TEXT"),
}


@pytest.mark.parametrize("name", WRONG)
def test_no_kernel(name, tmp_path):
    """One sentence, which names the file and the reason."""
    content, why = WRONG[name]
    with pytest.raises(Refused) as refused:
        identified(tmp_path, content)
    assert str(refused.value).startswith("KERNEL=%s" % tmp_path) and why in str(refused.value), refused.value


# ---- the initial RAM disk ----
def entries(archive):
    """{name: (mode, data, device)} of a cpio archive, by its format."""
    found, at = {}, 0
    while True:
        assert archive[at:at + 6] == b"070701" and not at % 4
        field = [int(archive[at + 6 + 8 * n:at + 14 + 8 * n], 16) for n in range(13)]
        name = archive[at + 110:at + 110 + field[11]]
        assert name[-1] == 0
        data_at = (at + 110 + field[11] + 3) & ~3
        if name == b"TRAILER!!!\0":
            assert len(archive) == data_at
            return found
        assert field[2] == field[3] == field[5] == 0, "an owner or a time"
        found[name[:-1].decode()] = (oct(field[1]), archive[data_at:data_at + field[6]], (field[9], field[10]))
        at = (data_at + field[6] + 3) & ~3


def module(needs=""):
    return b"\x7fELF...\0license=GPL\0depends=%s\0name=x\0" % needs.encode()


@pytest.fixture
def modules(tmp_path):
    """A package: a module that needs two, one of which needs another; compressed and not; one in the kernel."""
    top = tmp_path / "usr" / "lib" / "modules" / "6.6.6-test"
    files = {"kernel/a/top-most.ko.xz": lzma.compress(module("low_1,low-2")), "kernel/low_1.ko": module("lowest"),
             "kernel/low-2.ko.gz": gzip.compress(module()), "kernel/lowest.ko": module(), "kernel/other.ko": module()}
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    (top / "modules.builtin").write_text("kernel/lib/built-in.ko\n")
    (tmp_path / "boot").mkdir()
    return SimpleNamespace(top=tmp_path, directory=str(top), all=initrd.Modules(str(top)))


def test_archive():
    made = cpio.Archive()
    made.file("a/b/file", b"12345", 0o755)
    made.link("a/link", "b/file")
    made.node("dev/console", 5, 1)
    found = entries(made.bytes())
    assert list(found) == ["a", "a/b", "a/b/file", "a/link", "dev", "dev/console"]
    assert found["a/b/file"] == ("0o100755", b"12345", (0, 0)) and found["a/link"] == ("0o120777", b"b/file", (0, 0))
    assert found["dev/console"] == ("0o20600", b"", (5, 1)) and found["dev"][0] == "0o40755"


def test_initial_ram_disk(modules):
    text = "load top_most debug=1\nfork 3 &\nload low-2\nload built_in\nrepeat 2 { # both\nunload top-most\n}\n# end\n"
    made = initrd.build(b"the init", b"the work", text, modules.all)
    assert made == initrd.build(b"the init", b"the work", text, initrd.Modules(modules.directory))
    found = entries(made)
    assert found["init"][:2] == ("0o100755", b"the init") and found["bin/fork"][1] == b"work" and found["dev/kmsg"][2] == (1, 11)
    assert found["etc/workloads"][1].decode().splitlines() == [
        "load lowest", "load low_1", "load low_2", "load top_most debug=1", "fork 3 &", "load low_2",
        "# load built_in: it is a part of this kernel", "repeat 2 /init /etc/block-1", "# end"]
    assert found["etc/block-1"][1] == b"unload top_most\n"
    loaded = {name: content for name, (_, content, _) in found.items() if name.startswith("modules/")}
    assert loaded == {"modules/top_most.ko": module("low_1,low-2"), "modules/low_1.ko": module("lowest"),
                      "modules/low_2.ko": module(), "modules/lowest.ko": module()}


def test_modules_that_are_not_there(modules):
    with pytest.raises(Refused, match="module nope is not in the kernel, and not a file: .*/6.6.6-test"):
        initrd.build(b"", b"", "load nope\n", modules.all)
    with pytest.raises(Refused, match=r"no directory of modules is known \(MODULES=DIR\)"):
        initrd.build(b"", b"", "load nope\n", initrd.Modules(""))


@pytest.mark.parametrize("text, why", [
    ("fork 1\n\n" * 5000, "etc/workloads has 40000 bytes, init reads less than 16384"),
    ("repeat 2 {\n" + "fork 1\n\n" * 5000 + "}\n", "etc/block-1 has 40000 bytes, init reads less than 16384"),
    ("repeat 2 {\nfork 1\n", "a block has no }"), ("fork 1\n}\n", "line 2: } ends no block, or has words after it: }"),
    ("repeat 2 {\n} &\n", "line 2: } ends no block, or has words after it: } &")])
def test_scripts_that_are_refused(text, why):
    with pytest.raises(Refused, match=re.escape(why)):
        initrd.build(b"", b"", text, initrd.Modules(""))


def test_where_modules_are(modules):
    """Beside an image at each of its places in a package."""
    for place in ("boot/vmlinuz-6.6.6-test", "usr/lib/modules/6.6.6-test/vmlinuz"):
        assert initrd.modules_of(str(modules.top / place), "6.6.6-test") == modules.directory
    assert not initrd.modules_of(str(modules.top / "boot/vmlinuz"), "6.6.7")
    assert not initrd.modules_of("/boot/vmlinuz", "")


# ---- the verdict ----
BOOT = "[    0.000000] Linux version 6.6.6\n[    8.1] Run /init as init process\n"
OK = "[    9.0][  T77] hotplate-init: fork 3 ok\n"
PASS = "[    9.1] hotplate-init: pass\n"
VMALLOC = "[    9.0] Summary: random_size_alloc_test passed: 2 failed: %d xfailed: 0 repeat: 1 loops: 20 avg: 9 usec\n"
VERDICTS = {
    "pass": (0, BOOT + OK + "[    9.1] hotplate-init: pass\n[ 9.2] reboot: Power down\n", (0, "init passed 1 workloads")),
    "fail": (0, BOOT + OK + "[    9.1] hotplate-init: mmap 1 not ok it ended with status 1\n[ 9] hotplate-init: fail\n",
             (1, "init: mmap 1 not ok it ended with status 1")),
    "warning": (0, BOOT + "[    9.0] WARNING: CPU: 1 PID: 1 at mm/x.c:3 f+0x1/0x2\n" + OK + "[    9.1] hotplate-init: pass\n",
                (1, "the kernel reported: WARNING: CPU: 1 PID: 1 at mm/x.c:3 f+0x1/0x2")),
    "spurious": (0, BOOT + "[    9.0] Ignoring spurious kernel translation fault at virtual address f\n"
                 "[    9.0] WARNING: CPU: 3 PID: 0 at __do_kernel_fault+0x1/0x2\n" + OK + "[    9.1] hotplate-init: pass\n",
                 (0, "init passed 1 workloads")),
    "not spurious": (0, BOOT + "[    9.0] Ignoring spurious kernel translation fault at virtual address f\n[    9.0] text\n"
                     "[    9.0] WARNING: CPU: 3 PID: 0 at __do_kernel_fault+0x1/0x2\n" + OK + "[    9.1] hotplate-init: pass\n",
                     (1, "the kernel reported: WARNING: CPU: 3 PID: 0 at __do_kernel_fault+0x1/0x2")),
    "text of a file": (0, BOOT + "[    9.0] hotplate-init: | WARNING: Linux version 6\n[ 9] hotplate-init: | Kernel panic - not syncing: x\n[    9.1] hotplate-init: pass\n",
                       (0, "init passed 0 workloads")),
    "panic": (0, BOOT + "[    9.0] Kernel panic - not syncing: VFS: Unable to mount\n[  9.1] hotplate-init: pass\n",
              (1, "kernel panic: VFS: Unable to mount")),
    "stop": (3, BOOT + "worst: MRS of S3_1_C0_C0_1 is not known\n  CPU 0: 0x40, from 0x0\n    EL1; ESR_EL1 0\n",
             (3, "MRS of S3_1_C0_C0_1 is not known (last line: Run /init as init process)")),
    "steps": (2, BOOT + "worst: 9 M instructions, 1 M stores; 2 stores overtook others\nworst: still on after steps=9\n", (2, "still on after steps=9 (last line: Run /init as init process)")),
    "then a stop": (2, BOOT + "[    9.0] hotplate-init: fork 1 not ok x\nworst: still on after steps=9\n",
                    (2, "fork 1 not ok x; still on after steps=9 (last line: hotplate-init: fork 1 not ok x)")),
    "silent": (0, "", (1, "init was not started (last line: none)")),
    "no init": (0, "[    0.000000] Linux version 6.6.6\n[    1.0] reboot: Power down\n",
                (1, "init was not started (last line: reboot: Power down)")),
    "no verdict": (0, BOOT + OK, (1, "no verdict of init after its start (last line: hotplate-init: fork 3 ok)")),
    "own tests": (0, BOOT + "[    9.0][  T9]     ok 1 a_test\n[ 9.0]     ok 2 b_test # SKIP no room\n[ 9.0] ok 1 suite\n" + VMALLOC % 0 + PASS,
                  (0, "init passed 0 workloads; the kernel's own tests: 4 ok, 1 skipped")),
    "an own test": (0, BOOT + "[    9.0]     not ok 1 a_test\n[ 9.0] not ok 1 suite\n" + VMALLOC % 1 + PASS,
                    (1, "the kernel's own tests: not ok a_test; suite; random_size_alloc_test")),
    "a torture test": (0, BOOT + "[    9.0] rcu-torture:--- End of test: SUCCESS: nreaders=3\n[ 9.0] spin_lock-torture:--- End of test: FAILURE: n=2\n"
                       "[    9.0] test_bitmap: failed 2 out of 60 tests\n" + PASS,
                       (1, "the kernel's own tests: not ok spin_lock-torture:--- End of test: FAILURE; test_bitmap: failed 2 out of 60 tests")),
    "a note of the machine": (3, BOOT + "worst: virtio-mem: 512 MiB are plugged, as requested (step 9)\nworst: MRS of X is not known\n",
                              (3, "MRS of X is not known (last line: Run /init as init process)")),
    "signal": (-9, BOOT, (1, "the machine was ended by signal 9 (last line: Run /init as init process)")),
    "report": (1, BOOT + OK + "[    9.1] hotplate-init: pass\n", (1, "the machine ended with a report (last line: hotplate-init: pass)")),
    "refused": (4, "worst: image: which one? image=FILE\n", (4, "image: which one? image=FILE")),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict(name):
    status, text, want = VERDICTS[name]
    judge = Judge()
    for line in text.splitlines():
        judge.line(line + "\r")
    assert judge.verdict(status) == want and not judge.ended


def test_a_restart_ends_the_run():
    judge = Judge()
    for line in (BOOT + "[ 9.0] reboot: Restarting system\n[    0.000000] Linux version 6.6.6\n").splitlines():
        judge.line(line)
    assert judge.ended and judge.verdict(0).status == 1


COPIES = """worst: seed 1
[    9.1] hotplate-init: pass
worst: seed 1: status 0
worst: seed 2
[    9.0] hotplate-init: fork 4 not ok x
[    9.1] hotplate-init: fail
worst: seed 2: status 0
worst: seed 3
worst: MRS of S3_1_C0_C0_1 is not known
worst: seed 3: status 3
"""


def hunted(text, status):
    hunt = Hunt()
    for line in text.splitlines():
        hunt.line(line + "\r")
    assert not hunt.panic and not hunt.ended
    return hunt.verdict(status)


def test_verdict_of_seeds():
    """Each seed has the lines of the boot and its own; the status is that of the first one that failed."""
    assert hunted(BOOT + OK + COPIES, 3) == (1, "1 of 3 seeds passed; seed 2: init: fork 4 not ok x; seed 3: MRS of S3_1_C0_C0_1 is "
                                             "not known (last line: hotplate-init: fork 3 ok)")
    passed = BOOT + OK + COPIES.split("worst: seed 2", maxsplit=1)[0]
    assert hunted(passed, 0) == (0, "1 of 1 seeds passed")
    assert hunted(passed, -15).status == 1
    assert hunted(BOOT + "worst: no line has contained at=x\n", 2).sentence.startswith("no line has contained at=x")


def knobs(*words):
    return boot.knobs(list(words), {})


@pytest.mark.parametrize("given, want", [("SEEDS=7", "7-7"), ("SEEDS=1-50", "1-50"), ("SEEDS=1-50 SHARD=2/4", "13-25"),
                                         ("SEEDS=0-2 SHARD=2/2", "1-2"), ("SEEDS=0-2 SHARD=1/2", "0-0")])
def test_seeds(given, want):
    assert boot.seeds(knobs(*given.split())) == want


# ---- the command ----
REFUSED = {
    ("NOPE=1",): "'NOPE=1' is not one of KERNEL= INITRD= ",
    ("KERNEL=/nowhere/Image",): "KERNEL=/nowhere/Image: no such file, and no name of `tools/hotplate kernels list`",
    ("KERNEL=tools",): "KERNEL=tools: Is a directory",
    ("ARCH=vax",): "ARCH=vax is not known; there are: arm64 riscv64",
    ("MACHINE=best",): "MACHINE=best is not known; there are: worst qemu",
    ("CPUS=17",): "CPUS=17: a number from 1 to 16",
    ("SEED=x",): "SEED=x: a number from 0 to 18446744073709551615",
    ("MACHINE=qemu", "SEEDS=1-2"): "SEEDS= is for the worst machine: QEMU has no seeds",
    ("SHARD=1/2",): "SHARD=1/2 is a part of SEEDS=, which is not given",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_refused(words):
    done = tool("worst", *words)
    assert done.returncode == 4 and done.stderr.startswith("tools/hotplate worst: " + REFUSED[words]), done
    assert done.stderr.count("\n") == 1 and not done.stdout


@pytest.mark.parametrize("words, why", [
    (["INITRD=a", "WORKLOADS=b"], "WORKLOADS=b is for hotplate's own init, not for INITRD="),
    (["INITRD=/nowhere"], "INITRD=/nowhere: No such file or directory"),
    (["WORKLOADS=/nowhere"], "WORKLOADS=/nowhere: No such file or directory"),
    (["WORKLOADS=/bin/true"], "WORKLOADS=/bin/true: byte "),
    (["MODULES=/nowhere"], "MODULES=/nowhere: no such directory")])
def test_refused_disk(words, why, monkeypatch, tmp_path):
    monkeypatch.setattr(boot, "BUILD", str(tmp_path))
    (tmp_path / "linux").mkdir()
    for name in boot.PROGRAMS:
        (tmp_path / "linux" / (name + "-arm64")).write_bytes(b"")
    with pytest.raises(Refused, match=re.escape(why)):
        boot.initrd_of(knobs(*words), "/boot/vmlinuz", image.Kernel("arm64", b"", "6.6.6", False))


def test_command_line(monkeypatch):
    """A run without a person at the console has a limit."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    line = boot.line(knobs("CPUS=2", "MEM=512M", "SEED=7", "APPEND=nokaslr", "WORST=tlb=2 story=1"), "riscv64", "I", "D")
    assert line == ["build/machine/worst-riscv64", "image=I", "initrd=D", "root=1", "mem=512", "node1=0",
                    "cpus=2", "seed=7", "steps=100000", "args=console=ttyS0 earlycon=sbi panic=-1 nokaslr", "tlb=2", "story=1"]
    assert "args=console=hvc0" in boot.line(knobs("APPEND=console=hvc0"), "arm64", "I", "D")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    assert not [w for w in boot.line(knobs(), "arm64", "I", "D") if w.startswith("steps=")]
    assert boot.line(knobs("SEEDS=4-6", "WORST=ttl=1"), "arm64", "I", "D")[3:] == [
        "mem=1024", "node1=0", "cpus=4", "seed=1", "at= as init process", "seeds=4-6", "steps=100000",
        "args=console=ttyAMA0 earlycon=pl011,0x9000000 panic=-1", "ttl=1"]
    assert boot.line(knobs(), "arm64", "I", "D")[3:5] == ["ttl=0", "ets=1"]  # docs/FOUND.md
    for words, why in (("SEEDS=3-2", "neither N nor A-B"), ("SEEDS=1 SHARD=1/2", "is empty"), ("SEEDS=1 SHARD=3/2", "no such part")):
        with pytest.raises(Refused, match=why):
            boot.line(knobs(*words.split()), "arm64", "I", "D")
    with pytest.raises(Refused, match="WORST=seed=3: tools/hotplate worst sets it itself"):
        boot.line(knobs("WORST=seed=3"), "arm64", "I", "D")


# ---- kernels of Debian ----
def test_hash_of_a_package(tmp_path, capsys):
    """A file that differs from the signed list, or from a known hash, is refused; an unknown version is one line."""
    (tmp_path / "deb").write_bytes(b"a package")
    has = "0b3a1c8d0b5fd1bd3f31a1e0e9e4ff6e6a4c6b0e"  # of another file
    with pytest.raises(Refused, match="its archive names " + has):
        fetch.check(Package("linux-image-9", "9-1", has, []), str(tmp_path / "deb"), "arm64")
    name, version = "linux-image-6.1.0-50-cloud-arm64", "6.1.176-1"
    true = subprocess.run(["sha256sum", tmp_path / "deb"], capture_output=True, text=True, check=True).stdout.split()[0]
    with pytest.raises(Refused, match="tools/third.sha256 has 9d41a53f"):
        fetch.check(Package(name, version, true, []), str(tmp_path / "deb"), "arm64")
    fetch.check(Package("linux-image-9", "9-1", true, []), str(tmp_path / "deb"), "arm64")
    assert capsys.readouterr().out == "not in tools/third.sha256: %s linux-image-9 9-1 arm64\n" % true


def test_kernels_that_are_tested():
    """The oldest stable, the stable and the newest release; both flavours of arm64; U-Boot and EDK2."""
    names = [line.split()[0] for line in tool("kernels", "list").stdout.splitlines()]
    assert names == ["arm64-oldstable-cloud", "arm64-oldstable", "arm64-stable-cloud", "arm64-stable", "arm64-unstable-cloud",
                     "arm64-unstable", "riscv64-oldstable", "riscv64-stable", "riscv64-unstable", "arm64-uboot", "riscv64-uboot", "arm64-edk2", "riscv64-edk2"]
    done = tool("kernels", "fetch", "arm64-newest")
    assert done.returncode == 4 and done.stderr.startswith("tools/hotplate kernels: 'arm64-newest' is no name of a kernel"), done


def test_apt_of_its_own(tmp_path):
    """No directory that apt writes is the host's, whatever the host's options are."""
    release = Release(str(tmp_path), "stable", "riscv64")
    os.makedirs(release.top)
    with open(release.conf, "w", encoding="utf-8") as file:
        file.write(CONF.format(top=release.top, arch="riscv64"))
    done = subprocess.run(["apt-config", "-c", release.conf, "dump"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("apt is not installed")
    options = dict(re.findall(r'^([\w:.-]+) "(.*)";$', done.stdout, re.M))
    for name in ("Dir::State", "Dir::State::lists", "Dir::State::status", "Dir::Cache", "Dir::Etc::sourcelist"):
        assert options[name].startswith(str(tmp_path)), name
    assert options["Dir::Etc::sourceparts"] == "-" and re.findall(r'^APT::Architectures:: "(.*)";', done.stdout, re.M) == ["riscv64"]
    assert not re.search(r"^APT::Update::Post-Invoke:: ", done.stdout, re.M)


@pytest.mark.tier("ci")
@pytest.mark.long
def test_debian_on_the_worst_machine(arch):
    """All adversaries, from power-on to power-off: a module, and each of init's workloads."""
    name = kernel_of(fetch.DEFAULT[arch])
    done, text = booted(name, "CPUS=4", "SEED=1")
    assert done.returncode == 0 and re.search(r"^# worst: Linux \d\S+ \(%s\): init passed 5 workloads$" % arch, done.stdout, re.M), (
        done.stdout + done.stderr + text[-3000:])
    for workload in ("load dummy", "fork 20", "mmap 20", "threads 20", "unload dummy"):
        assert "hotplate-init: %s ok" % workload in text, text[-3000:]


FAILURES = """\
echo a > /proc/nosuch
cat /nosuch
cat /etc
wait-for /nosuch 1
unload nosuch
mount nosuch /mnt
nosuch 3
fork
fork x
echo text
cat
/bin/work &
wait
"""
LINES = [
    "echo a > /proc/nosuch not ok open of /proc/nosuch: errno 2", "cat /nosuch not ok open of /nosuch: errno 2",
    "cat /etc not ok read of /etc: errno 21", "wait-for /nosuch 1 not ok /nosuch did not appear in 1 s",
    "unload nosuch not ok delete_module of nosuch: errno 2", "mount nosuch /mnt not ok mount of nosuch at /mnt: errno 19",
    "nosuch 3 not ok no workload of init, and open of /bin/nosuch: errno 2", "fork not ok it ended with status 1",
    "fork x not ok it ended with status 1", "echo text not ok usage: echo TEXT > FILE", "cat not ok usage: cat FILE",
    "/bin/work & not ok it ended with status 1", "wait not ok a workload that ran beside the others failed", "fail"]


# A call that has no effect (its number is the third word), and what a thread or child prints first.
LEFT_OUT = {
    "order 1 68": "",  # pwrite: the file has no text; it is the first one, since later ones find that text
    "order 1 63": "pipe: word 0 of record 0 is 0",
    "stale 1 215": "unmap: a load of page 0 does not fault, and reads 281474976710656",
    "stale 1 226": "read-only: a store to page 0 does not fault",
    "stale 1 233": "drop: page 0 has 281474976710656, not 0",
    "stale 1 216": "move: a load of page 0 faults",
    "huge 1 226": "64 KiB, read-only: a store to page 0 does not fault",
    "late 1 64": "",  # write: neither to online of sysfs, nor a line
    "mmap 1 226": "read-only: a store to page 0 does not fault",
}
WHOLE = ("stale 1", "huge 1", "order 1", "late 1")


@pytest.mark.tier("full")
def test_each_workload_can_fail(tmp_path):
    """A kernel that does not do what a workload needs fails it, and the same kernel passes the whole workload."""
    (tmp_path / "script").write_text("".join(line + "\n" for line in (*LEFT_OUT, *WHOLE)))
    done, text = booted(kernel_of("arm64-stable-cloud"), "MACHINE=qemu", "WORKLOADS=%s" % (tmp_path / "script"))
    for line, first in LEFT_OUT.items():
        assert re.search(r"hotplate-init: %s not ok it ended" % line, text), text[-3000:]
        assert not first or "hotplate-init: | %s" % first in text, (first, text[-3000:])
    for line in WHOLE:
        assert re.search(r"hotplate-init: %s ok" % line, text), text[-3000:]
    assert done.returncode == 1


@pytest.mark.tier("full")
@pytest.mark.both
def test_each_failure_of_init(arch, tmp_path):
    """Each line has its reason; the verdict has them all.  In QEMU, of which init does not depend either."""
    (tmp_path / "script").write_text(FAILURES)
    done, text = booted(kernel_of(fetch.DEFAULT[arch]), "MACHINE=qemu", "WORKLOADS=%s" % (tmp_path / "script"))
    assert re.findall(r"hotplate-init: ([^|\n]*?)\r?$", text, re.M) == LINES, text[-3000:]
    assert done.returncode == 1 and "NOT OK, Linux" in done.stdout and LINES[0] + "; " + LINES[1] in done.stdout, done.stdout


@pytest.mark.tier("full")
@pytest.mark.both
def test_each_workload_in_qemu(arch, tmp_path):
    (tmp_path / "script").write_text("fork 50 &\nmmap 50 &\nthreads 20\nstores 20\nwait\ncat /proc/version\n")
    done, text = booted(kernel_of(fetch.DEFAULT[arch]), "MACHINE=qemu", "WORKLOADS=%s" % (tmp_path / "script"))
    assert done.returncode == 0 and "hotplate-init: | Linux version" in text, done.stdout + text[-3000:]


@pytest.mark.tier("full")
@pytest.mark.both
def test_a_panic_ends_the_run(arch, tmp_path):
    """A kernel without init: the machine does not start it again."""
    empty = tmp_path / "empty.cpio"
    empty.write_bytes(cpio.Archive().bytes())
    done, text = booted(kernel_of(fetch.DEFAULT[arch]), "INITRD=%s" % empty, "WORST=adversaries=off", "CPUS=1")
    assert done.returncode == 1 and "): kernel panic: VFS: Unable to mount root fs" in done.stdout, done.stdout
    assert text.count("Run /init") == 0 and text.count("Linux version") <= 2


# (mask, pattern, the new instruction, the workload that notices it): mistakes with which arm64's Linux boots to init.
MISTAKES = {
    "DSB NSH for DSB ISH": (0xffffffff, 0xd5033b9f, 0xd503379f, "threads"),
    "no TLBI VALE1IS": (0xffffffe0, 0xd50883a0, 0xd503201f, "fork"),
}


@pytest.mark.tier("full")
@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_workload_notices(mistake, tmp_path):
    """The boot passes, which requires no broadcast maintenance of user pages; a workload of init fails."""
    mask, pattern, new, workload = MISTAKES[mistake]
    path = fetch.image(fetch.row(kernel_of(fetch.DEFAULT["arm64"])))
    words = [new if word & mask == pattern else word for word, in struct.iter_unpack("<I", image.kernel(path).image)]
    (tmp_path / "Image").write_bytes(struct.pack("<%dI" % len(words), *words))
    (tmp_path / "script").write_text(workload + " 20\n")
    done, text = booted(str(tmp_path / "Image"), "WORKLOADS=%s" % (tmp_path / "script"))
    assert done.returncode and "%s 20 not ok" % workload in done.stdout, done.stdout + text[-3000:]


@pytest.mark.tier("full")
@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
def test_mistakes_of_kpti(tmp_path):
    """docs/FOUND.md, 1 and 2: a mask in the five places of kpti_map_pgtbl mends the first, FEAT_ETS2 hides the second."""
    path = fetch.image(fetch.row(kernel_of("arm64-stable-cloud")))
    found = image.kernel(path)
    shift, mask, tlbi = (struct.pack("<I", word) for word in (0xd34cfe10, 0xd34cde10, 0xd5088770))
    assert found.image.count(shift + tlbi) == 5
    (tmp_path / "masked").write_bytes(found.image.replace(shift + tlbi, mask + tlbi))
    modules = "MODULES=" + initrd.modules_of(path, found.version)
    for kernel, words, passes in ((path, "ttl=1 ets=1", False), (path, "ttl=0 ets=0", False), (path, "ttl=0 ets=1", True),
                                  (str(tmp_path / "masked"), "ttl=1 ets=1", True), (str(tmp_path / "masked"), "ttl=1 ets=0", False)):
        done, _ = booted(kernel, "CPUS=2", "WORST=" + words, modules)
        assert (done.returncode == 0) is passes, (words, done.stdout)
        assert passes or "cannot be fetched" in done.stdout, done.stdout


@pytest.mark.parametrize("words", ["INITRD=x", "APPEND=x", "MACHINE=qemu", "SEEDS=1"])
def test_words_that_firmware_does_not_have(words):
    with pytest.raises(Refused, match=" is for a kernel, not for the firmware arm64-uboot"):
        boot.firmware_line(knobs(words), fetch.row("arm64-uboot"))


NAMES = [r.name for r in fetch.ROWS if r.arch in ARCHES and r.flavour not in firmware.FLAVOURS]


@pytest.mark.tier("full")
@pytest.mark.parametrize("cpus", [1, 2, 4, 8])
@pytest.mark.parametrize("name", NAMES)
def test_each_kernel(name, cpus):
    """All kernels, with as many CPUs, by ten seeds in all."""
    kernel_of(name)
    for seed in (range(1, 4) if cpus < 8 else (4,)):
        done, text = booted(name, "CPUS=%d" % cpus, "SEED=%d" % (seed + 10 * cpus))
        assert done.returncode == 0, done.stdout + text[-3000:]


# ---- symbols of an Image ----

def tables(layout, names, base):
    """An Image with the tables of scripts/kallsyms.c: each letter is a token of its own, and 'Q' is a token for "kpti_"."""
    tokens = [chr(i).encode() if 32 < i < 127 else b"?" for i in range(256)]
    tokens[ord("Q")] = b"kpti_"
    places = [sum(len(t) + 1 for t in tokens[:i]) for i in range(256)]
    image = bytearray(64 * 1024)
    for at in range(0, 32 * 1024, 64):  # pointers to the image, for its base
        image[at:at + 8] = (base + at).to_bytes(8, "little")
    offsets = [16 * i for i in range(len(names))]

    def word(value, size=4):
        image.extend((value % (1 << 8 * size)).to_bytes(size, "little"))

    def align(to):
        image.extend(bytes(-len(image) % to))

    if layout == "6.1":
        for o in offsets:
            word(o)
        align(8)
        word(0, 8)
    word(len(names))
    align(8)
    start, marks = len(image), []
    for i, name in enumerate(names):
        if i % 256 == 0:
            marks.append(len(image) - start)
        code = name.replace("kpti_", "Q").encode()
        image.extend((bytes([len(code)]) if len(code) < 128 else bytes([len(code) & 127 | 128, len(code) >> 7])) + code)
    align(8)
    for mark in marks:
        word(mark)
    align(8)
    image.extend(b"".join(t + b"\0" for t in tokens))
    align(4)
    for place in places:
        word(place, 2)
    align(8)
    if layout != "6.1":
        for o in offsets:
            word(o - len(image) if layout == "7.2" else o)
        align(8)
        word(base, 8)
    return bytes(image) + bytes(4096)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("layout, base", [("6.1", 0xffff800008000000), ("6.12", 0xffffffff80000000), ("7.2", 0xffff800080000000)])
def test_symbols_of_an_image(layout, base):
    names = ["T_text", "tkpti_install", "T" + 200 * "x"] + ["tname%d" % i for i in range(1997)]
    found = kallsyms.symbols(tables(layout, names, base))
    assert len(found) == 2000
    assert found[0] == (base, "T", "_text") and found[1] == (base + 16, "t", "kpti_install") and found[2].name == 200 * "x"
    assert found[-1] == (base + 16 * 1999, "t", "name1996")


@pytest.mark.tier("ci")
def test_no_symbols():
    """An Image without tables, with tokens alone, or with damaged names has none."""
    whole = tables("6.12", ["tname%d" % i for i in range(2000)], 0xffffffff80000000)
    assert not kallsyms.symbols(bytes(100000))
    at = whole.index(kallsyms.DIGITS)
    assert not kallsyms.symbols(whole[at - 4096:at + 8192])
    broken = bytearray(whole)
    broken[whole.index(b"tname300") - 1] += 1
    assert not kallsyms.symbols(bytes(broken))
