# SPDX-License-Identifier: GPL-2.0-or-later
# Writes OUTPUT, a C++ source with the words of every path that FILES ask a machine for: of texts like "/sys/class/drm" and
# "/sriov_numvfs". They are this program's own, so a redacted snapshot keeps them (snapshot/known_words.cpp).
# cmake -DFILES=... -DOUTPUT=... -P asked_words.cmake
set(words "")
foreach(file ${FILES})
  file(READ ${file} text)
  string(REGEX MATCHALL "\"/[A-Za-z0-9_./-]+" paths "${text}")
  foreach(path ${paths})
    string(TOLOWER "${path}" path)
    string(REGEX MATCHALL "[a-z0-9]+" parts "${path}")
    list(APPEND words ${parts})
  endforeach()
endforeach()
list(REMOVE_DUPLICATES words)
list(SORT words)
list(TRANSFORM words REPLACE "(.+)" "    \"\\1\",\n" OUTPUT_VARIABLE rows)
string(CONCAT rows ${rows})
file(WRITE ${OUTPUT} "// Made by the build out of the sources of facts/ and snapshot/.
#include <span>
#include <string_view>

namespace vfio_doctor {
namespace {

constexpr std::string_view words[] = {
${rows}};

}  // namespace

extern const std::span<const std::string_view> asked_words;
const std::span<const std::string_view> asked_words(words);

}  // namespace vfio_doctor
")
