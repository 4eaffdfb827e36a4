/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/soak_saved.c - the state of a soak that survives a restart, a crash and a reset of
 * the machine.
 *
 * Two copies are written in turn, so a reset in the middle of a store loses one cycle and not
 * the soak. A crash calls soak_save(), which takes no lock.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <tests/harness/test.h>
#include <tlblab/soak_internal.h>

#define MAGIC "HOTPLATE-SOAK-1"

static struct soak_saved slots[2] PERSISTENT __attribute__((aligned(64)));
_Static_assert(sizeof(struct soak_saved) % 8 == 0, "the checksum is over words");

static u64 start_ns; /* start of the time not yet in soak.saved.ns */
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
	return (soak.saved.ns + (soak.active ? clock_ns() - start_ns : 0)) / 1000000;
}

/* Add whole nanoseconds from one reading to the next: a cycle may be far shorter than a
 * millisecond. */
static void account(struct soak_saved *k)
{
	u64 now = clock_ns(), ops = tlb_ops_now();

	k->ns += now - start_ns;
	k->tlb_ops += ops - tlb_before;
	start_ns = now;
	tlb_before = ops;
}

void soak_save(void)
{
	struct soak_saved *k = &soak.saved, *slot = &slots[++k->seq % 2];

	if (soak.active)
		account(k);
	persist_open(&slot->head);
	*slot = *k;
	persist_seal(&slot->head, MAGIC, sizeof(*slot));
}

bool soak_adopt(void)
{
	const struct soak_saved *newest = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(slots); i++)
		if (persist_valid(&slots[i].head, MAGIC, sizeof(slots[i])) &&
		    (!newest || slots[i].seq > newest->seq))
			newest = &slots[i];
	if (newest)
		soak.saved = *newest;
	return newest && newest->running;
}
