# SPDX-License-Identifier: BSD-2-Clause
"""Packages of a release and an architecture of Debian, by apt, which need not be those of the host.

apt has directories of its own below build/kernels/apt, so that nothing of the host's packages
changes and no foreign architecture is added.  The address of the archive is that of the host's
configured sources; the keyring of Debian verifies its signatures.
"""
import os
import re
import subprocess
from typing import NamedTuple, NoReturn

from hotplate import Refused

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
FIELDS = "$(ORIGIN)\t$(RELEASE)\t$(COMPONENT)\t$(REPO_URI)"
# Packages that a meta-package needs, and that have a part of the kernel.
PARTS = re.compile(r"linux-(?:image|binary|modules)-\d[\w.+~-]*")
# Options of the host that act on its own directories are cleared.
CONF = """#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::Etc::sourcelist "{top}/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
Dir::State "{top}";
Dir::State::lists "{top}/lists";
Dir::State::status "{top}/status";
Dir::Cache "{top}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
APT::Architecture "{arch}";
#clear APT::Architectures;
APT::Architectures {{ "{arch}"; }};
Acquire::Languages "none";
"""


class Unavailable(Refused):
    """This archive cannot give the package, for this reason."""


class Package(NamedTuple):
    name: str
    version: str
    sha256: str
    needs: list[str]


def unavailable(sentence: str) -> NoReturn:
    raise Unavailable(sentence)


def program(words: list[str], where: str | None = None) -> str:
    """The output of a program; its last error is the reason of Unavailable."""
    try:
        done = subprocess.run(words, cwd=where, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        unavailable(f"{words[0]} is not installed")
    if done.returncode:
        lines = [x[3:] for x in done.stderr.splitlines() if x.startswith("E: ")]
        unavailable(f"{words[0]}: {lines[0] if lines else done.stderr.strip()[-200:]}")
    return done.stdout


def address() -> str:
    """The address of Debian's archive in the host's sources."""
    targets = program(["apt-get", "indextargets", "--format", FIELDS, "Created-By: Packages"])
    rows = [line.split("\t") for line in targets.splitlines()]
    # Updates and security fixes are in archives that have not every release.
    for origin, release, component, uri in rows:
        if origin == "Debian" and component == "main" and not re.search("-|/", release):
            return uri
    unavailable("apt's configured sources have no archive of Debian (or no lists: apt-get update)")


class Release:
    """One release for one architecture."""

    def __init__(self, top: str, suite: str, arch: str) -> None:
        self.top = os.path.join(os.path.abspath(top), f"{suite}-{arch}")
        self.suite, self.arch = suite, arch
        self.conf = os.path.join(self.top, "apt.conf")

    def prepare(self) -> None:
        if not os.path.exists(KEYRING):
            unavailable(f"{KEYRING} is missing (package debian-archive-keyring)")
        for name in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.top, name), exist_ok=True)
        options = f"arch={self.arch} signed-by={KEYRING} target=Packages"
        files = {
            "apt.conf": CONF.format(top=self.top, arch=self.arch),
            "sources.list": f"deb [{options}] {address()} {self.suite} main\n",
            "status": "",
        }
        for name, text in files.items():
            with open(os.path.join(self.top, name), "w", encoding="utf-8") as file:
                file.write(text)

    def update(self) -> None:
        """Fetch the list of packages."""
        self.prepare()
        printed = program(["apt-get", "-c", self.conf, "-q", "--error-on=any", "update"])
        if not os.listdir(os.path.join(self.top, "lists")):
            unavailable(f"apt-get update: {printed.strip()[-200:]}")

    def package(self, name: str) -> Package:
        listed = program(["apt-cache", "-c", self.conf, "pkgnames", name]).split()
        if name not in listed:
            unavailable(f"{self.suite} has no package {name} for {self.arch}")
        text = program(["apt-cache", "-c", self.conf, "show", "--no-all-versions", name])
        rows = dict(re.findall(r"^([\w-]+): (.*)$", text, re.M))
        needs = PARTS.findall(rows.get("Depends", ""))
        return Package(name, rows["Version"], rows["SHA256"], needs)

    def parts(self, meta: str) -> list[Package]:
        """The packages with the files of the kernel that this package names."""
        found: dict[str, Package] = {}
        names = list(self.package(meta).needs)
        while names:
            name = names.pop(0)
            if name not in found:
                found[name] = self.package(name)
                names += found[name].needs
        if not found:
            unavailable(f"{meta} of {self.suite} needs no package of a kernel")
        return list(found.values())

    def download(self, package: Package, where: str) -> str:
        """The path of its file; apt has compared its hash with that of the signed list."""
        before = set(os.listdir(where))
        exact = f"{package.name}={package.version}"
        program(["apt-get", "-c", self.conf, "-q", "download", exact], where)
        new = [n for n in os.listdir(where) if n not in before and n.endswith(".deb")]
        if not new:
            unavailable(f"apt-get download {package.name}: no file")
        return os.path.join(where, new[0])
