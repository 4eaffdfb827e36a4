/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/events/virtio_mem.h - what a test asks of the virtio-mem devices. */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

/*
 * Ask every device for the state of each part of its usable region and compare with our own map.
 * *parts counts them; 0: there is no device.  -EIO names the first that differs.  In the worker of
 * the boot CPU, while no event is outstanding.
 */
int virtio_mem_audit(u64 *parts, struct why *);
