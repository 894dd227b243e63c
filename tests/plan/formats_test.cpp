// SPDX-License-Identifier: GPL-2.0-or-later
// Every format of a plan: golden texts, the schema, and names that others wrote.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/input_error.hpp"
#include "base/version.hpp"
#include "plans.hpp"
#include "reports/plan/plan_report.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace testing;

Plan hm170_plan(const std::string& address, const std::vector<Acceptance>& accepted = {}) {
  return plan_on(gather_host(machine_file("../machine/samples/hm170.machine")), want({address}), accepted);
}

struct Named {
  std::string name;
  Plan plan;
};

std::vector<Named> golden_plans() {
  auto start = want({"02:00.0"});
  start.bind = BindWhen::start;
  return {{"wireless", hm170_plan("03:00.0")},
          {"usb-controller", hm170_plan("00:14.0")},
          {"host-disk", hm170_plan("3e:00.0")},
          {"iommu-off", plan_on(usual_host(false), want({"02:00.0"}))},
          {"twin-at-start", plan_on(usual_host(), start)}};
}

TEST(PlanFormats, AreWrittenAsBefore) {
  std::size_t count = 0;
  for (const auto& [name, plan] : golden_plans())
    for (const auto& format : plan_formats()) {
      const auto path = std::string(TESTS_DIR) + "/plan/golden/" + name + "." + std::string(format.name);
      auto rendered = format.render(plan, {});
      for (auto at = rendered.find(program_version); at != std::string::npos; at = rendered.find(program_version, at))
        rendered.replace(at, std::string_view(program_version).size(), "VERSION");
      if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << rendered;
      ++count;
      ASSERT_TRUE(std::filesystem::exists(path)) << path << ": write it with UPDATE_GOLDEN=1";
      EXPECT_EQ(rendered, read_test_file(path)) << path;
    }
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(std::string(TESTS_DIR) + "/plan/golden"))
    --count;
  EXPECT_EQ(count, 0u) << "a golden file is left over, or missing";
}

/// The guide wrote 0x14 where its wireless card has bus 3, slot 0.
TEST(PlanFormats, TheGuidesCardHasItsOwnAddress) {
  const auto xml = render_plan_xml(hm170_plan("03:00.0"), {});
  EXPECT_THAT(xml, HasSubstr("<address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>"));
  EXPECT_THAT(xml, Not(HasSubstr("0x14")));
  EXPECT_THAT(render_plan_qm(hm170_plan("03:00.0"), {}), HasSubstr("qm set VMID --hostpci0 0000:03:00.0,pcie=1"));
  EXPECT_THAT(render_plan_qemu(hm170_plan("03:00.0"), {}), HasSubstr("-device vfio-pci,host=0000:03:00.0\n"));
}

/// Its thermal subsystem is a part of the chipset: no guest has any use of it, and it only loses its driver.
TEST(PlanFormats, TheGuidesUsbControllerLeavesItsThermalSubsystemHere) {
  const auto plan = hm170_plan("00:14.0");
  EXPECT_EQ(plan.devices.at(1).role, DeviceRole::idle);
  EXPECT_EQ(step(plan, "free-0000:00:14.2").commands.size(), 1u);
  const auto xml = render_plan_xml(plan, {});
  EXPECT_THAT(xml, HasSubstr("slot='0x14' function='0x0'"));
  EXPECT_THAT(xml, Not(HasSubstr("function='0x2'")));
}

TEST(PlanFormats, JsonFollowsItsSchema) {
  for (const auto& [name, plan] : golden_plans()) {
    const auto json = nlohmann::json::parse(render_plan_json(plan, {}));
    EXPECT_EQ(schema_violations(json, "docs/schema/plan-1.json"), "") << name;
  }
}

TEST(PlanFormats, APlanIsReadAgain) {
  for (const auto& [name, plan] : golden_plans()) {
    const auto again = read_plan(render_plan_json(plan, {}), name);
    ASSERT_EQ(again.devices.size(), plan.devices.size());
    ASSERT_EQ(again.steps.size(), plan.steps.size());
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      EXPECT_EQ(again.steps[i].id, plan.steps[i].id);
      EXPECT_EQ(again.steps[i].aims, plan.steps[i].aims);
    }
  }
}

