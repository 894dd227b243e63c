// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.hpp"

#include <windows.h>
// After windows.h, whose types they use. Only behind initguid.h does devpkey.h define what it names.
// clang-format off
#include <initguid.h>
#include <devpkey.h>
// clang-format on
#include <cfgmgr32.h>
#include <setupapi.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "wide_text.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::ordered_json;

/// Functions of cfgmgr32.dll that this asks for by name, so that a Windows (or Wine) without one of them still lists its devices.
template <class Function>
Function* find_function(const char* name) {
  static const HMODULE library = ::LoadLibraryW(L"cfgmgr32.dll");
  return library ? reinterpret_cast<Function*>(reinterpret_cast<void*>(::GetProcAddress(library, name))) : nullptr;
}

/// Wine has the names of functions that it cannot do; to call one ends the program.
bool is_wine() {
  const auto library = ::GetModuleHandleW(L"ntdll.dll");
  return library && ::GetProcAddress(library, "wine_get_version");
}

class DeviceSet {
 public:
  DeviceSet() : set_(::SetupDiGetClassDevsW(nullptr, nullptr, nullptr, DIGCF_ALLCLASSES | DIGCF_PRESENT)) {}
  ~DeviceSet() {
    if (is_open()) ::SetupDiDestroyDeviceInfoList(set_);
  }
  DeviceSet(const DeviceSet&) = delete;
  DeviceSet& operator=(const DeviceSet&) = delete;
  bool is_open() const { return set_ != INVALID_HANDLE_VALUE; }
  HDEVINFO get() const { return set_; }

 private:
  HDEVINFO set_;
};

using Words = std::vector<std::string>;

