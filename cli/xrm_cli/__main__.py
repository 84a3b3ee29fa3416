# SPDX-License-Identifier: Apache-2.0
"""``python -m xrm_cli`` does what ``xrm`` does."""

from __future__ import annotations

from xrm_cli.main import main

if __name__ == "__main__":
    main()
