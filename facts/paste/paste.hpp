// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/paste/line_kind.hpp"

namespace vfio_doctor {

enum class PastedFrom { host, guest, unknown };
std::string_view to_text(PastedFrom machine);  ///< "host", "guest", "unknown"

/// A run of lines of one kind, from one machine and one boot.
struct PasteDocument {
  std::uint32_t file = 0;          ///< index into the names that were given
  std::uint32_t from = 0, to = 0;  ///< lines, from 1
  PasteKind kind = PasteKind::prose;
  PastedFrom machine = PastedFrom::unknown;
  std::string why;         ///< the reason for the label
  std::uint32_t boot = 0;  ///< of the file's kernel logs: counts the boots seen in it
};

/// One piece of a line on its way through.
struct PasteLine {
  std::uint32_t file = 0, number = 0;
  std::uint32_t document = 0;
  std::string_view raw;   ///< as pasted
  std::string_view text;  ///< unwrapped
  StampedLine stamped;
  PasteKind kind = PasteKind::prose;
  bool is_first_piece = true;  ///< further pieces of the same raw line follow where JSON held line ends
  bool joins = false;          ///< may be the rest of the line before it, which was broken
  std::string_view command;    ///< what was typed, where the line is a prompt
};

/// Takes the bytes of pastes apart, line by line, in bounded memory: nothing of a line is kept here after `sink` saw it.
class PasteReader {
 public:
  static constexpr std::size_t longest_line = 64 << 10;  ///< longer ones are cut into pieces
  static constexpr std::size_t most_documents = 4000;    ///< what comes after counts to the last one

  explicit PasteReader(std::function<void(const PasteLine&)> sink) : sink_(std::move(sink)) {}

  void begin_file(std::uint32_t file);
  void feed(std::string_view bytes);
  void end_file();

  /// With their labels; call when all files are read.
  std::vector<PasteDocument> take_documents();

 private:
  struct Votes {
    std::uint32_t host = 0, guest = 0;
    std::string host_why, guest_why;
  };
  void take_line(std::string_view raw);
  void take_piece(std::string_view raw, std::string_view text, bool first);
  void place(const LineKind& kind, const StampedLine& stamped);
  void open_document(PasteKind kind);
  void vote(std::string_view text, const StampedLine& stamped);
  bool notices_boot(const StampedLine& stamped);

  std::function<void(const PasteLine&)> sink_;
  std::vector<PasteDocument> documents_;
  std::vector<Votes> votes_;
  std::string pending_;  ///< the start of a line whose end has not come yet
  std::vector<std::string> pieces_;
  std::uint32_t file_ = 0, number_ = 0, boot_ = 0;
  double last_uptime_ = -1;
  bool is_open_ = false, parted_ = false, last_was_text_ = false;
};

}  // namespace vfio_doctor
