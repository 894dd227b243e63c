// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/smmu_coherency.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

const std::string tree_path = "/sys/firmware/devicetree/base";
constexpr unsigned deepest = 4;             // SMMUs stand below the root or below one or two buses
constexpr std::size_t most_nodes = 20'000;  // the largest trees have some thousands

struct SmmuNode {
  std::string name;    ///< "iommu@fc900000"
  bool third = false;  ///< "arm,smmu-v3"; else one of the older kind
  bool coherent = false;
};

/// What the tree says of SMMUs and of PCI's host bridges.
struct Tree {
  std::vector<SmmuNode> smmus;
  bool any_host = false, any_coherent_host = false, any_other_host = false;
  bool whole = true;  ///< false: some part could not be read
};

class TreeReader {
 public:
  explicit TreeReader(const Root& root) : root_(root) {}

  Tree read() {
    look_into(tree_path, {}, false, 0);
    return std::move(tree_);
  }

 private:
  /// A property of a node counts for all below it unless one of them says otherwise.
  void look_into(const std::string& path, const std::string& name, bool coherent, unsigned depth) {
    const auto entries = root_.list(path);
    if (!entries.has_value() || ++nodes_ > most_nodes) {
      tree_.whole = false;
      return;
    }
    const auto has = [&entries](std::string_view entry) { return std::ranges::binary_search(entries.value(), entry); };
    if (has("dma-coherent"))
      coherent = true;
    else if (has("dma-noncoherent"))
      coherent = false;
    if (has("compatible")) note(path, name, coherent);
    if (depth == deepest) return;
    for (const auto& entry : entries.value()) {
      const bool may_lead_on = entry.find('@') != entry.npos || entry.starts_with("soc") || entry.find("bus") != entry.npos;
      if (may_lead_on && root_.kind(path + "/" + entry).is(NodeKind::directory))
        look_into(path + "/" + entry, entry, coherent, depth + 1);
    }
  }

  void note(const std::string& path, const std::string& name, bool coherent) {
    const auto compatible = root_.read(path + "/compatible");
    if (!compatible.has_value()) return;
    const auto says = [&compatible](std::string_view what) { return compatible->find(what) != compatible->npos; };
    if (says("smmu-v3"))
      tree_.smmus.push_back({name, true, coherent});
    else if (says("arm,smmu") || says("arm,mmu-") || says("qcom,smmu") || says("nvidia,smmu-500"))
      tree_.smmus.push_back({name, false, coherent});
    if (says("pci") && name.starts_with("pci")) {
      tree_.any_host = true;
      (coherent ? tree_.any_coherent_host : tree_.any_other_host) = true;
    }
  }

  const Root& root_;
  Tree tree_;
  std::size_t nodes_ = 0;
};

/// "smmu3.0x00000000fc900000" and "iommu@fc900000" have the same address behind the last '.' and '@'.
bool is_node_of(const IommuUnit& unit, const SmmuNode& node) {
  const auto dot = unit.name.rfind(".0x"), at = node.name.rfind('@');
  if (dot == unit.name.npos || at == node.name.npos) return false;
  const auto one = parse_unsigned(std::string_view(unit.name).substr(dot + 3), 16);
  const auto other = parse_unsigned(std::string_view(node.name).substr(at + 1), 16);
  return one && other && *one == *other;
}

/// SMMUv3: the unit's own word. Older: also where the devices themselves are coherent (arm_smmu_capable() in
/// drivers/iommu/arm/arm-smmu/arm-smmu.c).
Observed<bool> coherency(const SmmuNode& node, const Tree& tree) {
  if (node.coherent || node.third) return node.coherent;
  if (tree.any_coherent_host && tree.any_other_host)
    return Observed<bool>::unreadable("some of the PCI host bridges are coherent, others are not");
  return tree.any_coherent_host;
}

}  // namespace

void note_coherency(const Root& root, std::vector<IommuUnit>& units) {
  const auto is_arm = [](const IommuUnit& unit) { return unit.name.find("smmu") != std::string::npos; };
  if (std::ranges::none_of(units, is_arm) || !root.exists(tree_path)) return;
  const auto tree = TreeReader(root).read();
  const std::string why =
      tree.whole ? "the device tree shows no node of this unit" : tree_path + " could not be read as a whole";
  for (auto& unit : units) {
    if (!is_arm(unit)) continue;
    const auto own = std::ranges::find_if(tree.smmus, [&unit](const SmmuNode& node) { return is_node_of(unit, node); });
    unit.coherent = Observed<bool>::unreadable(why);
    if (own != tree.smmus.end()) {
      unit.coherent = coherency(*own, tree);
    } else if (!tree.smmus.empty() && tree.whole) {  // a name of another kind: what all nodes say holds for it, too
      const auto first = coherency(tree.smmus.front(), tree);
      const bool agree = std::ranges::all_of(tree.smmus, [&](const SmmuNode& node) {
        const auto other = coherency(node, tree);
        return other.has_value() && first.has_value() && *other == *first;
      });
      if (agree) unit.coherent = first;
    }
  }
}

}  // namespace vfio_doctor
