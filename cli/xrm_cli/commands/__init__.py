# SPDX-License-Identifier: Apache-2.0
"""One module per noun; each command parses, makes one call into core and gives the result."""
