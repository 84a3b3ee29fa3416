# SPDX-License-Identifier: Apache-2.0
"""The JSON interface for programs, below ``/api/v1``."""
