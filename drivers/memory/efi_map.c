/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/memory/efi_map.c - enters UEFI's memory map into the region registry; see efi_map.h. */
#include <drivers/memory/efi_map.h>
#include <drivers/memory/withhold.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page/region.h>

#define FRAME 4096ul
#define PA_END BIT(52)

/* EFI_MEMORY_DESCRIPTOR: the fields of all versions. */
struct efi_range {
	u32 type, pad;
	u64 pa, va, pages, attributes;
};
_Static_assert(sizeof(struct efi_range) == 40, "UEFI 2.10, 7.2.3");

/* Attributes of a descriptor (UEFI 2.10, 7.2.3): cacheable, persistent, special purpose,
 * hot-pluggable, used by runtime services. */
#define ATTR_WB BIT(3)
#define ATTR_NV BIT(15)
#define ATTR_SP BIT(18)
#define ATTR_HOT_PLUGGABLE BIT(20)
#define ATTR_RUNTIME BIT(63)

enum use { NOT_RAM, RAM, TABLES };

/* UEFI 2.10, table 7.10; types that are not listed are not RAM. */
static enum use use_of_type(u32 type)
{
	static const u8 uses[] = {
		[1] = RAM, [2] = RAM,    /* loader code and data: the image, the copied tree */
		[3] = RAM, [4] = RAM,    /* boot services */
		[7] = RAM, [9] = TABLES, /* conventional memory; ACPI reclaim memory */
	};

	return type < ARRAY_SIZE(uses) ? uses[type] : NOT_RAM;
}

/* Persistent memory and memory of runtime services are not RAM, whatever the type. */
static enum use use_of(const struct efi_range *r)
{
	return r->attributes & (ATTR_NV | ATTR_RUNTIME) ? NOT_RAM : use_of_type(r->type);
}

/* Both the number of bytes and the end of the range may exceed 64 bits. */
static bool wraps(const struct efi_range *r)
{
	return r->pages > ~0ul / FRAME || r->pa + r->pages * FRAME < r->pa;
}

/* Why a descriptor is ignored, or NULL.  The last two checks concern RAM only. */
static const char *fault_of(const struct efi_range *r)
{
	if (!r->pages)
		return "it is empty";
	if (wraps(r))
		return "it wraps around the end of the address space";
	if (!is_aligned(r->pa, FRAME))
		return "it is not aligned to pages";
	if (use_of(r) == NOT_RAM)
		return NULL;
	if (r->pa + r->pages * FRAME > PA_END)
		return "it is beyond any physical address";
	return r->attributes & ATTR_WB ? NULL : "it is RAM that cannot be cached";
}

/* The type is printed as its number in the specification. */
static void report_descriptor(const struct efi_map *m, const struct efi_range *r, const char *fault)
{
	char line[160];

	snprintf(line, sizeof(line), "UEFI's memory map: type %u 0x%lx, %lu pages left out: %s",
		 r->type, r->pa, r->pages, fault);
	m->log(line);
}

typedef void each_fn(const struct efi_map *, const struct efi_range *, u64 len);

/* Call fn for every sound descriptor; report the others if log_faults. */
static void each(const struct efi_map *m, each_fn *fn, bool log_faults)
{
	for (u64 at = 0; at + sizeof(struct efi_range) <= m->bytes; at += m->step) {
		struct efi_range r;
		const char *fault;

		memcpy(&r, (const u8 *)m->raw + at, sizeof(r));
		fault = fault_of(&r);
		if (!fault)
			fn(m, &r, r.pages * FRAME);
		else if (log_faults)
			report_descriptor(m, &r, fault);
	}
}

/* The registry merges adjacent RAM and refuses a descriptor that overlaps another. */
static void add_ram(const struct efi_map *m, const struct efi_range *r, u64 len)
{
	struct why why = { 0 };

	if (use_of(r) != NOT_RAM && region_add(r->pa, len, MEM_RAM, 0, &why))
		report_descriptor(m, r, why.text);
}

