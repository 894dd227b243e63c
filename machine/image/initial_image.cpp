// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/image/initial_image.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "machine/image/byte_reader.hpp"
#include "machine/image/unpack.hpp"

namespace vfio_doctor {
namespace {

using Clock = std::chrono::steady_clock;

/// Where modprobe.d(5) and modules-load.d(5) lie, and dracut's words for the command line.
constexpr auto directories = std::to_array<std::string_view>(
    {"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d",
     "/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d", "/usr/lib/modules-load.d",
     "/lib/modules-load.d", "/etc/cmdline.d"});
/// What the programs that build images leave in them: initramfs-tools (hooks/, load_modules in scripts/functions), mkinitcpio (the
/// image's /config and its buildconfig), booster (init/config.go).
constexpr auto files = std::to_array<std::string_view>(
    {"/conf/modules", "/conf/initramfs.conf", "/etc/modules", "/config", "/buildconfig", "/etc/booster.init.yaml"});
/// dracut's module "squash" packs nearly everything into a file system inside of the image.
constexpr auto images_inside =
    std::to_array<std::string_view>({"/squash-root.img", "/squashfs-root.img", "/erofs-root.img", "/squash/root.img"});

constexpr std::size_t header_bytes = 110, longest_name = 4096;
constexpr unsigned type_mask = 0170000, file_type = 0100000, link_type = 0120000;

struct Header {
  std::uint64_t inode = 0, mode = 0, links = 0, size = 0, major = 0, minor = 0, name_size = 0;
  bool is(unsigned type) const { return (mode & type_mask) == type; }
};

/// "070701" and thirteen numbers of eight digits (buffer-format.rst).
Header read_header(ByteReader& reader) {
  const auto bytes = reader.peek(header_bytes);
  if (bytes.size() < header_bytes) throw ImageError{"cut short"};
  const auto number = [&](std::size_t which) {
    const auto value = parse_unsigned(bytes.substr(6 + 8 * which, 8), 16);
    if (!value) throw ImageError{"an entry's header is damaged"};
    return *value;
  };
  Header header{number(0), number(1), number(4), number(6), number(7), number(8), number(11)};
  reader.take(header_bytes);
  return header;
}

/// "./lib/modules/x" -> "/lib/modules/x".
std::string clean_path(std::string_view name) { return join_path("/", std::string(name)); }

/// "/lib/modules/6.1.0/kernel/drivers/vfio/pci/vfio-pci.ko.zst" -> "vfio_pci"; empty where it is no module.
std::string module_name(const std::string& path) {
  std::string_view name = path;
  name.remove_prefix(name.rfind('/') + 1);
  for (const std::string_view packed : {".gz", ".xz", ".zst"})
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  if (!name.ends_with(".ko") || name.size() == 3 || name.size() > 67) return {};
  return normalize_module_name(name.substr(0, name.size() - 3));
}

class ImageReader {
 public:
  ImageReader(const FilePieces& pieces, const ImageBounds& bounds)
      : pieces_(pieces), bounds_(bounds), end_(Clock::now() + bounds.patience) {}

  ImageContent read() {
    ByteReader packed([this] { return next_packed(); });
    while (packed.skip_zeros()) {
      if (starts_entry(packed)) {
        read_entry(packed);
        continue;
      }
      const auto compression = compression_of(packed.peek(2));
      if (compression.empty()) throw ImageError{"something in it is neither a cpio archive nor compressed as one"};
      read_compressed(packed, compression);
    }
    if (entries_ == 0) throw ImageError{"nothing is in it"};
    require_end();
    follow_links();
    return std::move(content_);
  }

 private:
  static bool starts_entry(ByteReader& reader) {
    const auto start = reader.peek(6);
    return start == "070701" || start == "070702";
  }

  std::string_view next_packed() {
    const auto piece = pieces_();
    if (!piece.has_value()) throw ImageError{piece.why()};
    packed_bytes_ += piece->size();
    if (packed_bytes_ > bounds_.most_packed)
      throw ImageError{"larger than " + std::to_string(bounds_.most_packed >> 20) + " MiB"};
    check_time();
    return *piece;
  }

  void check_time() const {
    if (Clock::now() > end_)
      throw ImageError{"not read within " + std::to_string(bounds_.patience.count() / 1000) + " seconds"};
  }

  void read_compressed(ByteReader& packed, std::string_view compression) {
    Unpacker unpacker(packed, compression);
    ByteReader plain([&] {
      const auto piece = unpacker.next();
      unpacked_bytes_ += piece.size();
      if (unpacked_bytes_ > bounds_.most_unpacked)
        throw ImageError{"unpacks to more than " + std::to_string(bounds_.most_unpacked >> 20) + " MiB"};
      check_time();
      return piece;
    });
    while (plain.skip_zeros()) {
      if (!starts_entry(plain)) throw ImageError{"what is compressed in it is no cpio archive"};
      read_entry(plain);
    }
    require_end();
    unpacker.give_rest_back();
  }

  /// What was cut off between two entries shows in nothing else.
  void require_end() const {
    if (in_archive_) throw ImageError{"cut short"};
  }

