// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_form.hpp"

namespace vfio_doctor {

/// Writes a JSON document straight into text: with thousands of devices, building a tree of values first
/// takes longer than everything else that a run does. Indented by two blanks, ASCII only; what is not UTF-8
/// becomes U+FFFD.
class JsonWriter {
 public:
  /// `form`, if any, is told what is written, and finished with the document.
  explicit JsonWriter(JsonForm* form = nullptr) : form_(form) {}

  /// Makes room for about so many bytes at once: growing step by step copies a large document several times over, and
  /// each copy is fresh memory that the kernel has to map page by page. What is not used is never mapped.
  void expect(std::size_t bytes) { text_.reserve(bytes); }

  void open_object() { open('{'); }
  void close_object() { close('}'); }
  void open_array() { open('['); }
  void close_array() { close(']'); }

  /// The name of the member whose value comes next. Names are plain ASCII.
  void name(std::string_view name);

  void value(std::string_view text);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(unsigned number);
  void value(bool truth);
  void null();
  void value(const std::vector<std::string>& texts);
  template <typename T>
  void value(const std::optional<T>& known) {
    if (known)
      value(*known);
    else
      null();
  }

  template <typename T>
  void member(std::string_view name_of_it, const T& its_value) {
    name(name_of_it);
    value(its_value);
  }

  /// The document, with a line end at the end.
  std::string take();

 private:
  void open(char bracket);
  void close(char bracket);
  void begin_value();
  bool is_outermost() const { return separator_.size() == 2; }
  void raw(std::string_view text);
  void append_escaped_text(std::string_view text);

  JsonForm* form_;
  std::string text_;
  std::string separator_ = ",\n";  // and two blanks for each object or array that is open
  bool is_first_ = true;           // of the object or array that is open
  bool after_name_ = false;
};

}  // namespace vfio_doctor
