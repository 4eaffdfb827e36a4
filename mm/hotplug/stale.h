/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/stale.h - check that no CPU still translates addresses of removed memory.
 *
 * Call stale_check() before the device is notified: turning off decoding, a slot's power or a DIMM
 * changes the machine's address map; an emulator then flushes every TLB and no stale entry could be
 * found.  On hardware it is the last moment at which a stale access does no harm.  One range at a
 * time, in the consumer of events (mm/hotplug/event.h), no lock held: both functions wait for all
 * CPUs.
 */
#pragma once
#include <lib/types.h>

/* Every CPU loads a few addresses of the linear map of a range that is still present. */
void stale_prime(paddr_t, u64 len);
/* Repeat these loads after the removal.  Returns how many (CPU, address) pairs still read
 * instead of faulting: 0 is correct. */
unsigned stale_check(void);
