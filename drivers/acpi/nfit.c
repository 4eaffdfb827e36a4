/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/nfit.c - persistent memory in an NFIT; see nfit.h.
 *
 * Structures of control regions, interleave sets and flush hints describe how a range is
 * distributed over its DIMMs.  They are skipped, because a range is used as a whole.
 */
#include <drivers/acpi/nfit.h>
#include <drivers/acpi/tables.h>
#include <lib/printf.h>
#include <lib/string.h>

#define STRUCTURES_AT 40 /* after the header and four reserved bytes */
#define HEAD 4           /* of a structure: type and length */
enum { SPA_RANGE = 0, SPA_BYTES = 56 };
/* Offsets in a System Physical Address Range structure. */
enum { AT_FLAGS = 6, AT_PROXIMITY = 12, AT_GUID = 16, AT_BASE = 32, AT_LENGTH = 40, AT_ATTR = 48 };
enum { PROXIMITY_VALID = 2, EFI_MEMORY_WB = 8 };

/* GUID of byte-addressable persistent memory, 66f0d379-b4f3-4074-ac43-0d3318b78cdb, in memory
 * order. */
static const u8 persistent[16] = { 0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40,
				   0xac, 0x43, 0x0d, 0x33, 0x18, 0xb7, 0x8c, 0xdb };

/* Report the sentence, and count it: the fuzzer checks the count. */
static void nfit_reject(struct nfit *n, const struct why *why)
{
	n->bad++;
	n->log(why->text);
}

/* Why a range is not used, or NULL.  Ranges of earlier structures take precedence. */
static const char *nfit_fault(const struct nfit *n, const struct nfit_range *r, u64 attributes)
{
	if (!r->len)
		return "it is empty";
	if (r->pa + r->len < r->pa)
		return "it wraps around the end of the address space";
	if (attributes && !(attributes & EFI_MEMORY_WB))
		return "it cannot be cached, so it cannot be used as memory";
	for (unsigned i = 0; i < n->nr; i++)
		if (r->pa < n->range[i].pa + n->range[i].len && n->range[i].pa < r->pa + r->len)
			return "it overlaps another range of the NFIT";
	return n->nr == NFIT_RANGES ? "there are too many" : NULL;
}

/* Handle one range structure of full length. */
static void range(struct nfit *n, const u8 *s)
{
	bool near = s[AT_FLAGS] & PROXIMITY_VALID;
	struct nfit_range r = { .pa = table_u64(s + AT_BASE),
				.len = table_u64(s + AT_LENGTH),
				.proximity = near ? table_u32(s + AT_PROXIMITY) : 0 };
	struct why why = { 0 };
	const char *wrong = nfit_fault(n, &r, table_u64(s + AT_ATTR));

	if (!wrong) {
		n->range[n->nr++] = r;
		return;
	}
	refuse(&why, EINVAL, "NFIT: persistent memory %s is left out: %s",
	       range_text(r.pa, r.len).text, wrong);
	nfit_reject(n, &why);
}

/* Structures are not aligned. */
static u32 u16_at(const u8 *p)
{
	return p[0] | (u32)p[1] << 8;
}

/* A structure with an impossible length ends the list.  A structure that is too short for its type
 * is left out, and the next one is read. */
void nfit_read(struct nfit *n, const u8 *p, u64 len)
{
	struct why why = { 0 };
	u64 bytes;

	n->nr = n->bad = 0;
	for (u64 at = 0; at < len; at += bytes) {
		bytes = len - at < HEAD ? 0 : u16_at(p + at + 2);
		if (bytes < HEAD || bytes > len - at) {
			refuse(&why, EINVAL,
			       "NFIT: the structure at 0x%lx claims %lu of the %lu bytes that are "
			       "left: the rest is left out",
			       at, bytes, len - at);
			nfit_reject(n, &why);
			return;
		}
		if (u16_at(p + at) != SPA_RANGE)
			continue;
		if (bytes >= SPA_BYTES && !memcmp(p + at + AT_GUID, persistent, sizeof(persistent)))
			range(n, p + at);
		if (bytes >= SPA_BYTES)
			continue;
		refuse(&why, EINVAL, "NFIT: the address range at 0x%lx has %lu bytes, not %d", at,
		       bytes, SPA_BYTES);
		nfit_reject(n, &why);
	}
}

/* A table shorter than its header has no structures. */
void nfit_read_table(struct nfit *n, const u8 *table, u64 len)
{
	u64 from = min_u64(len, STRUCTURES_AT);

	nfit_read(n, table + from, len - from);
}

bool nfit_lists(const struct nfit *n, paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < n->nr; i++)
		if (n->range[i].pa == pa && n->range[i].len == len)
			return true;
	return false;
}
