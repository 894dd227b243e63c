# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by quickstart, test, fuzz and try-distributions: which packages are needed and how to get them. Bash, no side
# effects before a function is called.

# Packages for a set, by package manager. Sets: build, test, browser, lab, fuzz, engines (apt alone: nobody looked the others' names
# up), and static (apt alone: the other distributions have no archives of most libraries).
#
# What is known of each list:
#   apt     scripts/try-distributions tries them on Debian 12, 13 and sid; docs/distributions.md says what was seen
#   others  never tried. Each list says against which published names it was checked; a name that the package manager does
#           not know is named and left out, and CMake says what that means
packages_apt() {
  case $1 in
    build)
      echo g++ cmake ninja-build pkg-config "$(boost_apt)" libpci-dev nlohmann-json3-dev libspdlog-dev libcli11-dev \
        zlib1g-dev libarchive-dev libzstd-dev nettle-dev libkainjow-mustache-dev libpugixml-dev pci.ids libseccomp-dev ;;
    test) echo libgtest-dev libgmock-dev libvalijson-dev libxml2-dev python3 strace kmod patch zstd clang-format zsh fish ;;
    browser) echo chromium nodejs npm ;;
    lab)
      echo qemu-system-x86 busybox-static pciutils lvm2 cryptsetup-bin mdadm btrfs-progs dosfstools e2fsprogs iproute2 \
        cpio libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-guest-agent dropbear-bin openssh-client ;;
    fuzz) clang_apt ;;
    engines) echo prometheus prometheus-node-exporter ansible-core openssh-server openssh-client ;;
    static) echo libzstd-dev libfmt-dev ;;  # the archives of the others come with the set build
  esac
}

# Fedora. Every name but python3, clang and compiler-rt was found as a package in Fedora's spec files of 2026-08-22 (src.fedoraproject.org/rpms/NAME), then with Boost
# 1.90, CLI11 2.7.2, nettle 4.0. The Mustache header is mustache-devel; the guest agent, a static program, needs the -static ones.
packages_dnf() {
  case $1 in
    build)
      echo gcc-c++ glibc-static libstdc++-static cmake ninja-build pkgconf-pkg-config boost-devel pciutils-devel json-devel \
        spdlog-devel cli11-devel zlib-devel libarchive-devel libzstd-devel nettle-devel mustache-devel pugixml-devel libseccomp-devel hwdata ;;
    test) echo gtest-devel gmock-devel valijson-devel libxml2-devel python3 strace kmod patch zstd zsh fish ;;
    browser) echo chromium nodejs npm ;;
    lab) echo qemu-system-x86-core busybox pciutils lvm2 cryptsetup mdadm btrfs-progs dosfstools e2fsprogs iproute cpio \
      libvirt-daemon libvirt-daemon-driver-qemu libvirt-client qemu-guest-agent dropbear openssh-clients ;;
    fuzz) echo clang compiler-rt ;;
  esac
}

# Arch Linux. archlinux.org/packages/extra/any/cli11 (2.6.1) and, in the svntogit repositories of 2023, the PKGBUILDs of hwdata, pugixml, spdlog
# and mustache, which puts mustache.hpp straight into /usr/include. There was no valijson: the tests want it from elsewhere.
packages_pacman() {
  case $1 in
    build) echo gcc cmake ninja pkgconf boost boost-libs pciutils nlohmann-json spdlog cli11 zlib libarchive zstd nettle mustache pugixml libseccomp \
      hwdata ;;
    test) echo gtest libxml2 python strace kmod patch zstd zsh fish ;;
    browser) echo chromium nodejs npm ;;
    lab) echo qemu-system-x86 busybox pciutils lvm2 cryptsetup mdadm btrfs-progs dosfstools e2fsprogs iproute2 cpio libvirt \
      qemu-guest-agent dropbear openssh ;;
    fuzz) echo clang compiler-rt ;;
  esac
}

# openSUSE. cli11-devel: build.opensuse.org/package/show/openSUSE:Factory/cli11; libkainjow-mustache-devel: the spec file of libkiwix
# there; libboost_filesystem-devel and nlohmann_json-devel: that of mkvtoolnix; valijson-devel: that of sysdig. pkgconfig(...) are the names
# of the .pc files, which zypper resolves.
packages_zypper() {
  case $1 in
    build)
      echo gcc-c++ glibc-devel-static cmake ninja pkgconf-pkg-config boost-devel libboost_filesystem-devel "pkgconfig(libpci)" \
        nlohmann_json-devel "pkgconfig(spdlog)" cli11-devel "pkgconfig(zlib)" "pkgconfig(libarchive)" "pkgconfig(libzstd)" "pkgconfig(nettle)" \
        libkainjow-mustache-devel "pkgconfig(pugixml)" "pkgconfig(libseccomp)" hwdata ;;
    test) echo "pkgconfig(gtest)" "pkgconfig(gmock)" valijson-devel "pkgconfig(libxml-2.0)" python3 strace kmod patch zstd zsh fish ;;
    browser) echo chromium nodejs-default npm-default ;;
    lab) echo qemu-x86 busybox-static pciutils lvm2 cryptsetup mdadm btrfsprogs dosfstools e2fsprogs iproute2 cpio \
      libvirt-daemon libvirt-daemon-driver-qemu libvirt-client qemu-guest-agent dropbear openssh-clients ;;
    fuzz) echo clang ;;
  esac
}

