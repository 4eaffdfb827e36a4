# SPDX-License-Identifier: BSD-2-Clause
"""The tests of tests/crash, and what their reports must contain."""


CRASHES = {  # name: (text of the report, a symbol of its backtrace)
    "read_null": ("read of 0x0", "test_crash_read_null"),
    "write_text": ("write to 0xffffffff8", "test_crash_write_text"),
    "jump_wild": ("fetch from 0x1000|instruction .*0x1000", r"run_(attempt|test|geometr\w+)[.\w]*|test_crash_jump_wild"),
    "stack_overflow": ("stack overflow", "recurse"),
    "assertion": (r"cpus_online_nr\(\) > 4711 \(0x4, 0x1267\)", "test_crash_assertion"),
    "on_another_cpu": ("CRASH on CPU [123]: .*0x2000", "fault_there"),
    "write_after_free": ("a free page was written", "test_crash_write_after_free"),
    "lock_order": (r"lock order: .*hotplug.* wanted while test zone", "out_of_order"),
    "walk_unlocked": (r"rwlock_held\(&lock\)", "hotplug_walk"),
    "in_aml": ("read of 0x3000", "acpi_ex_access_region"),
    "write_tail": ("write to 0x.*struct pages that all of a compound share", "test_crash_write_tail"),
    "direct_store": ("write to 0x.*a page that its owner made read-only", "test_crash_direct_store"),
    "direct_free": ("page_free takes PAGE_BUDDY, this page is PAGE_REMAPPED", "test_crash_direct_free"),
    "hang": ("takes no interrupt", "watchdog_check"),
    "damaged_text": ("damaged on purpose", "flip"),
    "damaged_tree": ("damaged on purpose", "flip"),
}
BY_FIRMWARE = 3  # resets by firmware: a CPU that hangs, and a damaged image or tree
