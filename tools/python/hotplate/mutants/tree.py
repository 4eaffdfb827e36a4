# SPDX-License-Identifier: BSD-2-Clause
"""tree - a scratch copy of the work tree with its build: a mutant is built there in seconds."""
import contextlib
import fcntl
import filecmp
import os
import shutil
import subprocess
from collections.abc import Iterator

from hotplate import BUILD, TOP
from hotplate.mutants import edit, image
from hotplate.mutants.edit import ImageEdit
from hotplate.mutants.mutant import Mutant

SCRATCH = os.path.join(os.path.abspath(os.path.join(TOP, BUILD)), "mutants")
BUILT = ("arm64", "riscv64", "machine", "third", "host")
CALM = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "ARGS", "SHOW", "BUILD", "EXTRA", "MACHINE")


class NotBuilt(Exception):
    """The compiler or the linker failed, or an edit found no place."""


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in CALM}


def sources() -> list[str]:
    output = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [name for name in output if os.path.isfile(os.path.join(TOP, name))]


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One run at a time uses the trees; another one waits."""
    os.makedirs(SCRATCH, exist_ok=True)
    with open(os.path.join(SCRATCH, "lock"), "w", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


class Tree:
    """One tree; only its owner uses it."""

    def __init__(self, name: str) -> None:
        self.path = os.path.join(SCRATCH, "tree." + name)
        self.made: set[tuple[str, ...]] = set()  # of the sources as they are
        self.image_edits: tuple[ImageEdit, ...] = ()
        self.images: dict[str, str] = {}  # with these edits, by architecture

    def lay(self) -> None:
        """Copy the work tree, with the times of files: make builds only what changed."""
        os.makedirs(self.path, exist_ok=True)
        wanted = set(sources())
        for at, folders, names in os.walk(self.path):
            if at == self.path:
                folders[:] = [f for f in folders if f != "build"]
            for name in names:
                path = os.path.join(at, name)
                if os.path.relpath(path, self.path) not in wanted:
                    os.unlink(path)
        for name in wanted:
            self.renew(name)
        for name in BUILT:
            there = os.path.join(TOP, BUILD, name)
            here = os.path.join(self.path, "build", name)
            if os.path.isdir(there) and not os.path.isdir(here):
                os.makedirs(os.path.dirname(here), exist_ok=True)
                subprocess.run(["cp", "-a", "--reflink=auto", there, here], check=True)
                self.own_flags(os.path.join(here, "flags"))

    def own_flags(self, path: str) -> None:
        """The flags name the directory, which debug information omits: objects need no build."""
        if os.path.exists(path):
            times = os.stat(path)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace("-map=%s" % TOP, "-map=%s" % self.path))
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def renew(self, name: str) -> None:
        """Copy a file that differs; its new time makes the objects of the mutant old."""
        here, there = os.path.join(self.path, name), os.path.join(TOP, name)
        if not os.path.exists(here):
            os.makedirs(os.path.dirname(here), exist_ok=True)
            shutil.copy2(there, here)
        elif not filecmp.cmp(there, here, shallow=False):
            shutil.copyfile(there, here)

    @contextlib.contextmanager
    def changed(
        self, files: dict[str, bytes], image_edits: tuple[ImageEdit, ...] = ()
    ) -> Iterator[None]:
        """With these contents of files, and these edits of each image that is built."""
        for path, text in files.items():
            with open(os.path.join(self.path, path), "wb") as f:
                f.write(text)
        self.made.clear()
        self.image_edits = image_edits
        try:
            yield
        finally:
            self.made.clear()
            self.images.clear()
            self.image_edits = ()
            for path in files:
                self.renew(path)

    def mutated(self, mutant: Mutant) -> contextlib.AbstractContextManager[None]:
        return self.changed(changed(mutant, self.path), mutant.image)

    def make(self, *words: str) -> None:
        if words in self.made:
            return
        done = subprocess.run(
            ["make", "-s", "--no-print-directory", *words],
            cwd=self.path,
            env=environment(),
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode:
            output = [x for x in done.stderr.splitlines() if "error" in x] or [done.stderr[-200:]]
            raise NotBuilt("make %s: %s" % (" ".join(words), output[0].strip()))
        self.made.add(words)

    def image(self, arch: str) -> str:
        """Build the image; return the path of a changed copy, if the mutant changes it."""
        self.make("ARCH=" + arch, "image")
        if self.image_edits and arch not in self.images:
            built = os.path.join(self.path, "build", arch)
            try:
                self.images[arch] = image.write(built, self.image_edits, built + "-mutant")
            except edit.NoPlace as error:
                raise NotBuilt(str(error)) from error
        return self.images.get(arch, "")


def changed(mutant: Mutant, top: str = TOP) -> dict[str, bytes]:
    """The text of each file with the mistake.  NotBuilt: an edit finds no place."""
    found: dict[str, list[str]] = {}
    try:
        for e in mutant.edits:
            if e.path not in found:
                with open(os.path.join(top, e.path), encoding="utf-8", newline="") as f:
                    found[e.path] = f.read().split("\n")
            found[e.path] = edit.apply(e, found[e.path])
    except (edit.NoPlace, OSError) as error:
        raise NotBuilt(f"{mutant.where}: {error}") from error
    return {path: "\n".join(lines).encode() for path, lines in found.items()}
