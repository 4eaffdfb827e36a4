/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/writer.h - record which actor stores to page tables, from its first store to its last.
 *
 * Every event contains the CPU's writer class (struct pt_event, mm/pt/pt_tap.h), so that a log of
 * entries can distinguish hot-add from vmalloc and check the locking claims S1-07, S1-08 and S1-16.
 * Only taps use it.
 *
 * Any context: the class belongs to the CPU, and an interrupt handler restores it. Uses nest
 * (hot-add calls vmalloc() for its lists): the inner actor's class is valid until its
 * writer_leave().  An actor that has a lock of its own enters after it took the lock and leaves
 * before it releases it, but after its gather was flushed.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/pt/pt_tap.h>

/* The CPU stores on behalf of `who` from now on; returns the previous class, for writer_leave(). */
static inline enum pt_writer writer_enter_on(struct cpu *cpu, enum pt_writer who)
{
	enum pt_writer was = (enum pt_writer)cpu->writer;

	cpu->writer = (u8)who;
	return was;
}

static inline enum pt_writer writer_enter(enum pt_writer who)
{
	return writer_enter_on(this_cpu(), who);
}

/* _on(): for a caller that has looked up the CPU that it runs on. */
static inline void writer_leave_on(struct cpu *cpu, enum pt_writer was)
{
	cpu->writer = (u8)was;
}

static inline void writer_leave(enum pt_writer was)
{
	writer_leave_on(this_cpu(), was);
}
