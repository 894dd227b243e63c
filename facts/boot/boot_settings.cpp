// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/boot_settings.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/boot/image_makers.hpp"
#include "facts/boot/other_loaders.hpp"
#include "facts/boot/shell_settings.hpp"
#include "facts/platform/platform.hpp"

namespace vfio_doctor {
namespace {

/// From the root, and of characters that mean nothing to a shell: it may be written into a command.
bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && path.find("/..") == path.npos && std::ranges::all_of(path, [](char c) {
           return is_alphanumeric(c) || std::string_view("/._-+@").find(c) != std::string_view::npos;
         });
}

class SettingsReader {
 public:
  SettingsReader(const Root& root, BootFiles& files, BootConfiguration& found) : root_(root), files_(files), found_(found) {}

  void read() {
    read_grub_defaults();
    read_kernel_cmdline();
    read_kernelstub();
    read_limine_defaults();
    read_sdboot_manage();
  }

 private:
  void read_grub_defaults() {
    const std::string file = "/etc/default/grub", directory = "/etc/default/grub.d";
    const auto text = files_.read(file, BootFiles::settings_limit);
    ShellSettings settings;
    std::vector<std::pair<std::string, std::string>> files;
    if (text.has_value()) settings.read(*text, file), files.emplace_back(file, *text);
    // Only Debian's grub-mkconfig and its kin are known to read drop-ins.
    const auto distribution = gather_distribution(root_);
    const bool reads_drop_ins =
        !distribution.id.has_value() || distribution.is_like("debian") || distribution.is_like("ubuntu");
    bool read_any = text.has_value();
    std::string unread = text.is_unreadable() ? file + ": " + text.why() : "";
    auto cause = text.cause();
    for (const auto& name : files_.list(directory)) {
      found_.grub_defaults_drop_ins = true;
      if (!name.ends_with(".cfg")) continue;
      const auto path = directory + "/" + name;
      const auto drop_in = files_.read(path, BootFiles::settings_limit);
      if (drop_in.has_value()) {
        settings.read(*drop_in, path, reads_drop_ins ? ShellSettings::Certainty::certain : ShellSettings::Certainty::possible);
        files.emplace_back(path, *drop_in);
      }
      if (drop_in.is_unreadable()) unread = path + ": " + drop_in.why(), cause = drop_in.cause();
      read_any |= drop_in.has_value();
    }
    if (!read_any && unread.empty()) {
      found_.grub_reads_loader_entries = Observed<bool>::absent();
      return;
    }
    auto line = Observed<BootLine>::unreadable(unread, cause);
    if (unread.empty()) line = settings.line({"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"});
    auto plain = plain_assignments(settings, files, {"GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX"}, line);
    const bool known = line.has_value();
    found_.settings.push_back({BootSettingKind::grub_defaults, file, std::move(line), std::move(plain)});
    BootLine lost;
    lost.tokens = settings.lost({"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"});
    if (known && !lost.tokens.empty())
      found_.settings.push_back({BootSettingKind::grub_defaults, lost.tokens.front().file, std::move(lost)});
    found_.grub_reads_loader_entries = settings.is_set("GRUB_ENABLE_BLSCFG")
                                           ? Observed<bool>(settings.text("GRUB_ENABLE_BLSCFG") == "true")
                                           : Observed<bool>::absent();
  }

  /// The assignments that can be changed as they stand: what a shell makes of all the files is what stands in that line.
  static std::vector<PlainLine> plain_assignments(const ShellSettings& settings,
                                                  const std::vector<std::pair<std::string, std::string>>& files,
                                                  const std::vector<std::string>& names, const Observed<BootLine>& line) {
    std::vector<PlainLine> lines;
    if (!line.has_value() || !line->unknown_part.empty()) return lines;
    for (const auto& name : names)
      if (auto plain = plain_assignment(files, name); plain && settings.text(name) == plain->words)
        lines.push_back(std::move(*plain));
    return lines;
  }

  /// The first of these that is there, with its text.
  std::optional<std::pair<std::string, std::string>> first_of_kernel_install(const std::string& name) {
    for (const std::string directory : {"/etc/kernel/", "/run/kernel/", "/usr/local/lib/kernel/", "/usr/lib/kernel/"})
      if (const auto text = files_.read(directory + name, BootFiles::settings_limit); text.has_value())
        return std::pair(directory + name, *text);
    return std::nullopt;
  }

  bool makes_unified_images() {
    const auto config = first_of_kernel_install("install.conf");
    if (!config) return false;
    std::string_view layout;
    for (const auto line : split_lines(config->second))
      if (trim(line).starts_with("layout=")) layout = trim(trim(line).substr(7));
    return layout == "uki" || layout == "\"uki\"";
  }