/* Remove RAM that another descriptor lists as another type: the overlap is not RAM. */
static void efi_remove_overlap(const struct efi_map *m, const struct efi_range *r, u64 len)
{
	if (use_of(r) != NOT_RAM || !region_find(MEM_RAM, r->pa, len))
		return;
	report_descriptor(m, r, "it is also listed as RAM: it is not used");
	region_give_up(r->pa, len);
}

/* Reserve the RAM that contains ACPI tables. */
static void efi_keep_tables(const struct efi_map *m, const struct efi_range *r, u64 len)
{
	struct why why = { 0 };

	if (use_of(r) == TABLES && !region_find(MEM_RESERVED, r->pa, len) &&
	    region_add(r->pa, len, MEM_RESERVED, 0, &why))
		report_descriptor(m, r, why.text);
}

/* Three passes: RAM, then the descriptors that contradict it, then tables inside it.  The order of
 * descriptors is not defined, so one pass would not find every contradiction. */
int efi_map_ram(const struct efi_map *m, struct why *why)
{
	char line[160];

	if (m->step < sizeof(struct efi_range) || !is_aligned(m->step, 8))
		return refuse(why, EINVAL, "UEFI's memory map: descriptors of %u bytes", m->step);
	if (m->version != EFI_MAP_VERSION || m->bytes % m->step) {
		snprintf(line, sizeof(line),
			 "UEFI's memory map: version %u, %lu bytes of descriptors of %u: whole "
			 "descriptors are used",
			 m->version, m->bytes, m->step);
		m->log(line);
	}
	each(m, add_ram, true);
	each(m, efi_remove_overlap, false);
	if (!region_nth(MEM_RAM, 0))
		return refuse(why, EINVAL, "UEFI's memory map: no descriptor of %lu is RAM",
			      m->bytes / m->step);
	each(m, efi_keep_tables, false);
	return 0;
}

/* Hot-pluggable and special-purpose memory is RAM that boot must not use. */
static void withhold(const struct efi_map *m, const struct efi_range *r, u64 len)
{
	const struct withholder w = { .prefix = r->attributes & ATTR_SP ? "UEFI: special purpose"
									: "UEFI: hot-pluggable",
				      .log = m->log };
	struct why why = { 0 };

	if (use_of(r) == RAM && r->attributes & (ATTR_SP | ATTR_HOT_PLUGGABLE) &&
	    withhold_around(&w, r->pa, len, &why))
		m->log(why.text);
}

void efi_map_withhold(const struct efi_map *m)
{
	each(m, withhold, false);
}

/* Types of memory, RAM or not; not registers, broken memory, or types newer than UEFI 2.10. */
static bool is_memory(u32 type)
{
	return type <= 7 || type == 9 || type == 10 || type == 14;
}

/* The end of the memory descriptor that contains `pa`; 0: no descriptor contains it, or not
 * memory. */
static u64 end_of(const struct efi_map *m, paddr_t pa)
{
	for (u64 at = 0; at + sizeof(struct efi_range) <= m->bytes; at += m->step) {
		struct efi_range r;

		memcpy(&r, (const u8 *)m->raw + at, sizeof(r));
		if (!wraps(&r) && pa >= r.pa && pa < r.pa + r.pages * FRAME && is_memory(r.type))
			return r.pa + r.pages * FRAME; /* above pa, so a caller's loop advances */
	}
	return 0;
}

/* A range may be in several descriptors, in any order: each step searches for the descriptor of the
 * next byte. */
bool efi_map_holds(const struct efi_map *m, paddr_t pa, u64 len)
{
	u64 end = pa + len;

	if (end < pa || m->step < sizeof(struct efi_range))
		return false;
	while (pa && pa < end)
		pa = end_of(m, pa);
	return pa >= end;
}
