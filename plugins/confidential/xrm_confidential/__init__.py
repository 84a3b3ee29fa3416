# SPDX-License-Identifier: Apache-2.0
"""Confidential people and organizations: seen by those who are named, and by nobody else."""
