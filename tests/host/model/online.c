/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/online.c - online, use, migrate, veto, offline: counts are exact, contents
 * survive, a refusal changes nothing (S2-10, S2-33).
 */
#include "model.h"
#include <mm/pt/pt_tap.h>
#include <stdio.h>
#include <string.h>

#define HOT MODEL_HOT
#define NR 600

static struct movable pages[NR];

static void boot(const char *memmap, unsigned blocks)
{
	struct hotplug_opts o;

	model_boot((struct model_shape) { .section = SMALL, .hot = blocks * SMALL });
	o = model_opts(memmap);
	OK(hotplug_add(HOT, blocks * SMALL, 1, &o, NULL, why));
	OK(hotplug_online(HOT, blocks * SMALL, ZONE_MOVABLE, NULL, why));
}

static void stamp(unsigned i)
{
	memset(va_ptr(pages[i].va), (int)(i * 7 + 1), page_size());
}

static void check(unsigned i)
{
	const u8 *p = va_ptr(pages[i].va);

	for (unsigned at = 0; at < page_size(); at += 64)
		WANT(p[at] == (u8)(i * 7 + 1), "page %u at %u", i, at);
	WANT_EQ(pt_translate(&kpt, pages[i].va), page_pa(pages[i].page));
	WANT(pages[i].page->private == (u64)(uintptr_t)&pages[i], "page %u knows its owner", i);
}

CASE(used_pages_move_and_keep_their_contents)
{
	struct hotplug_report r;
	struct digest before, after;

	boot("block", 8);
	digest_take(&before);
	for (unsigned i = 0; i < NR; i++) {
		OK(movable_alloc(&pages[i], 1, "test", why));
		stamp(i);
	}
	OK(hotplug_offline(HOT, 4 * SMALL, &r, why));
	WANT_EQ(r.usable_pages, 4 * 1008);
	for (unsigned i = 0; i < NR; i++) {
		WANT(page_pa(pages[i].page) >= HOT + 4 * SMALL, "page %u left the range", i);
		check(i);
	}
	OK(hotplug_online(HOT, 4 * SMALL, ZONE_MOVABLE, NULL, why));
	OK(hotplug_offline(HOT, 8 * SMALL, &r, why)); /* all pages are migrated to node 0 */
	WANT_EQ(r.moved_pages, NR);
	for (unsigned i = 0; i < NR; i++) {
		WANT_EQ(page_node(pages[i].page), 0);
		check(i);
		movable_free(&pages[i]);
	}
	OK(hotplug_online(HOT, 8 * SMALL, ZONE_MOVABLE, NULL, why));
	digest_take(&after);
	SAME(&before, &after);
	model_audit();
}

CASE(a_pinned_page_vetoes_with_its_owner)
{
	boot("device", 8);
	for (unsigned i = 0; i < 100; i++)
		OK(movable_alloc(&pages[i], 1, "disk buffer", why));
	movable_pin(&pages[70]);
	REFUSED(EBUSY, "is pinned by disk buffer", hotplug_offline(HOT, 8 * SMALL, NULL, why));
	movable_unpin(&pages[70]);
	OK(hotplug_offline(HOT, 8 * SMALL, NULL, why));
	for (unsigned i = 0; i < 100; i++)
		movable_free(&pages[i]);
	model_audit();
}

CASE(an_unmovable_page_vetoes_with_its_owner)
{
	struct page *p;

	boot("block", 2);
	p = page_alloc(1, ZONE_MOVABLE, 3, "firmware table");
	REFUSED(EBUSY, "cannot move, it is used by firmware table",
		hotplug_offline(HOT, 2 * SMALL, NULL, why));
	page_free(p, 3);
	OK(hotplug_offline(HOT, 2 * SMALL, NULL, why));
	model_audit();
}

CASE(nowhere_to_move_to)
{
	boot("block", 8);
	model_eat(10);
	for (unsigned i = 0; i < 100; i++)
		OK(movable_alloc(&pages[i], 1, "test", why));
	REFUSED(ENOMEM, "100 pages are in use, only", hotplug_offline(HOT, 8 * SMALL, NULL, why));
	for (unsigned i = 0; i < 100; i++)
		movable_free(&pages[i]);
	model_eat_end();
	model_audit();
}

static unsigned asked;

static bool stop_at_third(void)
{
	return ++asked == 3;
}

CASE(cancelled_in_the_middle)
{
	static paddr_t at[NR];
	struct why why = { 0 };
	char words[80];
	u64 moved = 0;
	int err;

	boot("block", 8);
	for (unsigned i = 0; i < NR; i++) {
		OK(movable_alloc(&pages[i], 1, "test", why));
		at[i] = page_pa(pages[i].page);
		stamp(i);
	}
	hotplug_cancelled = stop_at_third;
	err = hotplug_offline(HOT, 8 * SMALL, NULL, &why); /* changes the digest */
	hotplug_cancelled = NULL;
	for (unsigned i = 0; i < NR; i++)
		moved += page_pa(pages[i].page) != at[i];
	WANT(moved > 0 && moved < NR, "%lu moved", moved);
	snprintf(words, sizeof(words), "%lu pages were moved and are not moved back", moved);
	model_refused(__FILE__, __LINE__, "hotplug_offline", err, ECANCELED, &why, words);
	for (unsigned i = 0; i < NR; i++) {
		check(i);
		movable_free(&pages[i]);
	}
	OK(hotplug_offline(HOT, 8 * SMALL, NULL, why));
	model_audit();
}

