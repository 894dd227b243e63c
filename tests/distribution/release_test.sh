# SPDX-License-Identifier: GPL-2.0-or-later
# The same commit gives the same tarball, and a tag is the version. usage: release_test.sh SOURCE_DIRECTORY
set -eu
fail() { echo "FAILED: $1" >&2; exit 1; }
git -C "$1" rev-parse --git-dir >/dev/null 2>&1 || { echo "no git here: nothing to try"; exit 0; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# Of a clone, so that a tag can be set; with the script as it is now.
git clone -q --shared "$1" "$directory/clone"
cp "$1/scripts/release" "$directory/clone/scripts/release"
cd "$directory/clone"
git config user.name nobody && git config user.email nobody@localhost
project=$(git show HEAD:CMakeLists.txt | sed -n 's/^project(.* VERSION \([0-9.]*\) .*/\1/p')
git tag --list 'v*' | xargs -r git tag -d >/dev/null

(umask 077 && TZ=Asia/Tokyo scripts/release --output "$directory/one" >/dev/null)
sleep 1
TZ=UTC scripts/release --output "$directory/two" >/dev/null
cmp "$directory"/one/*.gz "$directory"/two/*.gz || fail "two builds differ"
ls "$directory"/one | grep -q "^vfio-doctor-$project+g[0-9a-f]*\.tar\.gz$" || fail "$(ls "$directory/one")"

git tag "v$project"
scripts/release --output "$directory/tagged" >/dev/null
[ "$(ls "$directory/tagged")" = "vfio-doctor-$project.tar.gz" ] || fail "$(ls "$directory/tagged")"
tar xzf "$directory/tagged/vfio-doctor-$project.tar.gz" -C "$directory"
[ "$(cat "$directory/vfio-doctor-$project/VERSION")" = "$project" ] || fail "the file VERSION"
git tag -d "v$project" >/dev/null && git tag v9.9.9
if scripts/release --output "$directory/wrong" >/dev/null 2>&1; then fail "a tag that is not the project's version"; fi
echo ok
