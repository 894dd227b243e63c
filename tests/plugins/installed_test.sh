# SPDX-License-Identifier: GPL-2.0-or-later
# The development files stand alone: the C++ plugin of docs/plugins.md builds with nothing else.
# usage: installed_test.sh CMAKE BUILD_DIR COMPILER PAGE
set -eu
cmake=$1 build=$2 compiler=$3 page=$4
fail() { echo "FAILED: $1" >&2; exit 1; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

"$cmake" --install "$build" --component dev --prefix "$directory/usr" > /dev/null
header=$(find "$directory" -name vfio_doctor_plugin.hpp)
[ -n "$header" ] || fail "the header is not installed"
for file in plugins.md facts-1.json plugin-describe-1.json plugin-finding-1.json vfio-doctor-check-example-python; do
  [ -n "$(find "$directory" -name "$file")" ] || fail "$file is not installed"
done

sed -n '/^```cpp$/,/^```$/p' "$page" | sed '/^```/d' > "$directory/hello.cpp"
"$compiler" -std=c++17 -Wall -Wextra -Werror -I "$(dirname "$header")" -o "$directory/hello" "$directory/hello.cpp"
"$directory/hello" describe | grep -q '"protocol":1' || fail "describe"
echo '{"facts":{"pci":{"functions":[{"address":"0000:03:00.0","class":"028000"}]}}}' | "$directory/hello" run |
  grep -q '"subject":"0000:03:00.0"' || fail "run"
! "$directory/hello" < /dev/null 2> /dev/null || fail "no verb is no error"
! "$directory/hello" run < /dev/null 2> /dev/null || fail "no facts is no error"
