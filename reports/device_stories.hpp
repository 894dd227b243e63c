// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/outline.hpp"

namespace vfio_doctor {

/// One row of a device listing: the functions of one group that share one verdict, the foremost first, or a single
/// function; and others of which all the same can be said, but for their addresses.
struct DeviceStory {
  std::vector<const DeviceReport*> members;     ///< of one group, or one function
  std::vector<const DeviceReport*> alike;       ///< the first members of further stories that are alike
  std::vector<const DeviceReport*> alike_rest;  ///< their other members
  std::vector<std::string> others;              ///< companions that are no members: not listed, or of another verdict
  std::size_t unnamed_companions = 0;           ///< more of them than the report names
  std::vector<Sentence> reasons;                ///< of all members, each once; with the address where it is not the first's
  const DeviceReport& first() const { return *members.front(); }
  /// How many functions it is about.
  std::size_t size() const { return members.size() + alike.size() + alike_rest.size(); }
};

/// The rows of `devices`, in their order. From `fold_from` alike ones on, these share a row; 0: never.
std::vector<DeviceStory> device_stories(const std::vector<const DeviceReport*>& devices,
                                        const std::vector<Sentence>& common_reasons, std::size_t fold_from);

/// The `most` gravest of them in the order they stand: what the host needs first, then what is blocked or not known.
/// What is left out is added to `left_out`.
std::vector<DeviceStory> gravest_stories(std::vector<DeviceStory> stories, std::size_t most,
                                         std::vector<const DeviceReport*>& left_out);

/// "Not shown here: 12 assignable, 3 protected functions".
std::string left_out_words(const std::vector<const DeviceReport*>& left_out);

/// A number for each reason that stands in several rows: it is told at the first, and referred to at the others.
class NumberedReasons {
 public:
  explicit NumberedReasons(const std::vector<DeviceStory>& stories);
  /// 0 where it stands in one row alone.
  std::size_t number_of(const std::string& reason) const;
  /// True once for each reason.
  bool is_first(const std::string& reason);

 private:
  struct Use {
    std::size_t count = 0, number = 0;
    bool told = false;
  };
  std::map<std::string_view, Use> uses_;
};

}  // namespace vfio_doctor
