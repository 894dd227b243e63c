// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/qemu_elements.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "facts/domain/command_words.hpp"
#include "facts/domain/xml_parts.hpp"

namespace vfio_doctor {
namespace {

/// libvirt, src/qemu/qemu_capabilities.c: QEMU_CAPS_DEVICE_JSON. "device.json" was the word of 7.9 and 7.10.
bool leaves_json_out(pugi::xml_node domain_node) {
  for (const auto node : domain_node.children())
    if (local_name(node.name()) == "capabilities" && is_of_qemu(node))
      for (const auto one : node.children())
        if (local_name(one.name()) == "del" && std::string_view(one.attribute("capability").value()) == "device.json+hotplug")
          return true;
  return false;
}

/// Ids of devices that these words give QEMU as text.
std::set<std::string> ids_in_text(const std::vector<CommandWord>& words) {
  std::set<std::string> ids;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!is_among(words[i - 1].text, "-device|--device") || words[i].text.starts_with("{")) continue;
    const auto options = command_options(words[i].text);
    if (const auto id = options.find("id"); id != options.end()) ids.insert(id->second);
  }
  return ids;
}

/// -set finds only devices that QEMU got as text (QEMU 7.2, tried). libvirt hands its own over as JSON where QEMU takes that, unless it
/// is told not to.
void read_settings(const std::vector<CommandWord>& words, Domain& domain) {
  constexpr std::string_view start = "device.";
  const auto own = ids_in_text(words);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto& text = words[i].text;
    if (!is_among(words[i - 1].text, "-set|--set") || !text.starts_with(start)) continue;
    const auto name = text.substr(start.size(), text.find('.', start.size()) - start.size());
    if (own.contains(name) || domain.refused_by_some.size() >= most_domain_devices) continue;
    domain.refused_by_some.push_back(
        {words[i].line,
         "-set finds no device of libvirt's since libvirt 8.1 hands them to QEMU 6.2 and later as JSON: write what it sets in "
         "<qemu:override>.",
         "there is no device \"" + name.substr(0, 60) + "\" defined"});
  }
}

/// libvirt 11.3, src/qemu/qemu_domain.c, qemuDomainDefNamespaceParseOverrideProperties().
void judge_property(pugi::xml_node property, std::size_t line, Domain& domain) {
  const std::string name = property.attribute("name").value(), value = property.attribute("value").value();
  const std::string_view type = property.attribute("type").value();
  const auto refuse = [&domain, line](const std::string& what, const std::string& words) {
    if (domain.refused.size() < most_domain_devices) domain.refused.push_back({line, what, words});
  };
  const auto wrong = "invalid value '" + value.substr(0, 40) + "' of 'value' attribute of 'qemu:property'";
  const bool is_number = parse_unsigned(type == "signed" && value.starts_with('-') ? value.substr(1) : value).has_value();
  if (name.empty())
    refuse("A property of <qemu:override> has no name=.", "missing 'name' attribute for qemu:property");
  else if (name == "id")
    refuse("<qemu:override> leaves the id of a device alone.", "property with name 'id' can't be overridden");
  else if (!is_among(type, "string|signed|unsigned|bool|remove"))
    refuse("A property of <qemu:override> is of type string, signed, unsigned, bool or remove.",
           "Invalid value for attribute 'type' in element 'property': '" + std::string(type.substr(0, 40)) + "'.");
  else if (type == "remove" && property.attribute("value"))
    refuse("A property that is removed has no value=.",
           "setting 'value' attribute of 'qemu:property' doesn't make sense with 'remove' type");
  else if (type != "remove" && !property.attribute("value"))
    refuse("A property of <qemu:override> has no value=.", "missing 'value' attribute for 'qemu:property'");
  else if (type == "bool" && !is_among(value, "true|false"))
    refuse("A property of type bool is true or false.", wrong);
  else if (is_among(type, "signed|unsigned") && !is_number)
    refuse("A property of type " + std::string(type) + " is a decimal number.", wrong);
}

}  // namespace

void read_qemu_elements(pugi::xml_node domain_node, const std::function<std::size_t(pugi::xml_node)>& line_of, Domain& domain) {
  for (const auto node : domain_node.children()) {
    const auto kind = local_name(node.name());
    if ((kind != "commandline" && kind != "override") || !is_of_qemu(node)) continue;
    std::vector<CommandWord> words;
    if (kind == "commandline")
      for (const auto argument : node.children())
        if (local_name(argument.name()) == "arg") words.push_back({argument.attribute("value").value(), line_of(argument)});
    read_command_words(words, domain);
    if (!leaves_json_out(domain_node)) read_settings(words, domain);
    if (kind != "override") continue;
    for (const auto device : node.children())
      for (const auto frontend : device.children())
        for (const auto property : frontend.children()) {
          if (local_name(property.name()) != "property") continue;
          judge_property(property, line_of(property), domain);
          const std::string key = property.attribute("name").value(), value = property.attribute("value").value();
          if (key == "host" && value.find(':') != std::string::npos)
            read_command_words({{"vfio-pci,host=" + value, line_of(property)}}, domain);
          if (key == "sysfsdev") read_command_words({{"vfio-pci,sysfsdev=" + value, line_of(property)}}, domain);
          if (key.starts_with("x-pci-"))
            domain.notes.push_back("The domain overrides " + key.substr(0, 60) +
                                   ": the guest sees other ids than the device has.");
        }
  }
}

}  // namespace vfio_doctor