CASE(alloc_in_a_chosen_block)
{
	pfn_t lo = (HOT + 5 * SMALL) >> 12;

	boot("block", 8);
	OK(movable_alloc_in(&pages[0], lo, lo + 1024, "chosen", why));
	WANT(page_to_pfn(pages[0].page) - lo < 1024, "in the block");
	movable_free(&pages[0]);
	model_audit();
}

/* A host memmap in a hot-added block of ZONE_NORMAL: that block cannot be removed before its
 * users. */
CASE(memmap_in_another_hot_block_vetoes)
{
	struct hotplug_opts o;

	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	o = model_opts("block");
	OK(hotplug_add(HOT, SMALL, 1, &o, NULL, why));
	OK(hotplug_online(HOT, SMALL, ZONE_NORMAL, NULL, why));
	o = model_opts("host");
	OK(hotplug_add(HOT + SMALL, SMALL, 1, &o, NULL, why));
	WANT_EQ(page_node(pa_page(pt_translate(&kpt, memmap_va((HOT + SMALL) >> 12)))), 1);
	REFUSED(EBUSY, "used by memmap", hotplug_offline(HOT, SMALL, NULL, why));
	OK(hotplug_remove(HOT + SMALL, SMALL, NULL, NULL, why));
	OK(hotplug_offline(HOT, SMALL, NULL, why));
	OK(hotplug_remove(HOT, SMALL, NULL, NULL, why));
	model_audit();
}

/* ---- notifiers: every step that may be vetoed, by the second of two ---- */

static int veto_at = -1;
static char heard[2][64]; /* by position in the registry */

static int listen(const char *name, enum hotplug_note note)
{
	unsigned who = __start_reg_notifiers[0]->name != name;
	size_t at = strlen(heard[who]);

	if (at < sizeof(heard[who]) - 1)
		heard[who][at] = (char)('0' + note);
	return who == 1 && (int)note == veto_at ? -EBUSY : 0;
}

static const char red[] = "red", blue[] = "blue";

static int call_red(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	return listen(red, note);
}

static int call_blue(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	int err = listen(blue, note);

	return err ? refuse(why, EBUSY, "blue does not allow it for 0x50000000+8M, with a reason")
		   : 0;
}

static const struct hotplug_notifier n_red = { red, call_red }, n_blue = { blue, call_blue };
HOTPLUG_NOTIFIER(red, n_red);
HOTPLUG_NOTIFIER(blue, n_blue);

static void expect(const char *one, const char *two)
{
	WANT(!strcmp(heard[0], one) && !strcmp(heard[1], two), "heard %s and %s", heard[0],
	     heard[1]);
	memset(heard, 0, sizeof(heard));
}

CASE(notifiers_veto_and_are_told)
{
	struct hotplug_opts o;

	model_boot((struct model_shape) { .section = SMALL, .hot = 2 * SMALL });
	o = model_opts("device");
	veto_at = NOTE_PREPARE_ADD;
	REFUSED(EBUSY, "does not allow it for 0x50000000+8M",
		hotplug_add(HOT, 2 * SMALL, 1, &o, NULL, why));
	expect("0", "0");
	veto_at = -1;
	OK(hotplug_add(HOT, 2 * SMALL, 1, &o, NULL, why));
	expect("01", "01");
	veto_at = NOTE_GOING_ONLINE;
	REFUSED(EBUSY, "does not allow it",
		hotplug_online(HOT, 2 * SMALL, ZONE_MOVABLE, NULL, why));
	expect("24", "2");
	veto_at = -1;
	OK(hotplug_online(HOT, 2 * SMALL, ZONE_MOVABLE, NULL, why));
	expect("23", "23");
	veto_at = NOTE_GOING_OFFLINE;
	REFUSED(EBUSY, "does not allow it", hotplug_offline(HOT, 2 * SMALL, NULL, why));
	expect("57", "5");
	veto_at = -1;
	OK(movable_alloc(&pages[0], 1, "test", why));
	movable_pin(&pages[0]);
	REFUSED(EBUSY, "pinned", hotplug_offline(HOT, 2 * SMALL, NULL, why));
	expect("57", "57");
	movable_unpin(&pages[0]);
	movable_free(&pages[0]);
	OK(hotplug_offline(HOT, 2 * SMALL, NULL, why));
	expect("56", "56");
	veto_at = NOTE_PREPARE_REMOVE;
	REFUSED(EBUSY, "does not allow it", hotplug_remove(HOT, 2 * SMALL, NULL, NULL, why));
	expect("8", "8");
	veto_at = -1;
	OK(hotplug_remove(HOT, 2 * SMALL, NULL, NULL, why));
	expect("89", "89");
	model_audit();
}
