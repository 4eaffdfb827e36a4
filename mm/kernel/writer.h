/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/writer.h - who stores to page tables: an actor says so from its first store to its
 * last.
 *
 * The CPU's class goes into every event (struct pt_event, mm/pt/pt_tap.h), so that a log of entries
 * can tell hot-add from vmalloc and judge the locking claims S1-07, S1-08 and S1-16.  It is for
 * taps alone: nothing in mm/ decides by it.
 *
 * Any context: the class belongs to the CPU, and an interrupt that nests leaves it as it found it.
 * Uses nest (hot-add calls vmalloc() for lists of its own): the inner actor's name holds until it
 * leaves.  An actor that has a lock of its own enters after it took the lock and leaves before it
 * releases it, but after its gather was flushed.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/pt/pt_tap.h>

/* The CPU stores on behalf of `who` from now on; what it was before, for writer_leave(). */
static inline enum pt_writer writer_enter(enum pt_writer who)
{
	struct cpu *cpu = this_cpu();
	enum pt_writer was = (enum pt_writer)cpu->writer;

	cpu->writer = (u8)who;
	return was;
}

static inline void writer_leave(enum pt_writer was)
{
	this_cpu()->writer = (u8)was;
}
