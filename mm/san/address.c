/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/san/address.c - detects accesses to free pages of the linear map (SAN=address): the check that
 * code compiled with -fsanitize=kernel-address calls at each access, and the marks in the shadow
 * (mm/kernel/shadow.h).
 *
 * The shadow of a page in use is 0, that of a page which the buddy has is SHADOW_FREE.  It changes
 * where the poison tap is called (mm/page/buddy_zone.h): mk/san.mk wraps these functions, and
 * switches shadow=on and poison=on on.
 *
 *   boot       boot memory has its shadow: every free chunk is marked
 *   hot-add    a block is brought online: its shadow was populated before, and its pages are marked
 *              when the buddy gets them
 *   offline    its pages are taken from the buddy unmarked; then its shadow is removed, and
 *              accesses to it are no longer checked
 *
 * An access is checked if its address has a shadow: that of boot RAM and of blocks online.  Only
 * whole pages are marked, so the first and the last byte of an access decide.
 *
 * The ranges below change under the hotplug lock held for write, and are read without a lock.  A
 * range becomes empty before its shadow is removed: a CPU that is inside a check of its memory at
 * that time accesses memory that is not in use, and faults.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/err.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/shadow.h>
#include <mm/page/buddy_zone.h>
#include <mm/page/region.h>
#include <mm/san/address.h>

enum { SHADOW_FREE = 0xff, RANGES_MAX = 256, PAGE_BYTES_MIN = 4096 };

/* Addresses of the linear map that have a shadow: [from, to), atomic; from == to: none. */
static struct shadow_range {
	u64 from, to;
} ranges[RANGES_MAX];
static u32 ranges_nr;   /* atomic: number of used slots; 0: nothing is checked yet */
static u32 loads_muted; /* atomic; see __wrap_sanitize_mute() */

/* ---- ranges ---- */

static bool has_shadow_at(vaddr_t va)
{
	u32 nr = atomic_load_acquire(&ranges_nr);

	for (u32 i = 0; i < nr; i++)
		if (va >= atomic_load_relaxed(&ranges[i].from) &&
		    va < atomic_load_acquire(&ranges[i].to))
			return true;
	return false;
}

static void range_begin(paddr_t pa, u64 len)
{
	u32 i = 0;

	while (i < ranges_nr && ranges[i].from != ranges[i].to)
		i++;
	if (i == RANGES_MAX)
		return; /* memory that is not checked */
	atomic_store_relaxed(&ranges[i].from, linear_va(pa));
	/* release: the shadow is populated and the range begins before it is read */
	atomic_store_release(&ranges[i].to, linear_va(pa) + len);
	if (i == ranges_nr)
		atomic_store_release(&ranges_nr, i + 1);
}

static void range_end(paddr_t pa)
{
	for (u32 i = 0; i < ranges_nr; i++)
		if (ranges[i].from == linear_va(pa))
			atomic_store_relaxed(&ranges[i].to, ranges[i].from);
}

/* ---- marks ---- */

static void mark_pages(const struct page *p, u64 nr, u8 mark)
{
	vaddr_t va = ptr_va(page_ptr(p));
	u64 word = mark * 0x0101010101010101ul;
	const u64 line[8] = { word, word, word, word, word, word, word, word };

	if (has_shadow_at(va))
		arch_store_template(va_ptr(shadow_va(va)),
				    (nr << page_shift() >> SHADOW_SCALE) / sizeof(line), line);
}

void __real_poison_fill(struct page *, unsigned order);
void __real_poison_check(struct page *, unsigned order);
void __real_poison_forget(struct page *, u64 nr);
void __real_buddy_give(pfn_t, u64 nr, unsigned node, enum zone_id);
void __wrap_poison_fill(struct page *, unsigned order);
void __wrap_poison_check(struct page *, unsigned order);
void __wrap_poison_forget(struct page *, u64 nr);
void __wrap_buddy_give(pfn_t, u64 nr, unsigned node, enum zone_id);

void __wrap_poison_fill(struct page *p, unsigned order)
{
	__real_poison_fill(p, order);
	mark_pages(p, 1ul << order, SHADOW_FREE);
}

void __wrap_poison_check(struct page *p, unsigned order)
{
	mark_pages(p, 1ul << order, 0);
	__real_poison_check(p, order);
}

