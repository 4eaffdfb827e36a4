/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/litmus/tables.c - the pages of a litmus test with translation tables; see tables.h. */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/pt/pt.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/litmus/tables.h>

static struct {
	const struct set_head *set;
	const struct set_test *test;
	u32 nr;
	vaddr_t window;
	struct pt_spot spot[SET_PAGES_MAX];
	pte_t usual[SET_PAGES_MAX]; /* of the page's own frame, with all rights that it may have */
	pte_t first[SET_PAGES_MAX];
} tab;

static const struct set_location *page_nr(u32 n)
{
	return (const struct set_location *)set_at(tab.set, tab.test->locations) + n;
}

/* ---- from the set to the machine, and back ---- */

static pte_t real_entry(u64 entry)
{
	u32 n = set_page(tab.set, tab.test, entry);

	return n == SET_ANY ? entry : tab.usual[n] ^ ((entry ^ SET_USUAL) & SET_ENTRY_BITS);
}

u64 tables_real(const struct set_value *v)
{
	switch (v->kind) {
	case SET_ADDRESS:
		return tab.window + v->value / SET_LOCATION * page_size() + v->value % SET_LOCATION;
	case SET_ENTRY_AT:
		return ptr_va(tab.spot[v->value].cell);
	case SET_ENTRY:
		return real_entry(v->value);
	default:
		return v->value;
	}
}

u32 tables_page(vaddr_t va)
{
	u64 n = (va - tab.window) / page_size();

	return va >= tab.window && n < tab.nr ? (u32)n : SET_ANY;
}

u64 tables_shown(u64 value)
{
	u32 page = tables_page(value);

	if (page != SET_ANY)
		return SET_WINDOW + page * SET_LOCATION + value % page_size();
	for (u32 n = 0; n < tab.nr; n++) {
		u64 differs = value ^ tab.usual[n];

		if (value == ptr_va(tab.spot[n].cell))
			return SET_ENTRIES + 8ul * n;
		if (!(differs & ~SET_ENTRY_BITS))
			return page_nr(n)->model | (SET_USUAL ^ differs);
	}
	return value;
}

u64 tables_entry(u32 page)
{
	return tables_shown(*(const volatile u64 *)(const void *)tab.spot[page].cell);
}

/* ---- a round ---- */

void tables_break(void)
{
	struct pt_gather g;

	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_spots_break(&kpt, tab.spot, tab.nr, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
}

void tables_make(void)
{
	pt_spots_put(&kpt, tab.spot, tab.first, tab.nr);
}

u32 tables_ready(bool all)
{
	u32 faults = 0, value;

	pt_visible_here(&kpt, tab.window, tab.nr * page_size());
	for (u32 n = 0; all && n < tab.nr; n++) {
		u64 entry = page_nr(n)->entry;

		if (!(~entry & (SET_VALID | SET_ACCESSED)))
			faults += arch_probe_load32(tab.window + n * page_size(), &value) != 0;
	}
	return faults;
}

/* ---- a test ---- */

static int map_pages(paddr_t frames)
{
	vaddr_t at[SET_PAGES_MAX];

	for (u32 n = 0; n < tab.nr; n++) {
		enum pt_prot prot = PT_R | PT_GLOBAL | (page_nr(n)->code ? PT_X : PT_W);
		paddr_t pa = frames + n * page_size();

		at[n] = tab.window + n * page_size();
		if (vmalloc_map(at[n], &pa, 1, prot)) {
			if (n)
				vmalloc_unmap(tab.window, n);
			return -ENOMEM;
		}
	}
	return pt_spots_find(&kpt, at, tab.nr, tab.spot);
}

int tables_begin(const struct set_head *set, const struct set_test *test, paddr_t frames,
		 struct why *why)
{
	tab.set = set;
	tab.test = test;
	tab.nr = test->locations.nr;
	tab.window = vmalloc_va_alloc(tab.nr);
	if (!tab.window || map_pages(frames)) {
		if (tab.window)
			vmalloc_va_free(tab.window, tab.nr);
		return refuse(why, ENOMEM, "no addresses or tables for %u pages", tab.nr);
	}
	for (u32 n = 0; n < tab.nr; n++)
		tab.usual[n] = tab.spot[n].old;
	for (u32 n = 0; n < tab.nr; n++)
		tab.first[n] = real_entry(page_nr(n)->entry);
	if ((tab.usual[0] & SET_SHARED) == SET_SHARED)
		return 0;
	tables_end();
	return refuse(why, EOPNOTSUPP, "the entries of %s have no shareability", kpt.fmt->name);
}

void tables_end(void)
{
	tables_break();
	pt_spots_put(&kpt, tab.spot, tab.usual, tab.nr);
	vmalloc_unmap(tab.window, tab.nr);
	vmalloc_va_free(tab.window, tab.nr);
}
