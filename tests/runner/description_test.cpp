// SPDX-License-Identifier: GPL-2.0-or-later
// A description gives the JSON, its schema and its line in the table; what nobody described is noticed.
#include "runner/plugins/description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "base/process/subprocess.hpp"
#include "reports/valid_json.hpp"
#include "runner/plugins/plugin_facts.hpp"

namespace vfio_doctor {

enum class Taste { sweet, sour, unknown };
struct Seed {
  int grams = 0;
};
struct Fruit {
  std::string name = "plum", nickname;
  Observed<Taste> taste = Taste::sour;
  Observed<std::uint16_t> code = std::uint16_t{0x2a};
  std::optional<PciAddress> branch;
  std::map<std::string, bool> kept = {{"cellar", true}};
  std::vector<Seed> seeds = {{3}};
  bool secret = true;
};
/// As Fruit once was: the description below forgets one.
struct Forgotten {
  int told = 0, untold = 0, withheld_one = 0;
  std::optional<Seed> also_told;
};

template <>
struct Words<Taste> {
  static constexpr auto list =
      std::to_array<Word<Taste>>({{Taste::sweet, "sweet"}, {Taste::sour, "sour"}, {Taste::unknown, ""}});
};
template <>
struct Description<Seed> {
  static Members<Seed> members() { return {member("grams", "Its weight in grams.", &Seed::grams)}; }
};
template <>
struct Description<Fruit> {
  using S = Fruit;
  static Members<S> members() {
    return {member("name", "What it is called.", &S::name),
            text_or_null("nickname", "null: none.", &S::nickname),
            member("taste", "How it tastes.", &S::taste),
            hex_member<4>("code", "Its number.", &S::code),
            member("branch", "Where it hangs.", &S::branch),
            member("kept", "By place.", &S::kept),
            member("seeds", "What is in it.", &S::seeds),
            computed<S>("is_ripe", "It can be eaten.", [](const S&) { return true; }),
            withheld(&S::secret, "nobody's business")};
  }
};
template <>
struct Description<Forgotten> {
  static Members<Forgotten> members() {
    return {member("told", "A number.", &Forgotten::told), member("also_told", "A seed.", &Forgotten::also_told),
            withheld(&Forgotten::withheld_one, "on purpose")};
  }
};

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

static_assert(member_count<Fruit>() == 8 && member_count<Forgotten>() == 4 && member_count<Seed>() == 1);
static_assert(enumerator_count<Taste>() == 3);

FactJson schema_of_fruit() {
  Coverage coverage;
  return Form<Fruit>::schema(coverage);
}

TEST(Description, WritesMembersInTheirOrder) {
  EXPECT_EQ(Form<Fruit>::value({}).dump(),
            R"({"name":"plum","nickname":null,"taste":"sour","code":"002a","branch":null,"kept":{"cellar":true},)"
            R"("seeds":[{"grams":3}],"is_ripe":true})");
}

TEST(Description, TellsAbsentUnreadableAndNotRecognisedApart) {
  EXPECT_EQ(Form<Observed<Taste>>::value(Observed<Taste>::absent()).dump(), "null");
  EXPECT_EQ(Form<Observed<Taste>>::value(Observed<Taste>::unreadable("no tongue")).dump(), R"({"unreadable":"no tongue"})");
  EXPECT_EQ(Form<Taste>::value(Taste::unknown).dump(), R"({"unreadable":"not recognised"})");
  EXPECT_EQ(Form<Observed<std::string>>::value({}).dump(), R"({"unreadable":"not read"})");
}

TEST(Description, SchemaSaysTypeAndMeaning) {
  const auto schema = schema_of_fruit();
  const auto& of = schema["properties"];
  EXPECT_EQ(schema["required"].dump(), R"(["name","nickname","taste","code","branch","kept","seeds","is_ripe"])");
  EXPECT_EQ(of["name"].dump(), R"({"description":"What it is called.","type":"string"})");
  EXPECT_EQ(of["nickname"]["anyOf"].dump(), R"([{"type":"string"},{"type":"null"}])");
  EXPECT_EQ(of["taste"]["anyOf"][0].dump(), R"({"anyOf":[{"enum":["sweet","sour"]},{"$ref":"#/$defs/unreadable"}]})");
  EXPECT_EQ(of["code"]["anyOf"].dump(),
            R"([{"type":"string","pattern":"^[0-9a-f]{4}$"},{"type":"null"},{"$ref":"#/$defs/unreadable"}])");
  EXPECT_EQ(of["branch"]["anyOf"][0].dump(), R"({"$ref":"#/$defs/address"})");
  EXPECT_EQ(of["kept"]["additionalProperties"].dump(), R"({"type":"boolean"})");
  EXPECT_EQ(of["seeds"]["items"]["properties"]["grams"]["description"], "Its weight in grams.");
  EXPECT_FALSE(of.contains("secret"));
}

TEST(Description, ForgottenMemberIsNoticed) {
  Coverage coverage;
  Form<Fruit>::schema(coverage);
  EXPECT_THAT(coverage.gaps(), IsEmpty());
  Form<Forgotten>::schema(coverage);
  EXPECT_THAT(coverage.gaps(), ElementsAre("vfio_doctor::Forgotten has 4 members, its description speaks of 3"));
}

// ---- the facts of a host ---------------------------------------------------------------------------------------------

/// A member of a struct below Host was added: describe it in runner/plugins/facts_of_*.cpp, with member() or withheld().
TEST(PluginFacts, EveryMemberOfTheHostIsDescribedOrWithheld) { EXPECT_THAT(undescribed_facts(), IsEmpty()); }

void expect_meanings(const nlohmann::ordered_json& schema, const std::string& path) {
  if (schema.contains("properties"))
    for (const auto& [name, member] : schema["properties"].items()) {
      EXPECT_TRUE(member.value("description", "").ends_with('.')) << path << "." << name;
      expect_meanings(member, path + "." + name);
    }
  if (schema.contains("items")) expect_meanings(schema["items"], path + "[]");
  if (schema.contains("anyOf"))
    for (const auto& one : schema["anyOf"]) expect_meanings(one, path);
}

TEST(PluginFacts, EachHasAMeaning) { expect_meanings(facts_schema()["properties"]["facts"], "facts"); }

TEST(PluginFacts, TableShowsTypeAndMeaning) {
  const auto text = facts_as_text();
  EXPECT_THAT(text, HasSubstr("\npci: The PCI functions.\n"));
  EXPECT_THAT(text, HasSubstr("\npci.functions[].driver: text | null | unreadable\n    The driver bound to it; null: none.\n"));
  EXPECT_THAT(text, HasSubstr("\niommu.groups[].members: list of PCI address\n"));
  EXPECT_THAT(text, HasSubstr("\nboot.entries[].role: \"normal\" | \"recovery\" | \"custom\"\n"));
  EXPECT_THAT(text, HasSubstr("\nvfio.loaded: object of boolean by name\n"));
}

void add_what_guests_need(Host& host, const PciAddress& card) {
  host.guest_memory.pools = std::vector{HugePagePool{2048, 8, 3}};
  host.guest_memory.nodes = {{1, std::uint64_t{4096}, {}}};
  host.guest_memory.lock_limits = {{"@kvm", "unlimited", "/etc/security/limits.conf:7"}};
  host.modules.image_tools = {ImageTool::initramfs_tools};
  host.modules.image = {{"MODULES", {"most"}, "MODULES=most", "/etc/initramfs-tools/initramfs.conf", 20}};
  host.modules.drivers = {{"vfio-pci", {false, "vfio_pci"}}};
  host.modules.parameters = {{"nvidia_drm.modeset", std::string("Y")}};
  host.room.functions[card].total_virtual_functions = 7u;
  host.room.pictures = std::vector{FirmwarePicture{"BOOTFB", card}};
  host.sharing.mediated = std::vector{MediatedDevice{"c0ffee00-0000-4000-8000-000000000001", std::nullopt}};
  host.sharing.nvidia_types[card] = 0u;
  host.access.vfio_nodes = std::vector<std::string>{"vfio", "14"};
  host.access.unit_settings = {{"virtqemud.service", "ProtectKernelModules", "yes", "/etc/systemd/system/a.conf:2"}};
  host.access.udev_rules = {{"SUBSYSTEM==\"vfio\"", "/etc/udev/rules.d/10-a.rules:1"}};
  host.trust.thunderbolt = std::vector{ThunderboltDomain{"domain0", true, std::string("user")}};
  host.trust.removable = {card};
}

/// A host on which every list that plugins get holds something.
Host full_host() {
  const PciAddress card{0, 3, 0, 0};
  Host host;
  PciFunction function;
  function.address = card;
  function.id.vendor = std::uint16_t{0x8086};
  function.vfio_device = std::string("vfio3");
  function.config.acs = AcsCapability{0x5f, 0x1d};
  function.config.pcie_type = PcieType::root_port;
  host.functions = std::vector{function};
  IommuGroup group;
  group.number = 4;
  group.members = {card};
  group.other_members = {"serial8250"};
  group.other_drivers = {Observed<std::string>::absent()};
  group.members_doubt = "the directory could not be listed";
  group.reserved_regions = std::vector<ReservedRegion>{{0xfee00000, 0xfeefffff, "msi"}};
  host.iommu.groups = std::vector{group};
  host.iommu.units = std::vector{IommuUnit{"dmar0", std::string("d2"), Observed<std::string>::absent(),
                                           Observed<bool>::absent(), std::vector<std::string>{"0000:00:02.0"}}};
  host.kernel.version = KernelVersion{6, 12};
  host.kernel.arguments = KernelArguments::parse("quiet iommu=pt");
  host.cpu.vendor = CpuVendor::amd;
  host.cpu.hypervisor = std::string("xen");
  host.firmware.dmar.content = std::string("\x01\xff", 2);
  host.vfio.loaded = {{"vfio", true}};
  host.vfio.installed = {{"vfio", true}};
  host.vfio.modprobe.lines = {{"options", "vfio_pci", "ids=10de:1b80", "/etc/modprobe.d/vfio.conf", 3}};
  host.vfio.modprobe.unread = {"/etc/modprobe.d/locked.conf (Permission denied)"};
  BootLine line;
  line.tokens = {{{"iommu", "pt"}, "/etc/default/grub", 6}};
  host.boot.settings = {{BootSettingKind::kernelstub, "/etc/kernelstub/configuration", line}};
  BootEntry entry;
  entry.role = BootEntryRole::recovery;
  entry.line = 7;
  entry.starts_next = true;
  entry.command_line = line;
  host.boot.entries = {entry};
  host.boot.default_entry = "arch-*";
  host.boot.esp_grub_configs = {{"/boot/efi/EFI/a/grub.cfg", EspGrubConfig::Kind::stub, true}};
  host.boot.unread = {{"/boot/loader", "Permission denied", UnreadCause::permission}};
  host.storage.uses = std::vector{
      StorageUse{"/", "nfs", "/proc/1/mountinfo", {}, {"eth0"}, "no route", Carrier::network, StorageUseKind::mount}};
  host.storage.disk_functions = std::vector{card};
  host.network.paths = std::vector{NetworkPath{"tun0", "tun0", "remote session", "rtnetlink", {}, "a tunnel"}};
  host.network.cards = std::vector{NetworkCard{"eth0", {card}}};
  host.console.inputs = std::vector{InputDevice{"Keys", true, false, {card}}};
  host.console.usb = std::vector{UsbDevice{"046d:c31c", "", "keyboard", card}};
  host.console.framebuffers = std::vector{Framebuffer{"efifb", "/proc/fb", {card}}};
  host.console.boot_displays = {card};
  host.console.lit_screens = std::vector{LitScreen{"card0-DP-1", {card}}};
  host.console.vga_text_console = true;
  host.storage.unopened = {{"sdb", "ceph_bluestore", "/run/udev/data/b8:16", {card}}};
  host.processes.open = {{"/dev/vfio/14", 812, "qemu-system-x86", card}};
  host.interrupts.taken_by_vfio = {{card, "vfio-msix[0](0000:03:00.0)"}};
  add_what_guests_need(host, card);
  return host;
}

nlohmann::json document_of(const Host& host) {
  nlohmann::json facts = nlohmann::json::object();
  for (const auto name : fact_group_names()) facts[std::string(name)] = nlohmann::json::parse(fact_group_json(host, name));
  return {{"schema", "vfio-doctor/facts/1"}, {"protocol", 1}, {"checks", {"a-check"}}, {"privileged", true}, {"facts", facts}};
}

TEST(PluginFacts, KeepTheirSchemaWhereEverythingIsThere) {
  auto document = document_of(full_host());
  EXPECT_EQ(testing::schema_violations(document, FACTS_SCHEMA), "");
  EXPECT_EQ(testing::schema_violations(document_of(Host{}), FACTS_SCHEMA), "");
  document["facts"]["storage"]["uses"][0]["missing"] = "pigeons";
  EXPECT_NE(testing::schema_violations(document, FACTS_SCHEMA), "");
}

/// Built-in checks judge by these: a plugin that cannot see them takes a part for the whole.
TEST(PluginFacts, HoldWhatBuiltInChecksJudgeBy) {
  auto facts = document_of(full_host())["facts"];  // not const: what is missing reads as null
  EXPECT_EQ(facts["iommu"]["groups"][0]["members_doubt"], "the directory could not be listed");
  EXPECT_EQ(facts["cpu"]["hypervisor"], "xen");
  EXPECT_EQ(facts["vfio"]["modprobe"]["lines"][0]["rest"], "ids=10de:1b80");
  EXPECT_EQ(facts["vfio"]["modprobe"]["lines"][0]["file_line"], 3);
  EXPECT_EQ(facts["vfio"]["modprobe"]["unread"][0], "/etc/modprobe.d/locked.conf (Permission denied)");
  EXPECT_EQ(facts["vfio"]["installed"]["vfio"], true);
  EXPECT_EQ(facts["iommu"]["groups"][0]["other_drivers"][0], nullptr);
  EXPECT_EQ(facts["pci"]["functions"][0]["vfio_device"], "vfio3");
  EXPECT_EQ(facts["storage"]["unopened"][0]["kind"], "ceph_bluestore");
  EXPECT_EQ(facts["processes"]["open"][0]["program"], "qemu-system-x86");
  EXPECT_EQ(facts["processes"]["open"][0]["function"], "0000:03:00.0");
  EXPECT_EQ(facts["processes"]["all_seen"], false);
  EXPECT_EQ(facts["processes"]["vfio_interrupts"]["0000:03:00.0"], "vfio-msix[0](0000:03:00.0)");
  EXPECT_EQ(facts["memory"]["pools"][0]["free"], 3);
  EXPECT_EQ(facts["modules"]["image_tools"][0], "initramfs-tools");
  EXPECT_EQ(facts["modules"]["drivers"]["vfio-pci"]["built_in"], false);
  EXPECT_EQ(facts["room"]["functions"]["0000:03:00.0"]["total_virtual_functions"], 7);
  EXPECT_EQ(facts["sharing"]["mediated"][0]["parent"], nullptr);
  EXPECT_EQ(facts["access"]["unit_settings"][0]["value"], "yes");
  EXPECT_EQ(facts["trust"]["thunderbolt"][0]["security"], "user");
  EXPECT_EQ(facts["boot"]["settings"][0]["kind"], "kernelstub");
  EXPECT_EQ(facts["boot"]["entries"][0]["role"], "recovery");
  EXPECT_EQ(facts["boot"]["entries"][0]["file_line"], 7);
  EXPECT_EQ(facts["boot"]["entries"][0]["starts_next"], true);
  EXPECT_EQ(facts["boot"]["default_entry"], "arch-*");
  EXPECT_EQ(facts["boot"]["esp_grub_configs"][0]["kind"], "stub");
  EXPECT_EQ(facts["boot"]["unread"][0]["why"], "Permission denied");
  EXPECT_EQ(facts["boot"]["unread"][0]["cause"], "permission");
  EXPECT_EQ(facts["storage"]["uses"][0]["kind"], "mount");
  EXPECT_EQ(facts["boot"]["grub_config"]["unreadable"], "not read");
  EXPECT_EQ(facts["storage"]["uses"][0]["missing"], "network");
  EXPECT_EQ(facts["storage"]["disk_functions"][0], "0000:03:00.0");
  EXPECT_EQ(facts["network"]["cards"][0]["interface"], "eth0");
  EXPECT_EQ(facts["console"]["boot_displays"][0], "0000:03:00.0");
  EXPECT_EQ(facts["console"]["lit_screens"][0]["connector"], "card0-DP-1");
  EXPECT_EQ(facts["console"]["vga_text_console"], true);
}

/// Shell plugins cut the line by the order of its members: what is there stays, what is new comes behind it.
TEST(PluginFacts, NewMembersStandBehindTheOldOnes) {
  const auto host = full_host();
  EXPECT_THAT(
      fact_group_json(host, "network"),
      ::testing::StartsWith(
          R"({"paths":[{"interface":"tun0","chain":"tun0","use":"remote session","source":"rtnetlink","functions":[],"unresolved":"a tunnel"}],"cards":)"));
  EXPECT_THAT(
      fact_group_json(host, "boot"),
      ::testing::StartsWith(
          R"({"loader":"unknown","loader_reason":"","ostree":false,"settings":[{"file":"/etc/kernelstub/configuration","line":)"
          R"({"arguments":[{"argument":"iommu=pt","place":"/etc/default/grub:6"}],"possible":[],"unknown_part":null},"kind":"kernelstub"}],"entries":)"));
  EXPECT_THAT(fact_group_json(host, "firmware"), HasSubstr(R"("dmar":{"present":{"unreadable":"not read"},"content":"01ff"})"));
}

TEST(PluginFacts, TheProgramShowsThem) {
  const auto output = [](std::vector<std::string> arguments) {
    ProcessRequest request;
    request.program = PROGRAM;
    request.arguments = std::move(arguments);
    request.deadline = std::chrono::seconds(60);
    request.most_output = 1 << 20;
    return run_process(request).output;
  };
  EXPECT_EQ(output({"plugins", "--facts"}), facts_as_text());
  EXPECT_EQ(output({"plugins", "--facts", "--format", "json"}), facts_schema().dump(2) + "\n");
  EXPECT_EQ(output({"plugins", "--facts", "--format", "json"}), testing::read_test_file(FACTS_SCHEMA));
}

}  // namespace
}  // namespace vfio_doctor
