# SPDX-License-Identifier: BSD-2-Clause
"""Compare the worst legal machine with QEMU at each instruction.

  tools/hotplate worst-agree ARCH [ARGS [WORD...] [keys=COMMAND,...]]

ARGS are boot arguments ("run=boot.wx exit" without); a WORD is one of the
machine (machine/README.md: followed=, blocks=1).  QEMU writes its state before
each instruction into a pipe, and the machine reads it (machine/follow.h); no
log is kept.  keys= types a command at each prompt.

Exit status: that of the machine; 0 they agree, 3 at the first difference,
4 set-up.
"""
import os
import subprocess
import tempfile
import threading
import time

from hotplate import BUILD, fail
from hotplate.command import not_built, usage

MIB = 256
PROMPT = b"hotplate> "
# Without floating point and the hypervisor extension: the machine has neither.
QEMU = {
    "riscv64": (
        "qemu-system-riscv64 -M virt,memory-backend=ram"
        " -cpu rv64,svinval=on,svnapot=on,svpbmt=on,f=off,d=off,h=off"
        " -dfilter 0x80200000+0x7fe00000,0xff00000000000000+0xffffffffffffff"
    ).split(),
    "arm64": "qemu-system-aarch64 -M virt,memory-backend=ram,gic-version=3 -cpu max".split(),
}
# fw_cfg without DMA: no device writes to memory.  With icount QEMU is deterministic.
COMMON = (
    "-smp 1 -nodefaults -display none -icount shift=4,sleep=off"
    " -global fw_cfg_mem.dma_enabled=off -d nochain,exec,cpu -serial stdio"
).split()
WITHHELD = {"riscv64": "withhold=0x88000000+128M", "arm64": "withhold=0x48000000+128M"}


def type_in(qemu: "subprocess.Popen[bytes]", keys: list[str]) -> None:
    """Type a command at each prompt; other output of the terminal is discarded."""
    assert qemu.stdin and qemu.stdout
    last = b""
    while more := os.read(qemu.stdout.fileno(), 4096):
        last = (last + more)[-len(PROMPT) :]
        if last == PROMPT and keys:
            qemu.stdin.write(keys.pop(0).encode() + b"\n")
            qemu.stdin.flush()


def line_of(arch: str, by_blocks: bool) -> list[str]:
    """QEMU's words.  Since version 8.1 single steps are a property of the accelerator, and a CPU
    without F must be started without Zfa."""
    line = list(QEMU[arch])
    text = subprocess.run([line[0], "--help"], capture_output=True, text=True, check=False).stdout
    newer = "one-insn-per-tb" in text
    if newer and arch == "riscv64":
        line[line.index("-cpu") + 1] += ",zfa=off"
    if newer:
        return [*line, "-accel", "tcg,one-insn-per-tb=%s" % ("off" if by_blocks else "on")]
    return [*line, "-accel", "tcg", *([] if by_blocks else ["-singlestep"])]


def end_of_log(machine: "subprocess.Popen[bytes]", log: str) -> None:
    """QEMU has ended: open the log, so that a machine that still waits for this reads its end."""
    while machine.poll() is None:
        try:
            os.close(os.open(log, os.O_WRONLY | os.O_NONBLOCK))
            return
        except OSError:  # the machine does not read it yet
            time.sleep(0.05)


def agree(arch: str, args: str, words: list[str], keys: list[str]) -> int:
    """The exit status of the machine: 0 if it agrees."""
    built = os.path.join(BUILD, arch)
    with tempfile.TemporaryDirectory(prefix="agree-") as place:
        log, ram = (os.path.join(place, name) for name in ("log", "ram"))
        os.mkfifo(log)
        backend = "memory-backend-file,id=ram,share=on,mem-path=%s,size=%dM" % (ram, MIB)
        qemu = [*line_of(arch, "blocks=1" in words), *COMMON]
        qemu += ["-m", "%dM" % MIB, "-object", backend, "-D", log]
        qemu += ["-kernel", os.path.join(built, "Image")]
        qemu += ["-append", "%s %s" % (WITHHELD[arch], args)]
        worst = [
            os.path.join(BUILD, "machine", "worst-" + arch),
            "image=" + os.path.join(built, "Image"),
            "elf=" + os.path.join(built, "hotplate.elf"),
            "cpus=1",
            "mem=%d" % MIB,
            "adversaries=off",
            "ad=1",
            "follow=" + log,
            "ram=" + ram,
            *words,
        ]
        with (
            subprocess.Popen(qemu, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
            subprocess.Popen(worst, stdin=subprocess.DEVNULL) as machine,
        ):

            def attend() -> None:
                type_in(other, keys)
                end_of_log(machine, log)

            typist = threading.Thread(target=attend)
            typist.start()
            try:
                return machine.wait()
            finally:
                other.kill()
                typist.join()


def main(words: list[str]) -> int:
    if not words:
        usage(__doc__)
    arch, *rest = words
    if arch not in QEMU:
        fail("%s: not one of %s" % (arch, ", ".join(sorted(QEMU))))
    typed = [w[5:].split(",") for w in rest[1:] if w.startswith("keys=")]
    own = [w for w in rest[1:] if not w.startswith("keys=")]
    for name in ("Image", "hotplate.elf", os.path.join("..", "machine", "worst-" + arch)):
        path = os.path.join(BUILD, arch, name)
        if not os.path.exists(path):
            not_built(path, f"ARCH={arch} image; make machine")
    return agree(arch, rest[0] if rest else "run=boot.wx exit", own, typed[0] if typed else [])
