// SPDX-License-Identifier: GPL-2.0-or-later
// Trees on a disk, and a kernel that cannot keep a search for a path below one of them.
#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>

namespace vfio_doctor::testing {

inline void write_file(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// Answers `question` in a thread for which the kernel refuses openat2, as kernels before 5.6 and some containers do.
template <class Question>
auto without_openat2(Question question) {
  std::invoke_result_t<Question> answer;
  bool refused = false;
  std::thread([&] {
    std::array<sock_filter, 4> filter = {sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
                                         sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
                                         sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                                         sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program = {filter.size(), filter.data()};
    refused = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
    answer = question();
  }).join();
  EXPECT_TRUE(refused) << "this kernel has no system call filters";
  return answer;
}

}  // namespace vfio_doctor::testing
