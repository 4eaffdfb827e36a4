/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/channel.h - memory that a process of the host shares with the machine: the last 64 KiB of
 * node 1, with the words of drivers/fdt/channel_source.c (docs/vmm.md, tools/hotplate overlay).
 *
 * The process accesses memory as an observer that bypasses all caches; it is no CPU.
 *   outside  its words and bytes are stored in memory once it has written the sequence number, last
 *   inside   it reads a word once a store to it is performed at the point of coherency
 * So CPUs have to order their stores as for a device that reads memory: by a fence with memory in
 * its sets, and by non-cacheable attributes or cache maintenance.
 */
#pragma once
#include <lib/types.h>

#define CHANNEL_BYTES (64 * KiB)

/* Share the last bytes of the file as memory at `pa`; an unsuitable file is refused. */
void channel_open(const char *path, u64 pa);
/* Take new requests of the process; called every POLL_EVERY steps. */
void channel_poll(void);
