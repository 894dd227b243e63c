# SPDX-License-Identifier: GPL-2.0-or-later
"""Why the lab could not run."""


class LabError(Exception):
    """The lab cannot run like this; the message says what is missing or what to do."""
