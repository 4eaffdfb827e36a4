# SPDX-License-Identifier: BSD-2-Clause
"""An initial RAM file system: a cpio archive of the form "newc"
(Documentation/driver-api/early-userspace/buffer-format.rst).

The program cpio puts only files of the host into an archive: device nodes need root there, and
times and inode numbers differ from run to run.
"""
import stat

ALIGN = 4


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGN)


class Archive:
    """Entries in the order of the calls.  Times, owners and everything else that depends on the
    host are 0."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.names: set[str] = set()

    def entry(
        self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)
    ) -> None:
        self.names.add(name)
        text = name.encode() + b"\0"
        # inode, mode, owner, group, links, time, size, device of the file, of the node, name, sum
        fields = [len(self.parts) + 1, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(text), 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields)
        self.parts.append(padded(head + text) + padded(data))

    def directory(self, path: str) -> None:
        """With those above it."""
        parent = path.rpartition("/")[0]
        if parent and parent not in self.names:
            self.directory(parent)
        if path not in self.names:
            self.entry(path, stat.S_IFDIR | 0o755)

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self.parent(path)
        self.entry(path, stat.S_IFREG | mode, data)

    def link(self, path: str, to: str) -> None:
        self.parent(path)
        self.entry(path, stat.S_IFLNK | 0o777, to.encode())

    def node(self, path: str, major: int, minor: int) -> None:
        """A character device."""
        self.parent(path)
        self.entry(path, stat.S_IFCHR | 0o600, device=(major, minor))

    def parent(self, path: str) -> None:
        if "/" in path:
            self.directory(path.rpartition("/")[0])

    def bytes(self) -> bytes:
        end = Archive()
        end.entry("TRAILER!!!", 0)
        return b"".join(self.parts + end.parts)
