# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual hosts with real kernels: what vfio-doctor says is compared with what the kernel does."""
