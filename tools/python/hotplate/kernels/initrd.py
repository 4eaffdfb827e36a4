# SPDX-License-Identifier: BSD-2-Clause
"""The initial RAM disk of a run: init and its workloads (linux/), their script, and the modules
that the script loads, with those that they need."""
import glob
import os
import re

from hotplate import TOP, fail
from hotplate.kernels import cpio, image

SCRIPT = os.path.join(TOP, "linux", "workloads")
# linux/work.c: by its name
WORKS = "fork mmap threads stores fill grows shrinks online offline stale huge order late".split()
ROOM = 16 << 10  # of init for a script
BLOCK = "etc/block-%d"  # the script that has the lines of a block
ENDS = (".ko", ".ko.xz", ".ko.gz", ".ko.zst")


def plain_name(module: str) -> str:
    """The kernel regards - and _ in the name of a module as equal."""
    return module.replace("-", "_")


class Modules:
    """The modules of a kernel, in the directory that its package has for them."""

    def __init__(self, directory: str) -> None:
        self.directory, self.paths = directory, dict[str, str]()
        for end in ENDS:
            pattern = os.path.join(glob.escape(directory), "**", "*" + end)
            for path in sorted(glob.glob(pattern, recursive=True)) if directory else ():
                self.paths[plain_name(os.path.basename(path)[: -len(end)])] = path
        self.built_in: set[str] = set()
        builtin = os.path.join(directory, "modules.builtin")
        if os.path.exists(builtin):
            with open(builtin, encoding="utf-8") as file:
                names = [os.path.basename(line.strip()) for line in file]
            self.built_in = {plain_name(name.removesuffix(".ko")) for name in names}

    def content(self, name: str) -> bytes:
        if name not in self.paths:
            where = self.directory or "no directory of modules is known (MODULES=DIR)"
            fail(f"WORKLOADS: module {name} is not in the kernel, and not a file: {where}")
        with open(self.paths[name], "rb") as file:
            return image.plain(file.read(), self.paths[name])

    def needs(self, content: bytes) -> list[str]:
        """The modules that a module names in its section .modinfo."""
        found = re.search(rb"\0depends=([\w,-]*)\0", content)
        return [plain_name(n) for n in found[1].decode().split(",") if n] if found else []

    def with_needs(self, name: str, loaded: dict[str, bytes]) -> list[str]:
        """The modules to load, in order, that are not in `loaded`, to which they are added."""
        if name in self.built_in or name in loaded:
            return []
        loaded[name] = content = self.content(name)
        return [more for n in self.needs(content) for more in self.with_needs(n, loaded)] + [name]


def modules_of(path: str, version: str) -> str:
    """The directory of the modules of an image at its place in a package, or ""."""
    above = os.path.dirname(os.path.abspath(path))
    top = os.path.dirname(above)  # of boot/vmlinuz-VERSION
    for place in (above, f"{top}/usr/lib/modules/{version}", f"{top}/lib/modules/{version}"):
        if version and os.path.isdir(os.path.join(place, "kernel")):
            return place
    return ""


def scripts(text: str, modules: Modules) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(the scripts by their paths, the modules): a line is added for each module that another one
    needs, and the lines of "repeat N {" up to "}" are a script of their own."""
    loaded: dict[str, bytes] = {}
    made = {"etc/workloads": list[str]()}
    opened = ["etc/workloads"]  # the last one gets the lines
    for nr, line in enumerate(text.splitlines(), 1):
        words, lines = line.partition("#")[0].split(), made[opened[-1]]
        if words[:1] == ["repeat"] and words[2:] == ["{"]:
            opened.append(BLOCK % len(made))
            lines.append(f"repeat {words[1]} /init /{opened[-1]}")
            made[opened[-1]] = []
            continue
        if words[:1] == ["}"]:
            if len(words) > 1 or len(opened) == 1:
                fail(f"WORKLOADS: line {nr}: }} ends no block, or has words after it: {line}")
            opened.pop()
            continue
        if words[:1] in (["load"], ["once"], ["unload"]) and len(words) > 1:
            name = words[1] = plain_name(words[1])
            line = " ".join(words)
            if name in modules.built_in:
                line = f"# {line}: it is a part of this kernel"
            elif words[0] != "unload":
                lines += ["load " + n for n in modules.with_needs(name, loaded) if n != name]
        lines.append(line)
    if len(opened) > 1:
        fail("WORKLOADS: a block has no }")
    files = {path: "".join(line + "\n" for line in of).encode() for path, of in made.items()}
    for path, content in files.items():
        if len(content) >= ROOM:
            fail(f"WORKLOADS: {path} has {len(content)} bytes, init reads less than {ROOM}")
    return files, loaded


def build(init: bytes, work: bytes, text: str, modules: Modules) -> bytes:
    """The same bytes for the same input."""
    made, loaded = scripts(text, modules)
    archive = cpio.Archive()
    for name in ("dev", "proc", "sys"):
        archive.directory(name)
    archive.node("dev/console", 5, 1)
    archive.node("dev/kmsg", 1, 11)
    archive.file("init", init, 0o755)
    archive.file("bin/work", work, 0o755)
    for name in WORKS:
        archive.link("bin/" + name, "work")
    for path, content in made.items():
        archive.file(path, content)
    for name, content in loaded.items():
        archive.file(f"modules/{name}.ko", content)
    return archive.bytes()
