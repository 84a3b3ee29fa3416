# SPDX-License-Identifier: Apache-2.0
"""The command line: a face of the core like the web, one file per noun under ``commands``."""
