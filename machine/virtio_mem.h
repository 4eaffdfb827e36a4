/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio_mem.h - a virtio-mem device (Virtio 1.2, 5.15) behind the host bridge, or by
 * MMIO (mmio=1): vmem=MIB.
 *
 * Its region follows all other RAM.  A part of it that is not plugged does not answer: an
 * access by a CPU fails, for VIRTIO_MEM_F_UNPLUGGED_INACCESSIBLE is offered, and a driver that does
 * not take it is refused (5.15.4, 5.15.6).  The hypervisor takes a part out of the stage that the
 * guest does not see and waits for all CPUs: what they have stored there before is done, and
 * nothing of it is an SError.  What memory holds when it is plugged no text says.
 *
 * sizes=MIB,MIB,...: which sizes it requests, one when the last one is reached, each at a time of
 * chance.  Of each that is reached stderr tells.  At a reset of the machine all is unplugged, or,
 * by chance, all stays (5.15.5: a device that is busy).
 */
#pragma once
#include <lib/types.h>

extern u64 virtio_mem_bytes; /* vmem= */

/* sizes=; false: no list of sizes. */
bool virtio_mem_sizes(const char *text);
/* The RAM that may be plugged, from `end` of other RAM on. */
void virtio_mem_add(u64 end);
void virtio_mem_power_on(bool again);
