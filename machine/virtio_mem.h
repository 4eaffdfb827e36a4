/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_mem.h - vmem=MIB: a virtio-mem device (Virtio 1.2, 5.15) on the root bus, or by
 * MMIO (mmio=1).
 *
 * Its region follows all other RAM.  A part that is not plugged does not respond: an access by a
 * CPU fails, because VIRTIO_MEM_F_UNPLUGGED_INACCESSIBLE is offered and required (5.15.4, 5.15.6).
 * Unplugging is that of a hypervisor, which removes the part from stage 2 and waits for all CPUs:
 * earlier stores of the CPUs are performed, and none becomes an SError.  The contents of memory
 * that is plugged are undefined.
 *
 * sizes=MIB,MIB,...: the sizes that it requests, each at a random time after the previous one is
 * reached.  It prints a line on stderr for each size that is reached.  At a reset of the machine
 * all parts are unplugged or, by chance, all stay plugged (5.15.5: a device that is busy).
 */
#pragma once
#include <lib/types.h>

extern u64 virtio_mem_bytes; /* vmem= */

/* Parse sizes=; false: it is no list of sizes. */
bool virtio_mem_sizes(const char *text);
/* Add the RAM that may be plugged, after `end`, the end of other RAM. */
void virtio_mem_add(u64 end);
void virtio_mem_power_on(bool again);
