// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/root.hpp"

#include <functional>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr int most_links = 40;  // what the kernel itself follows, see path_resolution(7)

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  for (const auto part : split(path, '/'))
    if (!part.empty() && part != ".") parts.emplace_back(part);
  return parts;
}

}  // namespace

std::string join_path(const std::string& directory, const std::string& relative) {
  std::string path;
  const auto append = [&path](const std::string& below) {
    for (const auto part : split(below, '/')) {
      if (part.empty() || part == ".") continue;
      if (part == "..")
        path.erase(path.empty() ? 0 : path.rfind('/'));
      else
        path.append(1, '/').append(part);
    }
  };
  if (!relative.starts_with('/')) append(directory);
  append(relative);
  return path.empty() ? "/" : path;
}

std::string base_name(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string parent_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {};
  return slash == 0 ? "/" : path.substr(0, slash);
}

Observed<FilePieces> Root::open(const std::string&) const { return Observed<FilePieces>::unreadable("not recorded"); }

Observed<NodeRights> Root::rights(const std::string&) const { return Observed<NodeRights>::unreadable("not recorded"); }

Observed<std::string> Root::kernel_log() const { return read(kernel_log_path, 16 << 20); }

Observed<std::string> Root::routes() const { return read(routes_path, most_route_bytes); }

Observed<std::string> Root::read_line(const std::string& path) const {
  auto content = read(path);
  if (content.has_value()) return std::string(trim(content.value()));
  return content;
}

Observed<std::string> resolve_links(const std::string& path,
                                    const std::function<Observed<std::string>(const std::string&)>& link_at) {
  std::vector<std::string> pending = components(path);
  std::string resolved;
  int links = 0;
  for (std::size_t next = 0; next < pending.size(); ++next) {
    const std::string part = pending[next];
    if (part == "..") {
      resolved = resolved.empty() ? "" : resolved.substr(0, resolved.rfind('/'));
      continue;
    }
    const std::string candidate = resolved + "/" + part;
    const auto target = link_at(candidate);
    if (target.is_unreadable()) return target;
    if (target.is_absent()) {
      resolved = candidate;
      continue;
    }
    if (++links > most_links) return Observed<std::string>::unreadable("too many symbolic links");
    auto rest = components(target.value());
    rest.insert(rest.end(), pending.begin() + static_cast<std::ptrdiff_t>(next) + 1, pending.end());
    pending = std::move(rest);
    if (target->starts_with('/')) resolved.clear();
    next = static_cast<std::size_t>(-1);
  }
  return resolved.empty() ? "/" : resolved;
}

Observed<std::string> Root::canonical(const std::string& path) const {
  auto resolved = resolve_links(path, [this](const std::string& link) { return read_link(link); });
  if (!resolved.has_value()) return resolved;
  const auto found = kind(resolved.value());
  return found.has_value() ? resolved : Observed<std::string>::like(found);
}

}  // namespace vfio_doctor
