# SPDX-License-Identifier: Apache-2.0
"""The press office: outlets, releases, coverage."""
