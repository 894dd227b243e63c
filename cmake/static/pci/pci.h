/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands in for libpci in the static program: distributions have no archive (.a) of it. It is asked only where its list of names
   lies, and this knows of no place; then the usual ones are tried. */
#ifndef VFIO_DOCTOR_STATIC_PCI_H
#define VFIO_DOCTOR_STATIC_PCI_H

#include <stdlib.h>

struct pci_access {
  char* id_file_name;
};

static inline struct pci_access* pci_alloc(void) { return (struct pci_access*)calloc(1, sizeof(struct pci_access)); }
static inline void pci_cleanup(struct pci_access* access) { free(access); }

#endif