/// The strings of a REG_SZ or REG_MULTI_SZ value.
Words words_of(const std::vector<BYTE>& bytes) {
  Words words;
  std::wstring word;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += sizeof(wchar_t)) {
    const auto unit = static_cast<wchar_t>(bytes[at] | bytes[at + 1] << 8);
    if (unit != 0) {
      word += unit;
    } else if (!word.empty()) {
      words.push_back(to_utf8(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(to_utf8(word));
  return words;
}

/// One device of the set.
class Device {
 public:
  Device(const DeviceSet& set, SP_DEVINFO_DATA& data) : set_(set), data_(data) {}

  std::string instance_id() const {
    wchar_t id[MAX_DEVICE_ID_LEN + 1] = {};
    if (!::SetupDiGetDeviceInstanceIdW(set_.get(), &data_, id, MAX_DEVICE_ID_LEN, nullptr)) return {};
    return to_utf8(id);
  }
  Words registry(DWORD property) const {
    DWORD size = 0;
    ::SetupDiGetDeviceRegistryPropertyW(set_.get(), &data_, property, nullptr, nullptr, 0, &size);
    if (size == 0 || size > most_bytes) return {};
    std::vector<BYTE> bytes(size);
    if (!::SetupDiGetDeviceRegistryPropertyW(set_.get(), &data_, property, nullptr, bytes.data(), size, nullptr)) return {};
    return words_of(bytes);
  }
  Words property(const DEVPROPKEY& key) const {
    DEVPROPTYPE type = 0;
    DWORD size = 0;
    ::SetupDiGetDevicePropertyW(set_.get(), &data_, &key, &type, nullptr, 0, &size, 0);
    if (size == 0 || size > most_bytes) return {};
    std::vector<BYTE> bytes(size);
    if (!::SetupDiGetDevicePropertyW(set_.get(), &data_, &key, &type, bytes.data(), size, nullptr, 0)) return {};
    return type == DEVPROP_TYPE_STRING || type == DEVPROP_TYPE_STRING_LIST ? words_of(bytes) : Words{};
  }
  DEVINST node() const { return data_.DevInst; }

 private:
  static constexpr DWORD most_bytes = 65536;
  const DeviceSet& set_;
  SP_DEVINFO_DATA& data_;
};

std::string first(const Words& words) { return words.empty() ? std::string() : words.front(); }

/// "Status" and "Problem". Without a problem it works only where it was started; one that merely waits says nothing.
void add_status(DEVINST node, Json& json) {
  using GetStatus = CONFIGRET WINAPI(PULONG, PULONG, DEVINST, ULONG);
  auto* get_status = find_function<GetStatus>("CM_Get_DevNode_Status");
  ULONG status = 0, problem = 0;
  if (!get_status || get_status(&status, &problem, node, 0) != CR_SUCCESS) return;
  if (status & DN_HAS_PROBLEM) {
    json["Status"] = "Error";
    json["Problem"] = static_cast<unsigned>(problem);
  } else if (status & DN_STARTED) {
    json["Status"] = "OK";
    json["Problem"] = 0;
  } else {
    json["Status"] = "Stopped";
  }
}

/// What Windows gave the device; nothing where it does not say.
class Resources {
 public:
  explicit Resources(DEVINST node) : node_(node) {}

  void add(Json& json) {
    if (is_wine() || !find_all()) return;
    const auto memory = sizes(ResType_Mem);
    if (!memory) return;
    json["Memory"] = *memory;
    json["Interrupts"] = count(ResType_IRQ);
  }

 private:
  using GetFirst = CONFIGRET WINAPI(PLOG_CONF, DEVINST, ULONG);
  using GetNext = CONFIGRET WINAPI(PRES_DES, RES_DES, RESOURCEID, PRESOURCEID, ULONG);
  using GetSize = CONFIGRET WINAPI(PULONG, RES_DES, ULONG);
  using GetData = CONFIGRET WINAPI(RES_DES, PVOID, ULONG, ULONG);
  using FreeConfiguration = CONFIGRET WINAPI(LOG_CONF);
  using FreeDescriptor = CONFIGRET WINAPI(RES_DES);

  bool find_all() {
    get_first_ = find_function<GetFirst>("CM_Get_First_Log_Conf");
    get_next_ = find_function<GetNext>("CM_Get_Next_Res_Des");
    get_size_ = find_function<GetSize>("CM_Get_Res_Des_Data_Size");
    get_data_ = find_function<GetData>("CM_Get_Res_Des_Data");
    free_configuration_ = find_function<FreeConfiguration>("CM_Free_Log_Conf_Handle");
    free_descriptor_ = find_function<FreeDescriptor>("CM_Free_Res_Des_Handle");
    return get_first_ && get_next_ && get_size_ && get_data_ && free_configuration_ && free_descriptor_;
  }

  /// Calls `visit` for each resource of a type; false where Windows has given the device nothing (it is not started).
  template <class Visit>
  bool each(RESOURCEID type, Visit visit) const {
    LOG_CONF configuration = 0;
    if (get_first_(&configuration, node_, ALLOC_LOG_CONF) != CR_SUCCESS) return false;
    RES_DES from = configuration, found = 0;
    bool is_descriptor = false;
    for (int guard = 0; guard < 4096; ++guard) {
      const auto result = get_next_(&found, from, type, nullptr, 0);
      if (is_descriptor) free_descriptor_(from);
      if (result != CR_SUCCESS) break;
      visit(found);
      from = found;
      is_descriptor = true;
    }
    free_configuration_(configuration);
    return true;
  }

  std::optional<std::vector<std::uint64_t>> sizes(RESOURCEID type) const {
    std::vector<std::uint64_t> found;
    const bool is_known = each(type, [&](RES_DES descriptor) {
      ULONG size = 0;
      if (get_size_(&size, descriptor, 0) != CR_SUCCESS || size < sizeof(MEM_DES) || size > 65536) return;
      std::vector<BYTE> bytes(size);
      if (get_data_(descriptor, bytes.data(), size, 0) != CR_SUCCESS) return;
      MEM_DES memory{};
      std::memcpy(&memory, bytes.data(), sizeof memory);
      if (memory.MD_Alloc_End >= memory.MD_Alloc_Base) found.push_back(memory.MD_Alloc_End - memory.MD_Alloc_Base + 1);
    });
    return is_known ? std::optional(found) : std::nullopt;
  }
  unsigned count(RESOURCEID type) const {
    unsigned found = 0;
    each(type, [&found](RES_DES) { ++found; });
    return found;
  }

  DEVINST node_;
  GetFirst* get_first_ = nullptr;
  GetNext* get_next_ = nullptr;
  GetSize* get_size_ = nullptr;
  GetData* get_data_ = nullptr;
  FreeConfiguration* free_configuration_ = nullptr;
  FreeDescriptor* free_descriptor_ = nullptr;
};

/// The nearest PCI function above a USB device.
std::string controller_of(DEVINST node) {
  using GetParent = CONFIGRET WINAPI(PDEVINST, DEVINST, ULONG);
  using GetId = CONFIGRET WINAPI(DEVINST, PWSTR, ULONG, ULONG);
  auto* get_parent = find_function<GetParent>("CM_Get_Parent");
  auto* get_id = find_function<GetId>("CM_Get_Device_IDW");
  if (!get_parent || !get_id) return {};
  for (int depth = 0; depth < 16; ++depth) {
    DEVINST parent = 0;
    if (get_parent(&parent, node, 0) != CR_SUCCESS) return {};
    wchar_t id[MAX_DEVICE_ID_LEN + 1] = {};
    if (get_id(parent, id, MAX_DEVICE_ID_LEN, 0) != CR_SUCCESS) return {};
    if (auto text = to_utf8(id); text.starts_with("PCI\\")) return text;
    node = parent;
  }
  return {};
}

Json device_json(const Device& device, const std::string& id) {
  Json json;
  json["InstanceId"] = id;
  auto name = first(device.registry(SPDRP_FRIENDLYNAME));
  if (name.empty()) name = first(device.registry(SPDRP_DEVICEDESC));
  json["FriendlyName"] = name;
  json["Class"] = first(device.registry(SPDRP_CLASS));
  json["Present"] = true;
  add_status(device.node(), json);
  if (auto service = first(device.registry(SPDRP_SERVICE)); !service.empty()) json["Service"] = service;
  json["HardwareID"] = device.registry(SPDRP_HARDWAREID);
  json["CompatibleID"] = device.registry(SPDRP_COMPATIBLEIDS);
  json["LocationPaths"] = device.property(DEVPKEY_Device_LocationPaths);
  if (auto location = first(device.registry(SPDRP_LOCATION_INFORMATION)); !location.empty()) json["Location"] = location;
  if (auto inf = first(device.property(DEVPKEY_Device_DriverInfPath)); !inf.empty()) json["Inf"] = inf;
  if (auto version = first(device.property(DEVPKEY_Device_DriverVersion)); !version.empty()) json["DriverVersion"] = version;
  if (id.starts_with("PCI\\")) Resources(device.node()).add(json);
  if (auto controller = id.starts_with("USB\\") ? controller_of(device.node()) : std::string(); !controller.empty())
    json["Controller"] = controller;
  return json;
}

}  // namespace

std::string devices_json() {
  Json all = Json::array();
  const DeviceSet set;
  SP_DEVINFO_DATA data{};
  data.cbSize = sizeof data;
  for (DWORD at = 0; set.is_open() && ::SetupDiEnumDeviceInfo(set.get(), at, &data); ++at) {
    const Device device(set, data);
    const auto id = device.instance_id();
    if (id.starts_with("PCI\\") || id.starts_with("USB\\")) all.push_back(device_json(device, id));
  }
  return all.dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
}

std::string computer_name() {
  wchar_t name[256] = {};
  DWORD size = 255;
  return ::GetComputerNameExW(ComputerNameDnsHostname, name, &size) ? to_utf8(name) : "this guest";
}

std::string windows_version() {
  using GetVersion = LONG WINAPI(OSVERSIONINFOW*);  // GetVersionEx() tells old programs of an old Windows
  const auto library = ::GetModuleHandleW(L"ntdll.dll");
  auto* get_version =
      library ? reinterpret_cast<GetVersion*>(reinterpret_cast<void*>(::GetProcAddress(library, "RtlGetVersion"))) : nullptr;
  OSVERSIONINFOW version{};
  version.dwOSVersionInfoSize = sizeof version;
  if (!get_version || get_version(&version) != 0) return "Windows";
  return "Windows " + std::to_string(version.dwMajorVersion) + "." + std::to_string(version.dwMinorVersion) + "." +
         std::to_string(version.dwBuildNumber);
}

}  // namespace vfio_doctor
