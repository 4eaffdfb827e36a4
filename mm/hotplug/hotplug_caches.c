/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_caches.c - cache maintenance of memory that is added or removed (ENGINE 6).
 *
 * 64 GiB are 2^30 lines of 64 bytes, and a CPU that wants the hotplug lock waits for the last of
 * them. So a range is maintained in pieces: after each, the CPU reports progress to the watchdog
 * (watchdog_touch()), and idle CPUs take their share of the pieces (kern/crew.h).
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/crew.h>
#include <kern/emulator.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/hotplug_map.h>

/* 32,768 lines of 64 bytes: some milliseconds by instructions, 30 ms by a register of a controller
 * that takes 1 us a line.  A CPU that is woken for a piece is worth its wake-up. */
#define PIECE (2 * MiB)

/*
 * auto: for memory that a removal ejects, but not under an emulator, which has no caches.  leaves:
 * for such memory on every machine.  on: always.
 */
bool hotplug_cache_owed(bool leaves)
{
	const char *value = arg_text(NULL, ARG_CACHE_LEAVE);

	if (!strcmp(value, "auto"))
		return leaves && !emulated_cpu();
	return !strcmp(value, "on") || (leaves && !strcmp(value, "leaves"));
}

void hotplug_cache_pieces(hotplug_cache_fn *fn, vaddr_t va, u64 len)
{
	vaddr_t end = va + len;

	for (vaddr_t at = va; at < end; at += PIECE) {
		fn(at, min_u64(PIECE, end - at));
		watchdog_touch();
	}
}

static u64 pieces_of(u64 len)
{
	return align_up(len, PIECE) / PIECE;
}

struct cache_job {
	const struct crew *crew;
	hotplug_cache_fn *fn;
	vaddr_t va;
	u64 len;
};

/* Unshown (dmb): the machine's DC acts when it is executed (machine/MODEL.md). */
static void share(unsigned nr, void *job)
{
	const struct cache_job *j = job;
	u64 pieces = pieces_of(j->len), from = crew_first(j->crew, pieces, nr) * PIECE;
	u64 to = min_u64(crew_first(j->crew, pieces, nr + 1) * PIECE, j->len);

	/* Full: this CPU knows by an acquire that the last stores to the range were performed, and
	 * an acquire orders no maintenance after it, a DMB does (Arm ARM D7.5.9). */
	atomic_fence_seq_cst();
	hotplug_cache_pieces(j->fn, j->va + from, to - from);
}

void hotplug_cache_wide(hotplug_cache_fn *fn, vaddr_t va, u64 len)
{
	struct crew crew;
	struct cache_job j = { .crew = &crew, .fn = fn, .va = va, .len = len };

	crew_choose(&crew, (unsigned)min_u64(pieces_of(len), CPUS_MAX));
	crew_run(&crew, share, &j);
}
