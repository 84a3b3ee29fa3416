# SPDX-License-Identifier: Apache-2.0
"""What the page of a party or record shows, made ready to draw: one file per part of the page."""
