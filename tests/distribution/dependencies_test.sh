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

# No distribution's tools at all, and a shell of Nix.
[ "$(PATH=/nowhere IN_NIX_SHELL= package_manager)" = "" ] || fail "a package manager out of nothing"
[ "$(IN_NIX_SHELL=pure package_manager)" = nix-shell ] || fail "inside a Nix shell everything is there already"
echo ok
