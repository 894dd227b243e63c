# SPDX-License-Identifier: GPL-2.0-or-later
# Runs at build time: INPUT, OUTPUT and VARIABLE are given with -D.
# The text is written in pieces: a string literal has a limited length.
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" length)
set(bytes "")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT}
"#include <string_view>
namespace vfio_doctor {
namespace {
const unsigned char bytes[] = {
${bytes}0x00};
}
extern const std::string_view ${VARIABLE};
const std::string_view ${VARIABLE}(reinterpret_cast<const char*>(bytes), sizeof bytes - 1);
}
")
