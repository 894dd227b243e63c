// SPDX-License-Identifier: GPL-2.0-or-later
// libarchive, loaded when the first archive or image is read or written. It brings libxml2, ICU and more for formats that nothing here
// has; a hook that runs before every start of a guest has no use for any of it. A static program holds it anyway.
#pragma once

#include <archive.h>
#include <archive_entry.h>

namespace vfio_doctor {

/// The functions that are used, each under its own name.
#define VFIO_DOCTOR_LIBARCHIVE_FUNCTIONS(each)                                                                              \
  each(archive_entry_filetype) each(archive_entry_free) each(archive_entry_hardlink) each(archive_entry_new)                \
      each(archive_entry_pathname) each(archive_entry_set_filetype) each(archive_entry_set_mtime)                           \
          each(archive_entry_set_pathname) each(archive_entry_set_perm) each(archive_entry_set_size)                        \
              each(archive_entry_set_symlink) each(archive_entry_size) each(archive_entry_sparse_count)                     \
                  each(archive_entry_symlink) each(archive_error_string) each(archive_filter_bytes) each(archive_read_data) \
                      each(archive_read_free) each(archive_read_new) each(archive_read_next_header) each(archive_read_open) \
                          each(archive_read_support_filter_gzip) each(archive_read_support_filter_zstd)                     \
                              each(archive_read_support_format_raw) each(archive_read_support_format_tar)                   \
                                  each(archive_set_error) each(archive_write_close) each(archive_write_data)                \
                                      each(archive_write_free) each(archive_write_header) each(archive_write_new)           \
                                          each(archive_write_open) each(archive_write_set_bytes_in_last_block)              \
                                              each(archive_write_set_format_gnutar)

/// Those that stand on libraries of their own: nullptr in a static program, which does not hold them.
#define VFIO_DOCTOR_LIBARCHIVE_MORE_FUNCTIONS(each)                                                                    \
  each(archive_read_support_filter_bzip2) each(archive_read_support_filter_lz4) each(archive_read_support_filter_lzma) \
      each(archive_read_support_filter_xz)

struct LibArchive {
#define VFIO_DOCTOR_MEMBER(name) decltype(&::name) name;
  VFIO_DOCTOR_LIBARCHIVE_FUNCTIONS(VFIO_DOCTOR_MEMBER)
  VFIO_DOCTOR_LIBARCHIVE_MORE_FUNCTIONS(VFIO_DOCTOR_MEMBER)
#undef VFIO_DOCTOR_MEMBER
};

/// InputError where it is not installed or lacks a function.
const LibArchive& libarchive();

}  // namespace vfio_doctor