# Alpine. aports has main/pciutils, main/libseccomp, main/hwdata (subpackage hwdata-pci), community/nlohmann-json, community/pugixml,
# community/spdlog, community/libvirt and testing/mustache (pkgs.alpinelinux.org has it in community since v3.21), which puts mustache.hpp
# into /usr/include. Neither cli11 nor valijson was found there: cli11-dev is what it would be called.
packages_apk() {
  case $1 in
    build) echo bash g++ cmake ninja pkgconf boost-dev pciutils-dev nlohmann-json spdlog-dev cli11-dev zlib-dev zlib-static \
      libarchive-dev zstd-dev nettle-dev mustache pugixml-dev libseccomp-dev linux-headers hwdata-pci ;;
    test) echo gtest-dev libxml2-dev python3 strace kmod patch zstd zsh fish ;;
    browser) echo chromium nodejs npm ;;
    lab) echo qemu-system-x86_64 busybox-static pciutils lvm2 cryptsetup mdadm btrfs-progs dosfstools e2fsprogs iproute2 cpio \
      libvirt-daemon libvirt-qemu libvirt-client qemu-guest-agent dropbear openssh-client ;;
    fuzz) echo clang compiler-rt ;;
  esac
}

# Whether apt could install it. Not the exit code of `apt-cache show`: that is 0 for a name that other packages merely
# mention (Debian 13: libboost1.83-dev conflicts with libboost1.81-dev, which is not there any more).
has_candidate_apt() { [ -n "$(apt-cache show "$1" 2>/dev/null)" ]; }

# Boost.Process v2 came with Boost 1.81; Debian 12 has that version beside its default 1.74. From 1.87 on it is a library of its own.
boost_apt() {
  if has_candidate_apt libboost1.81-dev; then
    echo libboost1.81-dev libboost-filesystem1.81-dev
  else
    echo libboost-dev libboost-filesystem-dev
    if has_candidate_apt libboost-process-dev; then echo libboost-process-dev; fi
  fi
}

# The distribution's clang may be too old for this library (Debian 12: 14); then one of those beside it.
clang_apt() {
  local version
  for version in 21 20 19 18 17 16; do
    if has_candidate_apt "clang-$version"; then echo "clang-$version libclang-rt-$version-dev"; return; fi
  done
  echo clang
}

package_manager() {
  local name
  [ -n "${IN_NIX_SHELL:-}" ] && { echo nix-shell; return; }
  for name in apt-get dnf pacman zypper apk nix; do
    command -v "$name" >/dev/null && { echo "${name%-get}"; return; }
  done
}

is_installed() {
  case $1 in  # Node.js often comes from elsewhere, with an npm of its own that excludes the distribution's
    nodejs) command -v node >/dev/null && return 0 ;;
    npm) command -v npm >/dev/null && return 0 ;;
  esac
  case $(package_manager) in
    apt) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    dnf | zypper) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
    pacman) pacman -T "$1" >/dev/null ;;
    apk) apk info -e "$1" >/dev/null ;;
  esac
}

# Whether the package manager has such a package. One unknown name would make pacman, zypper and apk install none at all.
is_offered() {  # MANAGER PACKAGE
  case $1 in
    pacman) pacman -Si "$2" >/dev/null 2>&1 ;;
    zypper) zypper --non-interactive search --match-exact --provides "$2" >/dev/null 2>&1 ;;
    apk) [ -n "$(apk search --exact --quiet "$2" 2>/dev/null)" ] ;;
    *) return 0 ;;  # apt's names were tried, and dnf goes on by itself
  esac
}

run_installer() {  # MANAGER PACKAGE...
  local manager=$1 sudo="" name known="" unknown=""
  shift
  [ "$(id -u)" = 0 ] || sudo=sudo
  for name in "$@"; do
    if is_offered "$manager" "$name"; then known="$known $name"; else unknown="$unknown $name"; fi
  done
  [ -z "$unknown" ] || echo "Unknown to $manager here, and left out; CMake will say what is missing:$unknown" >&2
  [ -n "$known" ] || return 0
  case $manager in
    apt) $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $known >/dev/null ;;
    dnf) $sudo dnf install -y -q --setopt=strict=0 $known ;;
    pacman) $sudo pacman -S --noconfirm --needed $known ;;
    zypper) $sudo zypper --non-interactive install --no-recommends $known ;;
    apk) $sudo apk add --no-progress $known ;;
  esac
}

# install_packages SET...: says what is missing, then installs it. Does nothing when nothing is missing.
install_packages() {
  local manager missing="" name set
  manager=$(package_manager)
  case $manager in
    nix-shell) return 0 ;;
    nix)
      echo "With Nix, start again in the shell that has everything: nix develop path:contrib/nix -c $0" >&2
      return 1 ;;
    "")
      echo "None of apt, dnf, pacman, zypper, apk or nix is here. Please install by hand what these Debian names stand for:" >&2
      for set in "$@"; do packages_apt "$set" >&2; done
      echo "Going on; CMake will name what is missing." >&2
      return 0 ;;
  esac
  [ "$manager" = apt ] && refresh_apt_once
  for set in "$@"; do
    if [ "$set" = static ] && [ "$manager" != apt ]; then
      echo "Archives (.a) of the libraries are known to come with Debian and its kin alone; CMake will name what is missing here." >&2
    fi
    for name in $("packages_$manager" "$set"); do is_installed "$name" || missing="$missing $name"; done
  done
  [ -z "$missing" ] && return 0
  [ "$manager" = apt ] || echo "The package names for $manager were looked up, not tried here; please report what is wrong with them."
  echo "Installing with $manager:$missing"
  run_installer "$manager" $missing
}

# A fresh machine has no package lists; boost_apt needs them to choose.
refresh_apt_once() {
  local sudo=""
  has_candidate_apt g++ && return 0
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "Fetching the package lists (apt-get update)"
  $sudo apt-get update -qq
}
