# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by quickstart and test: which packages are needed and how to get them. POSIX-style bash, no side effects
# before a function is called.

# Packages for a set, by package manager. Sets: build, test, browser, lab, fuzz.
packages_apt() {
  case $1 in
    build)
      echo g++ cmake ninja-build pkg-config "$(boost_apt)" libpci-dev nlohmann-json3-dev libspdlog-dev libcli11-dev \
        zlib1g-dev libarchive-dev libkainjow-mustache-dev libpugixml-dev pci.ids libseccomp-dev ;;
    test) echo libgtest-dev libgmock-dev libvalijson-dev libxml2-dev python3 strace ;;
    browser) echo chromium nodejs npm ;;
    lab)
      echo qemu-system-x86 busybox-static pciutils lvm2 cryptsetup-bin mdadm btrfs-progs dosfstools e2fsprogs iproute2 \
        cpio libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-guest-agent dropbear-bin openssh-client ;;
    fuzz) clang_apt ;;
  esac
}

packages_dnf() {
  case $1 in
    build)
      echo gcc-c++ cmake ninja-build pkgconf-pkg-config boost-devel pciutils-devel json-devel spdlog-devel cli11-devel \
        zlib-devel libarchive-devel kainjow-mustache-devel pugixml-devel hwdata libseccomp-devel ;;
    test) echo gtest-devel gmock-devel valijson-devel libxml2-devel python3 strace ;;
    browser) echo chromium nodejs npm ;;
    lab) echo qemu-system-x86-core busybox pciutils lvm2 cryptsetup mdadm btrfs-progs dosfstools e2fsprogs iproute cpio \
      libvirt-daemon libvirt-daemon-driver-qemu libvirt-client qemu-guest-agent dropbear openssh-clients ;;
    fuzz) echo clang compiler-rt ;;
  esac
}

# Boost.Process v2 came with Boost 1.81; Debian 12 has that version beside its default 1.74.
boost_apt() {
  if apt-cache show libboost1.81-dev >/dev/null 2>&1; then
    echo libboost1.81-dev libboost-filesystem1.81-dev
  else
    echo libboost-dev libboost-filesystem-dev
  fi
}

# The distribution's clang may be too old for this library (Debian 12: 14); then one of those beside it.
clang_apt() {
  local version
  for version in 21 20 19 18 17 16; do
    if apt-cache show "clang-$version" >/dev/null 2>&1; then echo "clang-$version libclang-rt-$version-dev"; return; fi
  done
  echo clang
}

package_manager() {
  if command -v apt-get >/dev/null; then echo apt; elif command -v dnf >/dev/null; then echo dnf; fi
}

is_installed() {
  case $1 in  # Node.js often comes from elsewhere, with an npm of its own that excludes the distribution's
    nodejs) command -v node >/dev/null && return 0 ;;
    npm) command -v npm >/dev/null && return 0 ;;
  esac
  case $(package_manager) in
    apt) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    dnf) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
  esac
}

# install_packages SET...: says what is missing, then installs it. Does nothing when nothing is missing.
install_packages() {
  local manager missing="" name sudo="" set
  manager=$(package_manager)
  if [ -z "$manager" ]; then
    echo "This distribution has neither apt nor dnf. Please install by hand what these names stand for:" >&2
    for set in "$@"; do packages_apt "$set" >&2; done
    echo "Going on; CMake will name what is missing." >&2
    return 0
  fi
  [ "$manager" = apt ] && refresh_apt_once
  for set in "$@"; do
    for name in $("packages_$manager" "$set"); do is_installed "$name" || missing="$missing $name"; done
  done
  [ -z "$missing" ] && return 0
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "Installing with $manager:$missing"
  case $manager in
    apt) $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ;;
    dnf) $sudo dnf install -y -q --setopt=strict=0 $missing ;;  # names differ between releases; CMake names what is left
  esac
}

# A fresh machine has no package lists; boost_apt needs them to choose.
refresh_apt_once() {
  local sudo=""
  apt-cache show g++ >/dev/null 2>&1 && return 0
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "Fetching the package lists (apt-get update)"
  $sudo apt-get update -qq
}
