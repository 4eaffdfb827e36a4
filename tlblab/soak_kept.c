/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/soak_kept.c - the state of a soak that survives a restart, a crash and a reset of
 * the machine.
 *
 * Two copies are written in turn, so a reset in the middle of a store loses one cycle and not
 * the soak. A crash calls soak_keep(), which takes no lock.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <tests/harness/test.h>
#include <tlblab/soak_internal.h>

#define MAGIC "HOTPLATE-SOAK-1"

static struct soak_kept slots[2] KEPT __attribute__((aligned(64)));
_Static_assert(sizeof(struct soak_kept) % 8 == 0, "the checksum is over words");

static u64 start_ns; /* start of the time not yet in soak.kept.ns */
static u64 tlb_before;

static u64 tlb_ops_now(void)
{
	struct tlb_stats s;

	tlb_stats_read(&s);
	return s.ops;
}

void soak_clock_start(void)
{
	start_ns = clock_ns();
	tlb_before = tlb_ops_now();
}

u64 soak_now_ms(void)
{
	return (soak.kept.ns + (soak.active ? clock_ns() - start_ns : 0)) / 1000000;
}

/* Add whole nanoseconds from one reading to the next: a cycle may be far shorter than a
 * millisecond. */
static void account(struct soak_kept *k)
{
	u64 now = clock_ns(), ops = tlb_ops_now();

	k->ns += now - start_ns;
	k->tlb_ops += ops - tlb_before;
	start_ns = now;
	tlb_before = ops;
}

void soak_keep(void)
{
	struct soak_kept *k = &soak.kept, *slot = &slots[++k->seq % 2];

	if (soak.active)
		account(k);
	kept_open(&slot->head);
	*slot = *k;
	kept_seal(&slot->head, MAGIC, sizeof(*slot));
}

bool soak_adopt(void)
{
	const struct soak_kept *newest = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(slots); i++)
		if (kept_whole(&slots[i].head, MAGIC, sizeof(slots[i])) &&
		    (!newest || slots[i].seq > newest->seq))
			newest = &slots[i];
	if (newest)
		soak.kept = *newest;
	return newest && newest->running;
}
