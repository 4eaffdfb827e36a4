/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/profile_saved.c - profiles that are preserved across restarts: one for each geometry,
 * set of features and CPUs, and back end that was measured since power-on.
 */
#include <kern/args.h>
#include <kern/feature.h>
#include <kern/persist.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <tlblab/profile.h>

#define MAGIC "HOTPLATE-TLB-1"
#define PROFILES 16

struct key {
	char geometry[32], tlb[16], kind[8]; /* kind: profile= */
	u32 caps, bits_off;
	cpumask_t cpus;
};

static struct {
	struct persist head;
	u64 nr; /* profiles ever written */
	struct {
		struct key key;
		struct tlb_profile profile;
	} at[PROFILES];
} store PERSISTENT __attribute__((aligned(64)));
_Static_assert(sizeof(store) % 8 == 0, "the checksum is over words");

static struct key key_of_now(void)
{
	struct key k;

	memset(&k, 0, sizeof(k)); /* padding is compared as well */
	snprintf(k.geometry, sizeof(k.geometry), "%s", layout.fmt->name);
	snprintf(k.tlb, sizeof(k.tlb), "%s", tlb_selected()->s.name);
	snprintf(k.kind, sizeof(k.kind), "%s", arg_text(NULL, ARG_PROFILE));
	k.caps = kpt.caps;
	k.bits_off = feature_bits_off;
	k.cpus = cpus_online();
	return k;
}

static bool whole(void)
{
	return persist_valid(&store.head, MAGIC, sizeof(store));
}

/* The newest profile with this key; PROFILES: none. */
static unsigned find(const struct key *k)
{
	for (u64 n = 0; n < min_u64(store.nr, PROFILES); n++) {
		unsigned i = (unsigned)((store.nr - 1 - n) % PROFILES);

		if (!memcmp(&store.at[i].key, k, sizeof(*k)))
			return i;
	}
	return PROFILES;
}

bool profile_load(struct tlb_profile *p)
{
	struct key k = key_of_now();
	unsigned i = whole() ? find(&k) : PROFILES;

	if (i < PROFILES)
		*p = store.at[i].profile;
	return i < PROFILES;
}

void profile_save(const struct tlb_profile *p)
{
	struct key k = key_of_now();
	unsigned i;

	if (!whole())
		memset(&store, 0, sizeof(store));
	persist_open(&store.head);
	i = find(&k);
	if (i == PROFILES)
		i = (unsigned)(store.nr++ % PROFILES);
	store.at[i].key = k;
	store.at[i].profile = *p;
	persist_seal(&store.head, MAGIC, sizeof(store));
}
