// SPDX-License-Identifier: GPL-2.0-or-later
// The groups about what a guest with devices needs of its host: "memory", "room" and "sharing".
#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {

template <>
struct Description<HugePagePool> {
  using S = HugePagePool;
  static Members<S> members() {
    return {
        member("page_kib", "Size of one page.", &S::page_kib),
        member("total", "How many pages there are.", &S::total),
        member("free", "How many of them nobody uses.", &S::free),
    };
  }
};

template <>
struct Description<MemoryNode> {
  using S = MemoryNode;
  static Members<S> members() {
    return {
        member("number", "Of the NUMA node.", &S::number),
        member("total_kib", "Its memory.", &S::total_kib),
        member("pools", "Its huge pages.", &S::pools),
    };
  }
};

template <>
struct Description<LockLimitLine> {
  using S = LockLimitLine;
  static Members<S> members() {
    return {
        member("who", "alice, @kvm or *.", &S::who),
        member("value", "unlimited or KiB, as written.", &S::value),
        member("file", "FILE:LINE.", &S::file),
    };
  }
};

template <>
struct Description<MemoryFacts> {
  using S = MemoryFacts;
  static Members<S> members() {
    return {
        member("total_kib", "MemTotal of /proc/meminfo.", &S::total_kib),
        member("available_kib", "MemAvailable.", &S::available_kib),
        member("commit_limit_kib", "CommitLimit.", &S::commit_limit_kib),
        member("committed_kib", "Committed_AS.", &S::committed_kib),
        member("overcommit_mode", "vm.overcommit_memory: 2 is strict.", &S::overcommit_mode),
        member("pools", "Huge pages, by size; null: the kernel has none.", &S::pools),
        member("default_page_kib", "Hugepagesize of /proc/meminfo; null: the kernel has no huge pages.", &S::default_page_kib),
        member("nodes", "Each NUMA node's; empty: there is only one.", &S::nodes),
        member("lock_limits", "Lines about memlock in limits.conf and limits.d.", &S::lock_limits),
        member("mappings_allowed", "dma_entry_limit of vfio_iommu_type1; null: it is not loaded.", &S::mappings_allowed),
    };
  }
};

Member<Host> memory_facts() {
  return member("memory", "Memory: that of a guest with devices is locked, all of it, from the start.", &Host::guest_memory);
}

// ---- room ------------------------------------------------------------------------------------------------------------

template <>
struct Description<FunctionRoom> {
  using S = FunctionRoom;
  static Members<S> members() {
    return {
        member("total_virtual_functions", "How many it can have; null: none.", &S::total_virtual_functions),
        member("runtime_enabled", "power/runtime_enabled; asked of virtual functions alone.", &S::runtime_enabled),
        member("fatal_errors", "AER errors since the boot; asked of functions that VFIO holds.", &S::fatal_errors),
        member("nonfatal_errors", "The same, not fatal.", &S::nonfatal_errors),
    };
  }
};

template <>
struct Description<FirmwarePicture> {
  using S = FirmwarePicture;
  static Members<S> members() {
    return {
        member("name", "BOOTFB, efifb and the like, as /proc/iomem has it.", &S::name),
        member("function", "In whose memory it lies.", &S::function),
    };
  }
};

template <>
struct Description<RoomFacts> {
  using S = RoomFacts;
  static Members<S> members() {
    return {
        member("functions", "By address; graphics, accelerators, SR-IOV, functions that VFIO holds or that have no address.",
               &S::functions),
        member("pictures", "What the firmware drew into functions' memory.", &S::pictures),
        member("physical_bits", "Width of the processor's physical addresses; null: it does not say.", &S::physical_bits),
    };
  }
};

Member<Host> room_facts() { return member("room", "Memory regions, virtual functions and error counters.", &Host::room); }

// ---- sharing ---------------------------------------------------------------------------------------------------------

template <>
struct Description<MediatedDevice> {
  using S = MediatedDevice;
  static Members<S> members() {
    return {
        member("uuid", "Its name.", &S::uuid),
        member("parent", "The function that carries it; null: none is named.", &S::parent),
    };
  }
};

template <>
struct Description<SharingFacts> {
  using S = SharingFacts;
  static Members<S> members() {
    return {
        member("mediated", "Mediated devices; null: no driver offers any.", &S::mediated),
        member("mediating", "Functions that offer mediated devices.", &S::mediating),
        member("nvidia_types", "By virtual function that the driver nvidia holds: its vGPU type; 0: none is chosen.",
               &S::nvidia_types),
    };
  }
};

Member<Host> sharing_facts() { return member("sharing", "Cards that are given out in parts.", &Host::sharing); }

}  // namespace vfio_doctor
