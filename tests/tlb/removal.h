/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/tlb/removal.h - the order of a removal's effects on the machine, read from the events
 * recorded at the choke points.  QEMU cannot show a violation (no walk cache), so the order is
 * checked.
 */
#pragma once
#include <tests/harness/util.h>

/* Remove one block of page leaves and keep the events in `recorded`, by the remove scheme of that
 * name (NULL: that of the boot).  False: no range, or a check failed. */
bool removal_record_by(struct test_run *, const char *remove);
bool removal_record(struct test_run *);
bool removal_is_table(const struct pt_event *); /* did the event clear an entry to a table? */