  /// Where kernel-install makes unified images, ukify's own configuration goes before /etc/kernel/cmdline: Cmdline= under [UKI], the
  /// words or "@FILE" (ukify(1); 60-ukify.install of systemd 257, which falls back to the file where that is not set). False: it is not.
  bool read_uki_config() {
    const auto config = makes_unified_images() ? first_of_kernel_install("uki.conf") : std::nullopt;
    if (!config) return false;
    const auto& [file, text] = *config;
    std::string_view section, words, written;
    unsigned number = 0, place = 0;
    bool more = false;  // lines that begin with a blank go on
    for (const auto line : split_lines(text)) {
      ++number;
      const auto part = trim(line);
      if (part.empty() || part.starts_with('#') || part.starts_with(';')) continue;
      if (part.starts_with('[')) section = part;
      const auto equals = line.find('=');
      if (place != 0 && place + 1 == number && (line.front() == ' ' || line.front() == '\t')) more = true;
      if (section != "[UKI]" || equals == line.npos || trim(line.substr(0, equals)) != "Cmdline") continue;
      words = trim(line.substr(equals + 1)), written = line, place = number;
    }
    if (place == 0 || words == "@/etc/kernel/cmdline") return false;
    auto line =
        Observed<BootLine>::unreadable("its command line stands in more than one line, or in a file that is not looked at");
    std::vector<PlainLine> plain;
    if (!more && !words.starts_with('@')) {
      line = split_boot_line(words, file, place);
      if (auto one = plain_line(written, words, file, place); one && file.starts_with("/etc/"))
        plain.push_back(std::move(*one));
    }
    found_.settings.push_back({BootSettingKind::kernel_cmdline, file, std::move(line), std::move(plain)});
    return true;
  }

  void read_kernel_cmdline() {
    if (read_uki_config() || read_presets() || read_dracut()) return;
    for (const std::string file : {"/etc/kernel/cmdline", "/usr/lib/kernel/cmdline"}) {
      const auto text = files_.read(file, BootFiles::settings_limit);
      if (text.is_absent()) continue;
      auto line = Observed<BootLine>::like(text);
      if (text.has_value()) line = parse_kernel_cmdline(*text, file, {"/etc/cmdline.d", "/etc/kernel/cmdline.d"});
      std::vector<PlainLine> plain;  // not of the distribution's own file, and not where another directory goes first
      if (line.has_value() && line->possible.empty() && file.starts_with("/etc/"))
        if (auto only = plain_only_line(*text, file)) plain.push_back(std::move(*only));
      found_.settings.push_back({BootSettingKind::kernel_cmdline, file, std::move(line), std::move(plain)});
      return;
    }
    read_cmdline_directory("/etc/cmdline.d");
  }

  /// True where mkinitcpio's images get their line from a file of their own.
  bool read_presets() {
    const auto presets = read_image_presets(files_);
    found_.presets_make_no_images = presets.any && !presets.makes_images;
    found_.images_without_line = presets.leaves_line_out;
    if (presets.from.empty() || presets.from.front().empty()) return false;
    const auto& file = presets.from.front();
    if (!is_plain_path(file)) {
      const std::string why = "a preset of mkinitcpio names the file of the command line in a way that is not followed";
      found_.settings.push_back({BootSettingKind::kernel_cmdline, "/etc/kernel/cmdline", Observed<BootLine>::unreadable(why)});
      return true;
    }
    if (presets.from.size() == 1 && root_.list(file).has_value()) {
      read_cmdline_directory(file);
      return found_.find_setting(BootSettingKind::kernel_cmdline) != nullptr;
    }
    auto line = Observed<BootLine>::unreadable("mkinitcpio's presets name several files for the command line");
    std::vector<PlainLine> plain;
    if (const auto text = files_.read(file, BootFiles::settings_limit); text.has_value() && presets.from.size() == 1) {
      line = parse_kernel_cmdline(*text, file, {});
      if (auto only = plain_only_line(*text, file)) plain.push_back(std::move(*only));
    } else if (presets.from.size() == 1) {
      line =
          Observed<BootLine>::unreadable(text.is_absent() ? "a preset of mkinitcpio names it, and it is not there" : text.why(),
                                         text.cause());
    }
    found_.settings.push_back({BootSettingKind::kernel_cmdline, file, std::move(line), std::move(plain)});
    return true;
  }

  /// True where dracut makes unified images: it does not look into /etc/kernel/cmdline. Under kernel-install it is handed that file's
  /// words (50-dracut.install).
  bool read_dracut() {
    const auto images = makes_unified_images() ? std::nullopt : read_dracut_images(root_, files_);
    if (!images) return false;
    found_.dracut_images = true;
    if (!images->settings.is_set("kernel_cmdline")) return true;
    Observed<BootLine> line = images->settings.line({"kernel_cmdline"});
    auto plain = plain_assignments(images->settings, images->texts, {"kernel_cmdline"}, line);
    const auto file = !plain.empty() ? plain.front().file : line->tokens.empty() ? "/etc/dracut.conf" : line->tokens[0].file;
    found_.settings.push_back({BootSettingKind::kernel_cmdline, file, std::move(line), std::move(plain)});
    return true;
  }

