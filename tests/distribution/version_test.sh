# SPDX-License-Identifier: GPL-2.0-or-later
# What --version says of a tag, of a commit behind it, of a changed checkout, of a tarball and of a tree without either.
# usage: version_test.sh CMAKE SOURCE_DIRECTORY
set -eu
cmake=$1 source=$2
fail() { echo "FAILED: $1" >&2; exit 1; }
command -v git >/dev/null || { echo "git is not installed: nothing to try"; exit 0; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
tree=$directory/tree
mkdir "$tree"
printf 'set(CMAKE_SOURCE_DIR "%s")\nset(PROJECT_VERSION 1.2.0)\ninclude("%s/cmake/version.cmake")\n' "$tree" "$source" >"$directory/ask.cmake"
expect() {  # WHAT PATTERN
  said=$("$cmake" -P "$directory/ask.cmake" 2>&1)
  printf '%s\n' "$said" | grep -qxE -e "-- vfio-doctor $2" || fail "$1: '$said', not $2"
}
expect "without git and VERSION" '1\.2\.0'
cd "$tree"
git init -q .
git config user.name nobody && git config user.email nobody@localhost
echo one >file && git add file && git commit -q -m one
expect "no tag" '1\.2\.0\+g[0-9a-f]{7}'
git tag v1.2.0
expect "the tag" '1\.2\.0'
echo two >file
expect "the tag, changed" '1\.2\.0\+dirty'
git commit -q -a -m two
expect "a commit behind the tag" '1\.2\.0\+1\.g[0-9a-f]{7}'
echo three >file
expect "that, changed" '1\.2\.0\+1\.g[0-9a-f]{7}\+dirty'
echo 1.2.0+5.gabcdef0 >VERSION
expect "a tarball says which commit it is" '1\.2\.0\+5\.gabcdef0'
echo ok
