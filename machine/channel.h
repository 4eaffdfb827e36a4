/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/channel.h - memory that a process of the host shares with the machine: the last 64 KiB of
 * node 1, with the words of drivers/fdt/channel_source.c (docs/vmm.md, tools/hotplate overlay).
 *
 * The process and its file are an agent of memory that looks around all caches, and no CPU.
 *   outside  its words and bytes are stored when it has announced them, by the sequence, last
 *   inside   it sees a word when a store to it is in memory
 * So what CPUs owe it is what they owe a device that reads memory: order by a fence with memory in
 * its sets, attributes that are not cacheable, or maintenance.
 */
#pragma once
#include <lib/types.h>

#define CHANNEL_BYTES (64 * KiB)

/* The file's last bytes are those at `pa`; a file that cannot be that is refused. */
void channel_open(const char *path, u64 pa);
/* What the process has asked meanwhile; called now and then. */
void channel_look(void);
