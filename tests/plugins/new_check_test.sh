# SPDX-License-Identifier: GPL-2.0-or-later
# What scripts/new-check writes has the shape of every other check, and compiles.
# usage: new_check_test.sh SOURCE_DIR COMPILER
set -eu
source=$1 compiler=$2
fail() { echo "FAILED: $1" >&2; exit 1; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

"$source/scripts/new-check" memory-lock-limit --group protection --title "Memory lock limit" --into "$directory" > /dev/null
for file in checks/protection/memory_lock_limit.cpp checks/protection/memory_lock_limit.md tests/checks/memory_lock_limit_test.cpp; do
  [ -s "$directory/$file" ] || fail "$file is missing"
done
[ "$(ls "$directory/tests/checks/examples/memory-lock-limit")" = "pass.machine
unknown.machine
warn.machine" ] || fail "the example machines are not there"

# The same sections as an existing page.
sections() { grep '^## ' "$1"; }
[ "$(sections "$directory/checks/protection/memory_lock_limit.md")" = "$(sections "$source/checks/iommu/iommu_active.md")" ] ||
  fail "the page has other sections than the pages of the house"

# The rule judges its machines as their names say.
cat > "$directory/judge.cpp" <<'END'
#include <iostream>

#include "checks/check.hpp"

namespace vfio_doctor {
Check memory_lock_limit_check();
Finding Check::finding(Status status, std::string subject, Sentence summary) const {
  Finding one;
  one.status = status;
  one.subject = subject;
  one.summary = summary.text;
  return one;
}
}  // namespace vfio_doctor

int main(int, char** arguments) {
  vfio_doctor::Host host;
  const std::string line = arguments[1];
  if (line != "-") host.kernel.arguments = vfio_doctor::KernelArguments::parse(line);
  const auto check = vfio_doctor::memory_lock_limit_check();
  std::cout << check.id << " protection " << static_cast<int>(check.run(host).at(0).status) << '\n';
}
END
"$compiler" -std=c++20 -Wall -Wextra -Werror -Wshadow -Wconversion -I "$source" -o "$directory/judge" "$directory/judge.cpp" \
  "$directory/checks/protection/memory_lock_limit.cpp" "$source/facts/platform/kernel_arguments.cpp" "$source/base/text.cpp"
[ "$("$directory/judge" quiet)" = "memory-lock-limit protection 0" ] || fail "pass: $("$directory/judge" quiet)"
[ "$("$directory/judge" memory_lock_limit=1)" = "memory-lock-limit protection 1" ] || fail "warn"
[ "$("$directory/judge" -)" = "memory-lock-limit protection 3" ] || fail "unknown"

! "$source/scripts/new-check" memory-lock-limit --into "$directory" 2> /dev/null || fail "it overwrote a check"
! "$source/scripts/new-check" memory_lock --into "$directory" 2> /dev/null || fail "it took a bad name"
! "$source/scripts/new-check" x --group none --into "$directory" 2> /dev/null || fail "it took a group that is not there"