  void read_entry(ByteReader& reader) {
    if (++entries_ > bounds_.most_entries) throw ImageError{"more than " + std::to_string(bounds_.most_entries) + " entries"};
    const auto header = read_header(reader);
    if (header.name_size == 0 || header.name_size > longest_name) throw ImageError{"an entry's name is too long or empty"};
    const auto name_size = static_cast<std::size_t>(header.name_size);
    const auto padded = name_size + (4 - (header_bytes + name_size) % 4) % 4;
    const auto bytes = reader.peek(padded);
    if (bytes.size() < name_size) throw ImageError{"cut short"};
    const auto path = clean_path(bytes.substr(0, std::min(bytes.find('\0'), name_size)));
    const bool is_end = bytes.starts_with(std::string_view("TRAILER!!!\0", 11));
    reader.take(bytes.size());
    in_archive_ = !is_end;
    const auto padding = (4 - header.size % 4) % 4;
    if (is_end) {
      hard_links_.clear();  // the numbers of the next archive are others'
      skip(reader, header.size);
    } else {
      take_entry(reader, header, path);
    }
    reader.skip(padding);  // the last of all may go without
  }

  void take_entry(ByteReader& reader, const Header& header, const std::string& path) {
    if (std::ranges::find(images_inside, path) != images_inside.end())
      throw ImageError{"most of it lies in a file system image inside of it (" + path + ")"};
    const bool wanted = is_image_setting(path);
    if (header.is(link_type) && wanted) {
      if (header.size > longest_name) throw ImageError{"a link in it is too long"};
      links_[path] = body(reader, header);
      content_.files.erase(path);
      return;
    }
    if (!header.is(file_type) || !(wanted || is_awaited(header))) {
      if (wanted) content_.files.erase(path), links_.erase(path);  // a directory or device has taken its place
      if (header.is(file_type)) add_module(path);
      return skip(reader, header.size);
    }
    auto text =
        header.size <= bounds_.most_file_bytes ? Observed<std::string>(body(reader, header)) : too_large(reader, header);
    if (header.links > 1) {
      add_hard_link(header, wanted ? path : "", text);
    } else if (wanted) {
      keep(path, std::move(text));
    }
  }

  void keep(const std::string& path, Observed<std::string> text) {
    links_.erase(path);
    kept_bytes_ += path.size() + (text.has_value() ? text->size() : 0);
    content_.files.insert_or_assign(path, std::move(text));
    if (content_.files.size() > bounds_.most_files || kept_bytes_ > bounds_.most_kept_bytes)
      throw ImageError{"it has too many files of settings"};
  }

  /// Names of one file: cpio(1) writes what it says with one of them and nothing with the others.
  struct HardLinks {
    std::vector<std::string> paths;
    Observed<std::string> text = std::string();
  };
  using Identity = std::array<std::uint64_t, 3>;

  static Identity identity(const Header& header) { return {header.inode, header.major, header.minor}; }

  bool is_awaited(const Header& header) const { return header.links > 1 && hard_links_.contains(identity(header)); }

  void add_hard_link(const Header& header, const std::string& path, Observed<std::string>& text) {
    auto& all = hard_links_[identity(header)];
    if (!path.empty()) all.paths.push_back(path);
    if (header.size > 0) all.text = std::move(text);
    for (const auto& one : all.paths) keep(one, all.text);
  }

  void add_module(const std::string& path) {
    if (auto name = module_name(path); !name.empty()) content_.modules.insert(std::move(name));
    if (content_.modules.size() > bounds_.most_modules)
      throw ImageError{"more than " + std::to_string(bounds_.most_modules) + " modules"};
  }

  static void skip(ByteReader& reader, std::uint64_t count) {
    if (!reader.skip(count)) throw ImageError{"cut short"};
  }

  Observed<std::string> too_large(ByteReader& reader, const Header& header) const {
    skip(reader, header.size);
    return Observed<std::string>::unreadable("larger than " + std::to_string(bounds_.most_file_bytes) + " bytes");
  }

  /// Precondition: its size was looked at.
  static std::string body(ByteReader& reader, const Header& header) {
    const auto size = static_cast<std::size_t>(header.size);
    std::string text(reader.peek(size));
    if (text.size() < size) throw ImageError{"cut short"};
    reader.take(size);
    return text;
  }

  void follow_links() {
    for (const auto& [path, target] : links_) {
      auto end = join_path(parent_path(path), target);
      for (int steps = 0; steps < 8 && links_.contains(end); ++steps) end = join_path(parent_path(end), links_[end]);
      const auto found = content_.files.find(end);
      const bool is_nothing = end == "/dev/null";  // masks a file of the same name
      content_.files[path] = found != content_.files.end() ? found->second
                             : is_nothing                  ? Observed<std::string>(std::string())
                                          : Observed<std::string>::unreadable("leads to " + end + ", which is not looked at");
    }
  }

  const FilePieces& pieces_;
  const ImageBounds& bounds_;
  const Clock::time_point end_;
  ImageContent content_;
  std::map<std::string, std::string> links_;
  std::map<Identity, HardLinks> hard_links_;
  std::uint64_t packed_bytes_ = 0, unpacked_bytes_ = 0;
  std::size_t entries_ = 0, kept_bytes_ = 0;
  bool in_archive_ = false;  ///< TRAILER!!! is still to come
};

}  // namespace

bool is_image_setting(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto directory = std::string_view(path).substr(0, slash == path.npos ? 0 : slash);
  return std::ranges::find(files, path) != files.end() || std::ranges::find(directories, directory) != directories.end();
}

std::vector<std::string> image_setting_places() {
  std::vector<std::string> places(directories.begin(), directories.end());
  places.insert(places.end(), files.begin(), files.end());
  return places;
}

Observed<ImageContent> read_initial_image(const FilePieces& pieces, const ImageBounds& bounds) {
  try {
    return ImageReader(pieces, bounds).read();
  } catch (const ImageError& error) {
    return Observed<ImageContent>::unreadable(error.why);
  }
}

}  // namespace vfio_doctor