void __wrap_poison_forget(struct page *p, u64 nr)
{
	mark_pages(p, nr, 0);
	__real_poison_forget(p, nr);
}

/* ---- hotplug ---- */

static void follow_block(const struct block *b)
{
	paddr_t pa = b->first_pfn << page_shift();

	if (ranges_nr && !shadow_late && !has_shadow_at(linear_va(pa)))
		range_begin(pa, layout.block_bytes);
}

/* No CPU can have allocated any of these pages yet.  The block has its shadow (NOTE_GOING_ONLINE).
 */
void __wrap_buddy_give(pfn_t pfn, u64 nr, unsigned node, enum zone_id zone)
{
	const struct block *b = block_find(pfn);

	if (b)
		follow_block(b);
	mark_pages(pfn_to_page(pfn), nr, SHADOW_FREE);
	__real_buddy_give(pfn, nr, node, zone);
}

/* Notifiers are called in the order of their files: this one before that of mm/kernel/shadow.c. */
static int address_follow(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	(void)why;
	for (u64 at = 0; note == NOTE_OFFLINE && at < len; at += layout.block_bytes)
		range_end(pa + at);
	return 0;
}

static const struct hotplug_notifier address_notifier = { .name = "address",
							  .call = address_follow };
HOTPLUG_NOTIFIER(address, address_notifier);

int __real_shadow_boot(struct why *);
int __wrap_shadow_boot(struct why *);
bool __real_arg_flag(const struct args *, enum arg_id);
bool __wrap_arg_flag(const struct args *, enum arg_id);

/* One CPU; nothing else of boot memory has been freed since it has a shadow. */
static void mark_boot_range(const struct mem_range *r)
{
	pfn_t end = (r->pa + r->len) >> page_shift();

	range_begin(r->pa, r->len);
	for (pfn_t pfn = align_up(r->pa, page_size()) >> page_shift(); pfn < end;) {
		const struct page *p = pfn_to_page(pfn);

		if (page_state(p) == PAGE_FREE)
			mark_pages(p, page_step(p), SHADOW_FREE);
		pfn += page_step(p);
	}
}

int __wrap_shadow_boot(struct why *why)
{
	const struct mem_range *r;
	int err = __real_shadow_boot(why);

	poison_used = true; /* from here on marks are cleared when pages are allocated */
	for (unsigned n = 0; !err && (r = region_nth(MEM_RAM, n)); n++)
		if (layout_is_mappable(r->pa, r->len))
			mark_boot_range(r);
	return err;
}

/* Switch on the shadow and the marks of freed pages, regardless of the boot arguments. */
bool __wrap_arg_flag(const struct args *args, enum arg_id id)
{
	return id == ARG_SHADOW || id == ARG_POISON || __real_arg_flag(args, id);
}

void __real_sanitize_mute(bool);
void __wrap_sanitize_mute(bool);

/*
 * A test that plants mistakes may let a walker read a freed table.  A write to a free page is
 * reported even then.
 */
void __wrap_sanitize_mute(bool on)
{
	atomic_store_relaxed(&loads_muted, on);
	__real_sanitize_mute(on);
}

/* ---- every access ---- */

static bool is_free_at(vaddr_t va)
{
	return has_shadow_at(va) && *(const volatile u8 *)va_ptr(shadow_va(va)) == SHADOW_FREE;
}

static NOINLINE NORETURN void address_found(vaddr_t va, u64 bytes, bool store, u64 pc)
{
	char where[64];

	atomic_store_relaxed(&ranges_nr, 0); /* the report is not checked */
	symbol_text(pc, where, sizeof(where));
	crash("address: %s of %lu bytes at 0x%lx, physical 0x%lx, in a free page, at %s",
	      store ? "store" : "load", bytes, va, linear_pa(va), where);
}

void address_access(vaddr_t va, u64 bytes, bool store, u64 pc)
{
	vaddr_t last = va + bytes - 1;

	if (!bytes)
		return;
	if ((is_free_at(va) || ((va ^ last) >= PAGE_BYTES_MIN && is_free_at(last))) &&
	    (store || !atomic_load_relaxed(&loads_muted)))
		address_found(va, bytes, store, pc);
}
