/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/events/stale.h - has any CPU kept a translation of memory that was removed?
 *
 * To be asked before the device is told: switching off decoding, a slot's power or a DIMM changes
 * the machine's address map, and an emulator drops every TLB then, so that nothing could be seen
 * afterwards.  On hardware it is the last moment at which a stale access does no harm.
 * One range at a time, in the consumer of events.
 */
#pragma once
#include <lib/types.h>

/* Every CPU loads a few addresses of the linear map of a range that is there. */
void stale_prime(paddr_t, u64 len);
/* The same loads again: how many (CPU, address) pairs still read instead of faulting. */
unsigned stale_check(void);
