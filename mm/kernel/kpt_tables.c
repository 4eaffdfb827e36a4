/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt_tables.c - free tables of the kernel's tree by the scheme of tables=; see
 * mm/kernel/kpt.h.
 *
 * Each list has an owner of its own on the stack: CPUs release gathers at the same time, and calls
 * on one owner are serialised (mm/kernel/table_free.h).
 */
#include <kern/lock.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/table_free.h>
#include <mm/page/buddy.h>
#include <mm/page/page.h>

static const struct tables_scheme *scheme; /* NULL: the default */

void (*kpt_tables_late)(struct pt_link *list);

static void table_back(struct table_free *f, paddr_t table)
{
	(void)f;
	table_free(table);
}

/* Tables that were unhooked under the hotplug lock held for write; of its holder. */
static struct pt_link *held;

/* The link is in the struct page, which the scheme may overwrite, so the next one is read first. */
void kpt_tables_free(struct pt_link *list)
{
	struct table_free f;

	table_free_begin(&f, scheme, table_back);
	while (list) {
		struct pt_link *next = list->next;

		table_free_one(&f, page_pa(container_of(list, struct page, table)));
		list = next;
	}
	table_free_end(&f);
}

static void hold(struct pt_link *list)
{
	struct pt_link *last = list;

	while (last->next)
		last = last->next;
	last->next = held;
	held = list;
}

/* A scheme that waits under the lock would deadlock: a CPU inside a section may wait for the lock.
 */
static void free_late(struct pt_link *list)
{
	if (locks_held() & 1u << (8 + LOCK_HOTPLUG)) /* for writing */
		hold(list);
	else
		kpt_tables_free(list);
}

struct pt_link *kpt_tables_held(void)
{
	struct pt_link *list = held;

	held = NULL;
	return list;
}

void kpt_tables_select(const struct tables_scheme *s)
{
	scheme = s;
	kpt_tables_late = s->free == table_release ? NULL : free_late;
}

const struct tables_scheme *kpt_tables_selected(void)
{
	return scheme;
}
