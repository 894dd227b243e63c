#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every source includes the standard header of what it uses.

A header that another header happens to bring compiles with one release of a compiler and not with the next: <string> of
GCC 12 brought <cstdint>, that of GCC 13 does not (https://gcc.gnu.org/gcc-13/porting_to.html).
A source may rely on its own header (name.cpp on name.hpp) and on nothing else. Left out are the types that a function of ours hands
over (std::optional, std::map): who declares the function includes them.

usage: includes_test.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

USES = {
    "cstdint": r"\bu?int(_fast|_least)?(8|16|32|64|ptr|max)_t\b",
    "algorithm": r"std::ranges::(?!range|views|begin|end|size)\w+|std::(sort|any_of|all_of|none_of|find_if|find|min|max|clamp|copy"
                 r"|transform|remove_if|count|count_if|replace|reverse|unique|equal|fill|generate|lower_bound|upper_bound)\(",
    "array": r"std::array\b",
    "cctype": r"std::(is(space|alpha|alnum|x?digit|print)|tolower|toupper)\b",
    "cerrno": r"\berrno\b",
    "charconv": r"std::(from|to)_chars\b",
    "cstdio": r"std::(fwrite|printf|fflush|snprintf|fprintf|fputs|FILE)\b",
    "cstdlib": r"std::(getenv|exit|abort|strto\w+|malloc|free)\b",
    "cstring": r"std::(mem(cpy|cmp|set|chr|move)|str(len|cmp|ncmp|error|chr|rchr|str))\b",
    "functional": r"std::(function|hash|less|greater|reference_wrapper)\b",
    "limits": r"std::numeric_limits\b",
    "memory": r"std::(unique_ptr|shared_ptr|make_unique|make_shared)\b",
    "numeric": r"std::(iota|accumulate)\b",
    "span": r"std::span\b",
    "variant": r"std::(variant|visit|get_if|monostate)\b",
}


def code_of(text):
    """Without comments and the insides of string literals."""
    text = re.sub(r'R"\((.|\n)*?\)"', '""', text)
    return re.sub(r"//.*", "", re.sub(r'"(\\.|[^"\\\n])*"', '""', text))


def missing_includes(source):
    text = source.read_text()
    own = source.with_suffix(".hpp")
    included = text + (own.read_text() if own.exists() and own != source else "")
    code = code_of(text)
    return [header for header, use in USES.items() if re.search(use, code) and f"#include <{header}>" not in included]


def main():
    top = pathlib.Path(sys.argv[1])
    sources = [source for pattern in ("*.cpp", "*.hpp") for source in sorted(top.rglob(pattern))
               if not source.relative_to(top).parts[0].startswith(("build", "."))]
    if len(sources) < 200:
        sys.exit(f"only {len(sources)} sources below {top}: is that the project?")
    missing = [(source, header) for source in sources for header in missing_includes(source)]
    for source, header in missing:
        print(f"{source.relative_to(top)}: uses <{header}> without including it")
    print(f"{len(sources)} sources, {len(missing)} missing includes")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
