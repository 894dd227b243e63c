# SPDX-License-Identifier: GPL-2.0-or-later
# usage: new_plugin_test.sh VFIO_DOCTOR SOURCE_DIR COMPILER
set -eu
doctor=$1 source=$2 compiler=$3
fail() { echo "FAILED: $1" >&2; exit 1; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

for language in python sh cpp; do
  "$source/scripts/new-plugin" "try-$language" --language "$language" --into "$directory" > /dev/null
done
"$compiler" -std=c++17 -Wall -Wextra -Werror -I "$source/include" -o "$directory/vfio-doctor-check-try-cpp" \
  "$directory/vfio-doctor-check-try-cpp.cpp"
rm "$directory/vfio-doctor-check-try-cpp.cpp"

[ "$("$doctor" plugins --plugin-dir "$directory" | grep -c '^accepted')" = 3 ] || fail "not all are accepted"
for id in try-python-bridges try-sh-kernel try-cpp-bridges; do
  report=$("$doctor" --sample hm170 --plugin-dir "$directory" --only "$id" --format json) || [ $? -le 3 ]
  printf '%s' "$report" | grep -q "\"id\": \"$id\"" || fail "$id is not reported"
  ! printf '%s' "$report" | grep -q '"error"' || fail "$id failed"
done
! "$source/scripts/new-plugin" try-sh --language sh --into "$directory" 2> /dev/null || fail "it overwrote a plugin"
! "$source/scripts/new-plugin" Bad_Name --into "$directory" 2> /dev/null || fail "it took a bad name"
! "$source/scripts/new-plugin" x --language cobol --into "$directory" 2> /dev/null || fail "it took a language it does not know"
