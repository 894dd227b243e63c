// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/command_line.hpp"

int main(int count, char** arguments) { return vfio_doctor::run_program(count, arguments); }
