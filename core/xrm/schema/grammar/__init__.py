# SPDX-License-Identifier: Apache-2.0
"""What declaration files may say, and the frozen values they become."""
