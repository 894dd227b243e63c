// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// Stands in reports for a value that nobody but its owner should read.
inline constexpr std::string_view secret_mask = "[masked]";

/// True for a key that says of itself that its value is a secret: "rd.iscsi.password", "api_key", "inst.sshpw",
/// "systemd.set_credential". Looks at whole words, so that "keyboard", "bypass", "authorized_default" and "hotkey" are none.
bool is_secret_key(std::string_view key);

/// The same, with the value: a key that names a file or a device ("rd.luks.key=/boot/x.key") gives nothing away.
bool is_secret(std::string_view key, std::string_view value);

/// "key=value" to be shown, where the value may hold blanks that mask_secrets() would take for its end.
std::string shown_setting(std::string_view key, const std::optional<std::string>& value);

/// True in doubt. Quicker than masking: a report has tens of thousands of texts, and hardly one of them has a secret.
bool may_hold_a_secret(std::string_view text);

/// Masks what stands behind such keys ("key=value", "key: value", "--key value", "\"key\": \"value\""), the account in
/// "scheme://user:password@host", dracut's "iscsi:user:password@host", "Bearer ..." and GRUB's password hashes. All else
/// stays to the byte; to mask twice changes nothing more.
std::string mask_secrets(std::string_view text);

}  // namespace vfio_doctor
