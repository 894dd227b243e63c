// SPDX-License-Identifier: GPL-2.0-or-later
// The group "initial_image": what the initial RAM disk says about who comes first.
#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {

template <>
struct Description<InitialImage> {
  using S = InitialImage;
  static Members<S> members() {
    return {
        member("file",
               "The image, or the unified kernel image that it is in; several that are loaded together have blanks between "
               "them.",
               &S::file),
        computed(
            "modules", "Those of VFIO, of graphics and of this host's PCI drivers that are in it, with underscores.",
            [](const S& image) { return std::vector<std::string>(image.modules.begin(), image.modules.end()); }, &S::modules),
        computed(
            "modprobe", "Lines of modprobe.d in it, as kmod hands them on.",
            [](const S& image) {
              std::vector<std::string> lines;
              for (const auto& line : image.modprobe.lines) lines.push_back(line.text());
              return lines;
            },
            &S::modprobe),
        computed(
            "loads", "Modules that its own lists let it load.",
            [](const S& image) {
              std::vector<std::string> names;
              for (const auto& list : image.loads) names.insert(names.end(), list.words.begin(), list.words.end());
              return names;
            },
            &S::loads),
        member("booster", "It was made by booster: loads and modprobe are what its own settings say.", &S::booster),
        withheld(&S::settings, "its lines are given above"),
    };
  }
};

template <>
struct Description<InitialImageFacts> {
  using S = InitialImageFacts;
  static Members<S> members() {
    return {
        member("matters", "Something is to be bound to vfio-pci when the host starts; otherwise the image is not read.",
               &S::matters),
        member("content", "What is in it.", &S::content),
    };
  }
};

Member<Host> image_facts() {
  return member("initial_image", "The initial RAM disk of the running kernel.", &Host::initial_image);
}

}  // namespace vfio_doctor
