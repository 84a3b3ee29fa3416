# SPDX-License-Identifier: Apache-2.0
"""The pages below ``/admin``: one file per subject, listed in ``sections``."""