  /// Hands each file *.conf of the directory to `take`; one that cannot be read makes a part of the line unknown.
  template <class Take>
  void read_drop_ins(const std::string& directory, BootLine& line, const Take& take) {
    for (const auto& name : files_.list(directory)) {
      if (!name.ends_with(".conf")) continue;
      const auto file = directory + "/" + name;
      const auto text = files_.read(file, BootFiles::settings_limit);
      if (text.is_unreadable()) line.unknown_part = file + ": " + text.why(), line.unknown_cause = text.cause();
      if (text.has_value()) take(file, *text);
    }
  }

  /// Without the file, mkinitcpio takes the pieces of /etc/cmdline.d in its place (build_uki() in mkinitcpio).
  void read_cmdline_directory(const std::string& directory) {
    BootLine line;
    std::string first;
    read_drop_ins(directory, line, [&](const std::string& file, const std::string& text) {
      if (first.empty()) first = file;
      for (auto& token : split_boot_line(text, file, 0).tokens) line.tokens.push_back(std::move(token));
    });
    if (!first.empty()) found_.settings.push_back({BootSettingKind::kernel_cmdline, first, std::move(line)});
  }

  /// `beside`: directories whose pieces may be on the line as well.
  BootLine parse_kernel_cmdline(const std::string& text, const std::string& file, const std::vector<std::string>& beside) {
    PlacedText placed;
    unsigned number = 0;
    for (const auto line : split_lines(text)) {
      ++number;
      if (trim(line).starts_with('#')) continue;
      placed.append(line, file, number);
      placed.append(' ', file, number);
      if (found_.proxmox) break;  // proxmox-boot-tool reads the first line only
    }
    auto result = placed.split();
    // mkinitcpio takes these instead of the file, others beside it.
    for (const auto& directory : beside)
      for (const auto& name : files_.list(directory))
        if (const auto more = files_.read(directory + "/" + name, BootFiles::settings_limit); more.has_value())
          for (auto& token : split_boot_line(*more, directory + "/" + name, 0).tokens)
            result.possible.push_back(std::move(token));
    return result;
  }

  void read_kernelstub() {
    const std::string file = "/etc/kernelstub/configuration";
    const auto text = files_.read(file, BootFiles::settings_limit);
    if (text.is_absent()) return;
    auto line = Observed<BootLine>::like(text);
    if (text.has_value()) line = parse_kernelstub(*text, file);
    if (!line.is_absent()) found_.settings.push_back({BootSettingKind::kernelstub, file, std::move(line)});
  }

  void read_limine_defaults() {
    const std::string file = "/etc/default/limine";
    if (const auto text = files_.read(file, BootFiles::settings_limit); text.has_value()) {
      ShellSettings settings;
      settings.read(*text, file);
      Observed<BootLine> line = settings.line({"KERNEL_CMDLINE[default]"});
      auto plain = plain_assignments(settings, {{file, *text}}, {"KERNEL_CMDLINE[default]"}, line);
      read_limine_drop_ins(line.value());
      found_.settings.push_back({BootSettingKind::limine_defaults, file, std::move(line), std::move(plain)});
    } else if (text.is_absent()) {  // the drop-ins are read all the same, and add to the words that the tool takes elsewhere
      BootLine line;
      read_limine_drop_ins(line);
      if (!line.tokens.empty() || !line.possible.empty()) {
        const auto first = line.tokens.empty() ? line.possible.front().file : line.tokens.front().file;
        found_.settings.push_back({BootSettingKind::limine_defaults, first, std::move(line)});
      }
    }
  }

  /// limine-entry-tool adds what its drop-ins say: KERNEL_CMDLINE[default]+=" ARGUMENTS".
  void read_limine_drop_ins(BootLine& line) {
    read_drop_ins("/etc/limine-entry-tool.d", line, [&line](const std::string& file, const std::string& text) {
      ShellSettings settings;
      settings.read(text, file);
      auto more = settings.line({"KERNEL_CMDLINE[default]"});
      std::ranges::move(more.tokens, std::back_inserter(line.tokens));
      std::ranges::move(more.possible, std::back_inserter(line.possible));
      if (!more.unknown_part.empty()) line.unknown_part = more.unknown_part, line.unknown_cause = more.unknown_cause;
    });
  }

  /// systemd-boot-manager writes the loader entries anew at each kernel update from this file.
  void read_sdboot_manage() {
    const std::string file = "/etc/sdboot-manage.conf";
    const auto text = files_.read(file, BootFiles::settings_limit);
    if (text.is_absent()) return;
    auto line = Observed<BootLine>::like(text);
    std::vector<PlainLine> plain;
    if (text.has_value()) {
      ShellSettings settings;
      settings.read(*text, file);
      line = settings.line({"LINUX_OPTIONS"});
      plain = plain_assignments(settings, {{file, *text}}, {"LINUX_OPTIONS"}, line);
    }
    found_.settings.push_back({BootSettingKind::sdboot_manage, file, std::move(line), std::move(plain)});
  }

  const Root& root_;
  BootFiles& files_;
  BootConfiguration& found_;
};

}  // namespace

void read_boot_settings(const Root& root, BootFiles& files, BootConfiguration& found) {
  SettingsReader(root, files, found).read();
}

}  // namespace vfio_doctor
