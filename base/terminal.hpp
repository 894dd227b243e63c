// SPDX-License-Identifier: GPL-2.0-or-later
// What standard output is: a terminal that shows colour, and how wide.
#pragma once

namespace vfio_doctor {

enum class ColorChoice { automatic, always, never };

/// Whether to colour standard output. Chosen automatically: a terminal that is not "dumb", unless NO_COLOR is set
/// (https://no-color.org).
bool use_color(ColorChoice choice);

/// Columns of the terminal on standard output; 80 where it is none or does not say.
unsigned terminal_columns();

}  // namespace vfio_doctor
