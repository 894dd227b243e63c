# SPDX-License-Identifier: GPL-2.0-or-later
# Which packages scripts/dependencies.sh asks for, against a fake apt-cache.
# usage: dependencies_test.sh SOURCE_DIRECTORY
set -eu
. "$1/scripts/dependencies.sh"
fail() { echo "FAILED: $1" >&2; exit 1; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# As apt does for a name that is only mentioned by other packages: nothing is printed, and the exit code is 0.
fake_apt_cache() {  # PACKAGE...: those that have a candidate
  printf '#!/bin/sh\nfor known in %s; do [ "$2" = "$known" ] && echo "Package: $2"; done\nexit 0\n' "$*" >"$directory/apt-cache"
  chmod +x "$directory/apt-cache"
}
PATH=$directory:$PATH
fake_apt_cache g++ libboost1.81-dev
[ "$(boost_apt)" = "libboost1.81-dev libboost-filesystem1.81-dev" ] || fail "Debian 12 has Boost 1.81 beside its default: $(boost_apt)"
fake_apt_cache g++ libboost-dev
[ "$(boost_apt)" = "libboost-dev libboost-filesystem-dev" ] || fail "Debian 13 only mentions 1.81: $(boost_apt)"
fake_apt_cache g++ libboost-dev libboost-process-dev
[ "$(boost_apt | xargs)" = "libboost-dev libboost-filesystem-dev libboost-process-dev" ] || fail "Debian sid: $(boost_apt)"
[ "$(clang_apt)" = clang ] || fail "no clang-N has a candidate: $(clang_apt)"
fake_apt_cache clang-19
[ "$(clang_apt)" = "clang-19 libclang-rt-19-dev" ] || fail "$(clang_apt)"

for manager in apt dnf pacman zypper apk; do
  for set in build test browser lab fuzz; do
    names=$("packages_$manager" "$set")
    [ -n "$names" ] || fail "$manager has no packages for $set"
    twice=$(printf '%s\n' $names | sort | uniq -d)
    [ -z "$twice" ] || fail "$manager, $set: twice: $twice"
  done
done

# One name that pacman, zypper or apk does not know keeps none of the others from being installed.
for manager in pacman zypper apk; do
  # Found: everything but valijson. An install writes down its arguments.
  printf '#!/bin/sh\ncase "$*" in\n  *-Si*valijson* | *search*valijson*) exit 1 ;;\n  *-Si* | *search*) echo found ;;\n' >"$directory/$manager"
  printf '  *) echo "$@" >"%s/installed" ;;\nesac\n' "$directory" >>"$directory/$manager"
  printf '#!/bin/sh\nexec "$@"\n' >"$directory/sudo"
  chmod +x "$directory/$manager" "$directory/sudo"
  said=$(run_installer "$manager" gtest valijson-devel strace 2>&1) || fail "$manager: $said"
  grep -q "gtest strace" "$directory/installed" || fail "$manager installs $(cat "$directory/installed")"
  case $said in *"Unknown to $manager"*valijson*) ;; *) fail "$manager: the unknown name is not said: $said" ;; esac
  rm "$directory/$manager"
done

# No distribution's tools at all, and a shell of Nix.
[ "$(PATH=/nowhere IN_NIX_SHELL= package_manager)" = "" ] || fail "a package manager out of nothing"
[ "$(IN_NIX_SHELL=pure package_manager)" = nix-shell ] || fail "inside a Nix shell everything is there already"
echo ok
