# SPDX-License-Identifier: Apache-2.0
"""The web face: pages for people, drawn from the registry; JSON for programs."""
