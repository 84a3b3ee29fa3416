# SPDX-License-Identifier: Apache-2.0
"""xrm: one graph of people and organizations and what they are to us."""
