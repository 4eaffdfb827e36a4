# SPDX-License-Identifier: BSD-2-Clause
"""hotplate's own modules, for the tests of a lab."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "tools")]