TEST(PlanFormats, WhatIsNoPlanIsRefusedInOneLine) {
  for (const std::string text :
       {"", "{", "[]", "{}", "{\"schema\":1}", "{\"schema\":\"vfio-doctor/report/1\"}",
        "{\"schema\":\"vfio-doctor/plan/1\",\"devices\":{}}", "{\"schema\":\"vfio-doctor/plan/1\",\"devices\":[1]}",
        "{\"schema\":\"vfio-doctor/plan/1\",\"devices\":[{\"address\":\"x\",\"role\":\"guest\"}]}",
        "{\"schema\":\"vfio-doctor/plan/1\",\"devices\":[{\"address\":\"0000:01:00.0\",\"role\":\"king\"}]}",
        "{\"schema\":\"vfio-doctor/plan/1\",\"steps\":[{\"id\":\"a\"}]}",
        "{\"schema\":\"vfio-doctor/plan/1\",\"steps\":[{\"id\":\"a\",\"text\":\"b\",\"expects\":[{\"kind\":\"magic\"}]}]}"}) {
    try {
      read_plan(text, "p.json");
      ADD_FAILURE() << text;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), StartsWith("p.json: "));
    }
  }
}

TEST(PlanFormats, SecretsAreMaskedAndTheirCommandsLeftOut) {
  auto plan = hm170_plan("03:00.0");
  plan.steps.front().commands = {"echo root=/dev/sda1 inst.sshpw=hunter2 | sudo tee /etc/kernel/cmdline"};
  plan.notes = {"rd.iscsi.password=hunter2"};
  mask_secrets(plan);
  for (const auto& format : plan_formats()) EXPECT_THAT(format.render(plan, {}), Not(HasSubstr("hunter2"))) << format.name;
  EXPECT_TRUE(plan.steps.front().by_hand);
  EXPECT_TRUE(plan.steps.front().commands.empty());
}

/// A name and a driver that would like to be more than that.
Plan hostile_plan() {
  Plan plan;
  PlannedDevice device;
  device.address = at("0000:03:00.0");
  device.name = "x --> <b>\n$(touch /tmp/owned) `id` '; reboot #\x1b[31m {{ lookup('pipe', 'id') }}";
  device.ids = "8086:24f3";
  device.driver = "a'b $(reboot)\n";
  plan.devices = {device};
  PlanStep one;
  one.id = "bind-0000:03:00.0";
  one.text = device.name;
  one.why = device.name;
  one.commands = {"true"};
  one.undo = {"true"};
  one.risk = device.name;
  plan.steps = {one};
  plan.notes = {device.name};
  plan.accepted = {{"host-console", "0000:03:00.0", device.name, "--accept"}};
  return plan;
}

TEST(PlanFormats, WhatOthersWroteStaysText) {
  const auto plan = hostile_plan();
  for (const auto& format : plan_formats()) {
    const auto text = format.render(plan, {});
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << format.name;
    EXPECT_EQ(text.find("\n$(touch"), std::string::npos) << format.name;
  }
  const auto xml = render_plan_xml(plan, {});
  EXPECT_EQ(xml.find("-->"), xml.rfind(" -->\n<hostdev") + 1);
  EXPECT_THAT(render_plan_ansible(plan, {}), Not(HasSubstr("name: \"x -->  {{")));
}

/// A guest of another form is told in its own words.
TEST(PlanFormats, AGuestOfProxmoxOrOfACommandLine) {
  const auto host = gather_host(machine(usual_host()));
  auto domain = managed_guest("02:00.0");
  auto request = want({"02:00.0"});
  request.domain = &domain;
  EXPECT_THAT(render_plan_text(plan_on(host, request), {}), HasSubstr("virsh edit guest"));
  domain.form = Domain::Form::proxmox;
  const auto of_proxmox = render_plan_text(plan_on(host, request), {});
  EXPECT_THAT(of_proxmox, HasSubstr("--hostpci0 0000:02:00.0,pcie=1"));
  EXPECT_THAT(of_proxmox, HasSubstr("Proxmox VE binds it to vfio-pci when the guest starts"));
  EXPECT_THAT(of_proxmox, Not(HasSubstr("libvirt")));
  domain.form = Domain::Form::command_line;
  const auto of_qemu = render_plan_text(plan_on(host, request), {});
  EXPECT_THAT(of_qemu, HasSubstr("-device vfio-pci,host=0000:02:00.0"));
  EXPECT_THAT(of_qemu, Not(HasSubstr("virsh")));
}

}  // namespace
}  // namespace vfio_doctor
