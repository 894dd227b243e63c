/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands in for libpci in the static program: distributions have no archive (.a) of it. Only its name list is used here, and this
   has none: what has no other name is called by its numbers, in the words of pci_lookup_name(). */
#ifndef VFIO_DOCTOR_STATIC_PCI_H
#define VFIO_DOCTOR_STATIC_PCI_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct pci_access {
  char* id_file_name;
  void (*error)(char* message, ...) __attribute__((noreturn));
  void (*warning)(char* message, ...);
  void (*debug)(char* message, ...);
};

enum { PCI_LOOKUP_VENDOR = 1, PCI_LOOKUP_DEVICE = 2, PCI_LOOKUP_CLASS = 4, PCI_LOOKUP_NO_HWDB = 0x200000 };

static inline struct pci_access* pci_alloc(void) { return (struct pci_access*)calloc(1, sizeof(struct pci_access)); }
static inline void pci_cleanup(struct pci_access* access) { free(access); }
static inline int pci_load_name_list(struct pci_access* access) { return access == NULL; }

static inline char* pci_lookup_name(struct pci_access* access, char* text, int size, int flags, ...) {
  va_list numbers;
  int first, second;
  (void)access;
  va_start(numbers, flags);
  first = va_arg(numbers, int);
  second = flags & PCI_LOOKUP_DEVICE ? va_arg(numbers, int) : 0;
  va_end(numbers);
  if (flags & PCI_LOOKUP_CLASS)
    snprintf(text, (size_t)size, "Class %04x", (unsigned)first);
  else if (flags & PCI_LOOKUP_DEVICE)
    snprintf(text, (size_t)size, "Device %04x:%04x", (unsigned)first, (unsigned)second);
  else
    snprintf(text, (size_t)size, "Vendor %04x", (unsigned)first);
  return text;
}

#endif
