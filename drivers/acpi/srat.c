/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/srat.c - memory affinity; see srat.h.
 *
 * madt.c reads the CPU entries of the same table.
 */
#include <drivers/acpi/srat.h>
#include <drivers/acpi/tables.h>

#define ENTRIES_AT 48 /* after the header and twelve reserved bytes */
enum { MEMORY_TYPE = 1, MEMORY_BYTES = 40 };
/* Offsets in a memory affinity structure (5.2.16.2). */
enum { AT_PROXIMITY = 2, AT_BASE = 8, AT_LENGTH = 16, AT_FLAGS = 28 };
enum { ENABLED = 1, HOTPLUGGABLE = 2, NON_VOLATILE = 4 };

/* RAM at boot: neither a hot-plug window nor persistent memory. */
static bool is_plain(const struct srat_range *r)
{
	return !r->hotpluggable && !r->non_volatile;
}

/* RAM in two entries is a fault: its node would be ambiguous.  Persistent memory may be in a
 * hot-plug window. */
static bool overlaps(const struct srat *s, const struct srat_range *r)
{
	for (unsigned i = 0; i < s->nr; i++) {
		const struct srat_range *o = &s->range[i];

		if (is_plain(r) && is_plain(o) && r->pa < o->pa + o->len && o->pa < r->pa + r->len)
			return true;
	}
	return false;
}

/* One memory affinity structure of full length; disabled or empty ones are skipped silently. */
static void memory(struct srat *s, const u8 *e)
{
	u32 flags = table_u32(e + AT_FLAGS);
	struct srat_range r = {
		.pa = table_u64(e + AT_BASE),
		.len = table_u64(e + AT_LENGTH),
		.proximity = table_u32(e + AT_PROXIMITY),
		.hotpluggable = flags & HOTPLUGGABLE,
		.non_volatile = flags & NON_VOLATILE,
	};

	if (!(flags & ENABLED) || !r.len)
		return;
	if (r.pa + r.len < r.pa || s->nr == SRAT_RANGES || overlaps(s, &r)) {
		s->bad++;
		return;
	}
	s->range[s->nr++] = r;
}

/* An entry with an impossible length ends the table: the offset of the next one is unknown. */
void srat_read(struct srat *s, const u8 *table, u32 len)
{
	s->nr = s->bad = 0;
	for (u32 at = ENTRIES_AT, bytes; at < len; at += bytes) {
		bytes = len - at < 2 ? 0 : table[at + 1];
		if (bytes < 2 || bytes > len - at) {
			s->bad++;
			return;
		}
		if (table[at] != MEMORY_TYPE)
			continue;
		if (bytes < MEMORY_BYTES)
			s->bad++;
		else
			memory(s, table + at);
	}
}

/* Compares differences, because the end of a range may overflow. */
const struct srat_range *srat_window(const struct srat *s, paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < s->nr; i++) {
		const struct srat_range *r = &s->range[i];

		if (r->hotpluggable && pa >= r->pa && pa - r->pa <= r->len &&
		    len <= r->len - (pa - r->pa))
			return r;
	}
	return NULL;
}

bool srat_has_windows(const struct srat *s)
{
	for (unsigned i = 0; i < s->nr; i++)
		if (s->range[i].hotpluggable)
			return true;
	return false;
}
