/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/meta.c - the specified numbers with sections of 128 MiB and struct pages of
 * 64 bytes: the place of the memmap, its heads and tails, the usable rest (S2-12 to S2-18).
 */
#include "model.h"
#include <string.h>

#define HOT 0x80000000ul

static struct digest before;

static void boot(u64 block, u64 hot)
{
	model_boot((struct model_shape) { .block = block, .hot = hot, .at = HOT });
	digest_take(&before);
}

static void add(const char *memmap, u64 len, struct hotplug_report *r)
{
	struct hotplug_opts o = model_opts(memmap);

	memset(model_phys(HOT), 0xa5, 64 * MiB); /* the content of memory that is added (S2-29) */
	OK(hotplug_add(HOT, len, 1, &o, r, why));
}

static void remove_all(u64 len)
{
	struct digest after;

	OK(hotplug_remove(HOT, len, NULL, NULL, why));
	digest_take(&after);
	SAME(&before, &after);
	model_audit();
}

/* One reservation: head, tails, its pages, and its own struct pages (S2-16, S2-27). */
static void check_altmap(paddr_t at, u64 sections, u64 pages)
{
	struct page *head = pa_page(at);

	WANT_EQ(head->refcount, sections);
	WANT_EQ(head->private, pages);
	for (u64 i = 0; i < pages; i++) {
		WANT_EQ(head[i].flags, PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, 1));
		WANT(i == 0 || head[i].head == head, "tail %lu points to its head", i);
		WANT_EQ(pt_translate(&kpt, ptr_va(&head[i * 64])), at + i * page_size());
		WANT_EQ(page_to_pfn(&head[i]), (at >> 12) + i);
	}
}

static void check_usable(paddr_t pa, u64 len)
{
	static const struct page want = { .flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, 1) };

	for (; len; len -= page_size(), pa += page_size())
		WANT(!memcmp(pa_page(pa), &want, sizeof(want)), "struct page of %#lx", pa);
}

CASE(device_1g_is_8_sections_and_4096_pages)
{
	struct hotplug_report r;

	boot(0, GiB);
	add("device", GiB, &r);
	WANT_EQ(r.memmap_pages, 4096);
	WANT_EQ(r.usable_pages, 258048);
	WANT_EQ(r.memmap_host_bytes, 0);
	WANT_EQ(r.leaves, 512);
	WANT_EQ(r.vmemmap_leaves, 8);
	check_altmap(HOT, 8, 4096);
	check_usable(HOT + 16 * MiB, GiB - 16 * MiB);
	OK(hotplug_online(HOT, GiB, ZONE_MOVABLE, &r, why));
	WANT_EQ(r.usable_pages, 258048);
	WANT_EQ(buddy_managed_pages(1, ZONE_MOVABLE), 258048);
	WANT_EQ(buddy_longest_run(1, ZONE_MOVABLE), 258048);
	OK(hotplug_offline(HOT, GiB, &r, why));
	WANT_EQ(r.usable_pages, 258048);
	WANT_EQ(buddy_managed_pages(1, ZONE_MOVABLE), 0);
	remove_all(GiB);
}

CASE(block_1g_is_1_and_512_each)
{
	struct hotplug_report r;

	boot(0, GiB);
	add("block", GiB, &r);
	WANT_EQ(r.memmap_pages, 4096);
	WANT_EQ(r.vmemmap_leaves, 8);
	for (u64 i = 0; i < 8; i++) {
		check_altmap(HOT + i * 128 * MiB, 1, 512);
		check_usable(HOT + i * 128 * MiB + 2 * MiB, 126 * MiB);
	}
	OK(hotplug_online(HOT, GiB, ZONE_MOVABLE, &r, why));
	WANT_EQ(r.usable_pages, 8 * 32256);
	WANT_EQ(buddy_longest_run(1, ZONE_MOVABLE), 32256);
	OK(hotplug_offline(HOT, GiB, &r, why));
	remove_all(GiB);
}

static void one_block(u64 block, u64 sections, u64 pages)
{
	static const char *const names[] = { "block", "device" };
	struct hotplug_report r;

	boot(block, block);
	for (unsigned i = 0; i < 2; i++) {
		add(names[i], block, &r);
		WANT_EQ(r.memmap_pages, pages);
		check_altmap(HOT, sections, pages);
		WANT_EQ(memmap_sections_per_block(), sections);
		remove_all(block);
	}
}

CASE(block_of_128m_has_512_memmap_pages)
{
	one_block(128 * MiB, 1, 512);
}

CASE(block_of_1g_has_4096_memmap_pages)
{
	one_block(GiB, 8, 4096);
}

CASE(block_of_2g_has_8192_memmap_pages)
{
	one_block(2 * GiB, 16, 8192);
}

CASE(host_takes_what_it_says)
{
	struct hotplug_report r;
	u64 free;

	boot(0, GiB);
	free = buddy_free_total();
	add("host", GiB, &r);
	WANT_EQ(r.memmap_host_bytes, 16 * MiB);
	WANT_EQ(r.vmemmap_leaves, 8);
	WANT_EQ(r.usable_pages, 262144);
	WANT_EQ(free - buddy_free_total(), 4096 + r.tables_new);
	check_usable(HOT, GiB);
	remove_all(GiB);
}

/* Fragmented old memory: base pages are used, and struct pages read the same (S2-04, S2-05). */
CASE(host_falls_back_to_base_pages)
{
	struct hotplug_report r;

	boot(0, GiB);
	model_eat(6000);
	digest_take(&before);
	add("host", GiB, &r);
	WANT_EQ(r.memmap_host_bytes, 16 * MiB);
	WANT_EQ(r.vmemmap_leaves, 4096);
	check_usable(HOT, GiB);
	remove_all(GiB);
	model_eat_end();
}

/* With 15 MiB free an add into old memory is refused; a self-hosted one succeeds (S2-01). */
CASE(self_hosted_needs_no_old_memory)
{
	struct hotplug_opts o;
	struct hotplug_report r;

	boot(0, GiB);
	model_eat(3840);
	o = model_opts("host");
	REFUSED(ENOMEM, "memmap needs 16384 KiB", hotplug_add(HOT, GiB, 1, &o, NULL, why));
	digest_take(&before);
	add("device", GiB, &r);
	remove_all(GiB);
	add("block", GiB, &r);
	remove_all(GiB);
	model_eat_end();
}

CASE(page_leaves_have_the_same_contents)
{
	struct hotplug_opts o;
	struct hotplug_report r;

	boot(0, 256 * MiB);
	o = model_opts("device");
	o.leaf = 0;
	memset(model_phys(HOT), 0xa5, 8 * MiB);
	OK(hotplug_add(HOT, 256 * MiB, 1, &o, &r, why));
	WANT_EQ(r.leaves, 65536);
	WANT_EQ(r.vmemmap_leaves, 1024);
	check_altmap(HOT, 2, 1024);
	check_usable(HOT + 4 * MiB, 252 * MiB);
	OK(hotplug_remove(HOT, 256 * MiB, NULL, &r, why));
	WANT_EQ(r.leaves, 65536);
	WANT_EQ(r.vmemmap_leaves, 1024);
	digest_take(&(struct digest) { 0 });
	model_audit();
}
