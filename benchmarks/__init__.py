# SPDX-License-Identifier: Apache-2.0
"""Figures of the product beside the raw database: one file per row of the table."""
