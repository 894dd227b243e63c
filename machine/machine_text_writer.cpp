// SPDX-License-Identifier: GPL-2.0-or-later
// write_machine_text() of machine_text.hpp.
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "machine/escape.hpp"
#include "machine/machine_text.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

bool is_plain_line(const std::string& content) {
  if (content.empty() || content.back() != '\n' || content.size() > 4000) return false;
  const std::string_view line(content.data(), content.size() - 1);
  return trim(line) == line && line.find_first_of(std::string_view("\n\r\0", 3)) == line.npos;
}

bool is_text(const std::string& content) {
  for (const char c : content) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < ' ' && c != '\n' && c != '\t' && c != '\x1b') || byte == 0x7f) return false;
  }
  return true;
}

void write_file(std::string& text, const std::string& path, const std::string& content) {
  static constexpr char digits[] = "0123456789abcdef";
  if (is_plain_line(content)) {
    text += "text " + path + " = " + content;
  } else if (is_text(content)) {
    text += "file " + path + "\n";
    for (const auto line : split_lines(content)) text.append(line.empty() ? "|" : "| ").append(line).append("\n");
    if (!content.empty() && content.back() != '\n') text += "|\\\n";
  } else {
    text += "hex " + path;
    for (std::size_t i = 0; i < content.size(); ++i) {
      const auto byte = static_cast<unsigned char>(content[i]);
      text += i % 32 == 0 ? "\n| " : " ";
      text += digits[byte >> 4];
      text += digits[byte & 15];
    }
    text += "\n";
  }
}

/// What is absent from one directory shares a line: "absent DIRECTORY NAME NAME". `open` is the directory whose line was
/// begun and has no end yet; empty where there is none.
void write_absent(std::string& text, const std::string& path, std::string& open) {
  const auto above = parent_path(path);
  if (above.size() > 1 && above == open) {
    text += " " + escape_path(base_name(path));
    return;
  }
  if (!open.empty()) text += "\n";
  open = above;
  text +=
      above.size() > 1 ? "absent " + escape_path(above) + " " + escape_path(base_name(path)) : "absent " + escape_path(path);
  if (above.size() <= 1) {
    text += "\n";
    open.clear();
  }
}

}  // namespace

std::string write_machine_text(const RecordedNodes& nodes) {
  std::string text, absent_below;
  const auto recorder = nodes.find(Root::recorder_path);
  const bool names_recorder =
      recorder != nodes.end() && recorder->second.kind == Kind::file && is_plain_line(recorder->second.content);
  if (names_recorder) text += "recorded by " + escape_reason(trim(recorder->second.content)) + "\n";
  for (const auto& [raw_path, node] : nodes) {
    if (names_recorder && raw_path == Root::recorder_path) continue;
    if (node.kind == Kind::absent) {
      write_absent(text, raw_path, absent_below);
      continue;
    }
    if (!absent_below.empty()) text += "\n";
    absent_below.clear();
    const auto path = escape_path(raw_path);
    switch (node.kind) {
      case Kind::absent:
        break;
      case Kind::listed:
        text += "listed " + path + "\n";
        break;
      case Kind::complete:
        text += path == "/" ? "complete\n" : "complete " + path + "\n";
        break;
      case Kind::file:
        write_file(text, path, node.content);
        break;
      case Kind::directory:
        text += "dir " + path + "\n";
        break;
      case Kind::link:
        text += "link " + path + " " + escape_path(node.content) + "\n";
        break;
      case Kind::seen:
        text += "seen " + path + "\n";
        break;
      case Kind::special:
        text += "special " + path + "\n";
        break;
      case Kind::unreadable:
        text += "unreadable " + path + " " + escape_reason(node.content) + "\n";
        break;
      case Kind::closed:
        text += "closed " + path + " " + escape_reason(node.content) + "\n";
        break;
      case Kind::hidden:
        text += "hidden " + path + " " + escape_reason(node.content) + "\n";
        break;
    }
  }
  if (!absent_below.empty()) text += "\n";
  return text;
}

}  // namespace vfio_doctor
