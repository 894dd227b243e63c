# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of other Debian releases, fetched by apt with lists and a cache of its own and only unpacked: nothing is installed."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

# From old to new; a release's backports stand on the release. A version is taken from the first that has it.
SUITES = ("bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
LIST_HOURS = 24 * 7  # lists older than this are fetched again


def shared_cache() -> Path:
    """For what is fetched once and good for every checkout: kernels, QEMUs, lists."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vfio-doctor-lab"


@dataclass(frozen=True)
class Package:
    name: str
    version: str


class Suite:
    """One release for one architecture ("amd64", "arm64")."""

    def __init__(self, name: str, architecture: str):
        self.name, self.architecture = name, architecture
        self._home = shared_cache() / "apt" / f"{name}-{architecture}"
        self._options = [f"-oDir::Etc::sourcelist={self._home}/sources.list", "-oDir::Etc::sourceparts=-",
                         f"-oDir::State={self._home}/state", f"-oDir::State::status={self._home}/status",
                         f"-oDir::Cache={self._home}/cache", f"-oAPT::Architecture={architecture}",
                         f"-oAPT::Architectures={architecture}", "-oAPT::Install-Recommends=false",
                         "-oAcquire::Languages=none", "-oAPT::Sandbox::User=root", "-oDir::Etc::preferencesparts=-",
                         "-oDpkg::Use-Pty=false", "-oAcquire::Retries=3"]

    def names(self, start: str) -> list[str]:
        """The names of packages that begin so."""
        self._update()
        return self._ask("apt-cache", "pkgnames", start).split()

    def versions(self, name: str) -> list[str]:
        """The versions of a package that this suite has, backports before what they stand on."""
        self._update()
        rows = [row.split("|") for row in self._ask("apt-cache", "madison", name).splitlines()]
        return [row[1].strip() for row in rows if len(row) == 3 and row[0].strip() == name]

    def unpack(self, names: list[str], directory: Path, leave_out: tuple[str, ...] = ()) -> None:
        """Just these packages."""
        scratch = directory.with_name(directory.name + ".packages")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self._update()
        self._ask("apt-get", "download", *names, where=scratch)
        unpack_packages(scratch, directory, leave_out)
        shutil.rmtree(scratch)

    def unpack_with_dependencies(self, names: list[str], directory: Path) -> None:
        """These packages and all that they depend on, down to the C library."""
        self._update()
        archives = self._home / "cache" / "archives"
        shutil.rmtree(archives, ignore_errors=True)
        (archives / "partial").mkdir(parents=True)
        self._ask("apt-get", "install", "--download-only", "--yes", "--target-release", self.name, *names)
        unpack_packages(archives, directory)
        shutil.rmtree(archives)

    def _update(self) -> None:
        lists = self._home / "state" / "lists"
        stamp = self._home / "updated"
        if stamp.exists() and _age_in_hours(stamp) < LIST_HOURS:
            return
        for path in (lists / "partial", self._home / "cache" / "archives" / "partial"):
            path.mkdir(parents=True, exist_ok=True)
        (self._home / "status").touch()
        releases = [self.name.removesuffix("-backports"), self.name]
        lines = [f"deb [signed-by={KEYRING}] {_site()} {release} main" for release in dict.fromkeys(releases)]
        (self._home / "sources.list").write_text("\n".join(lines) + "\n")
        print(f"The lab fetches the package lists of {self.name} for {self.architecture}", flush=True)
        self._ask("apt-get", "update")
        stamp.touch()

    def _ask(self, program: str, *arguments: str, where: Path | None = None) -> str:
        return run([program, *self._options, *arguments], where)


def unpack_packages(packages: Path, directory: Path, leave_out: tuple[str, ...] = ()) -> None:
    """All packages of a folder; the folders in `leave_out` stay out."""
    directory.mkdir(parents=True, exist_ok=True)
    excluded = [f"--exclude=*/{path}/*" for path in leave_out]
    for package in sorted(packages.glob("*.deb")):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacker:
            # --keep-directory-symlink: a release with a merged /usr has links where older packages have folders.
            subprocess.run(["tar", "-x", "-C", str(directory), "--keep-directory-symlink", *excluded],
                           stdin=unpacker.stdout, check=True, timeout=600)


def find_suite(architecture: str, start: str, wanted: re.Pattern) -> tuple[Suite, str]:
    """The first suite with a package whose name matches, and the newest of these names."""
    for name in SUITES:
        suite = Suite(name, architecture)
        found = [package for package in suite.names(start) if wanted.fullmatch(package)]
        if found:
            return suite, max(found, key=version_key)
    raise LabError(f"none of {', '.join(SUITES)} has a package like {wanted.pattern} for {architecture}")


def find_version(architecture: str, package: str, wanted: str) -> tuple[Suite, Package]:
    """The first suite whose package has this version or one that begins so: "10", "10.0"."""
    pattern = re.compile(rf"(\d+:)?{re.escape(wanted)}([.+~-].*)?")
    for name in SUITES:
        suite = Suite(name, architecture)
        for version in suite.versions(package):
            if pattern.fullmatch(version):
                return suite, Package(package, version)
    raise LabError(f"none of {', '.join(SUITES)} has {package} {wanted}")


def version_key(text: str) -> list[tuple[int, str]]:
    """So that 6.12 comes after 6.2."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text) if part]


def run(command: list[str], where: Path | None = None, seconds: int = 1200) -> str:
    try:
        result = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, timeout=seconds,
                                stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{command[0]}: {error}") from error
    if result.returncode != 0:
        raise LabError(f"{' '.join(command[:1] + [word for word in command[1:] if not word.startswith('-o')])}: "
                       f"{result.stderr.strip()[-400:] or 'failed'}")
    return result.stdout


def _site() -> str:
    """The archive that this system is set up with."""
    for line in run(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Origin: Debian"]).splitlines():
        if "security" not in line:
            return line.strip()
    raise LabError("apt names no Debian archive; run apt-get update, or give --kernel a directory")


def _age_in_hours(path: Path) -> float:
    return (time.time() - path.stat().st_mtime) / 3600
