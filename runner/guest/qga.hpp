// SPDX-License-Identifier: GPL-2.0-or-later
// The QEMU guest agent protocol (qemu-ga reference), one command per virsh call.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/input_error.hpp"
#include "runner/guest/guest_channel.hpp"

namespace vfio_doctor {

/// The guest agent of one domain. Everything that goes wrong is an InputError that names the domain.
class Qga {
 public:
  using Json = nlohmann::json;
  using Milliseconds = std::chrono::milliseconds;

  /// What to do where the guest agent cannot, as a sentence behind another.
  static constexpr const char* other_ways = " Or use --via ssh:USER@GUEST, or --evidence with what was captured in the guest.";

  /// The guest agent, or libvirt, said no. Its words are those of the guest's language.
  class Refused : public InputError {
   public:
    using InputError::InputError;
  };

  /// `domain` and `clock` outlive it. All that is asked of it together takes `time` at most.
  Qga(const std::string& domain, ProcessRunner run, const ChannelClock& clock, Milliseconds time);

  const std::string& domain() const { return domain_; }
  [[noreturn]] void fail(const std::string& what) const;

  /// What is still to be done has this long, whatever was used up, and no signal stops it.
  void clean_up_within(Milliseconds time);

  Json command(const std::string& name, const Json& arguments = Json::object());

  /// Runs a program of the guest and waits for its end.
  AgentAnswer execute(const std::string& path, const std::vector<std::string>& arguments);
  /// A program of the guest's own: where every distribution had it, where those without /bin have it, or wherever the
  /// guest agent's PATH leads. Why it was not started elsewhere is not asked: what the last place says counts.
  AgentAnswer execute_helper(const std::string& name, const std::vector<std::string>& arguments);

  void pause() const;
  /// What was started and not seen to end would go on beside what tidies up after it.
  void let_it_end() noexcept;

 private:
  void start(const std::string& path, const std::vector<std::string>& arguments);
  AgentAnswer finish(const std::string& path);
  void stop_if_interrupted() const;
  Json ask(const std::string& name, const Json& arguments);
  std::string about(const std::string& what) const;
  Milliseconds time_left() const;
  Json returned(const std::string& name, const std::string& output) const;
  AgentAnswer answer_of(const Json& status) const;
  std::string text_of(const Json& status, const char* key) const;

  const std::string& domain_;
  ProcessRunner run_;
  const ChannelClock& clock_;
  ChannelClock::Moment end_;
  bool cleans_up_ = false;
  std::optional<Json> unfinished_;  ///< the id of the process that was not seen to end
};

}  // namespace vfio_doctor
