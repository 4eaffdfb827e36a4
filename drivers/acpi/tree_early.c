/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tree_early.c - reads tables through the early map, before anything is allocated.
 *
 * The early window is small and mappings are never freed, so each page of tables is mapped once,
 * definition blocks are skipped, and at least half of the window remains for the console.
 */
#include <boot/boot.h>
#include <drivers/acpi/tree.h>
#include <lib/init.h>
#include <lib/string.h>

#define PAGE (4 * KiB)
#define PAGES_MAX 512 /* half of the window */
#define MAPS 96
#define TEXT 1024

static u8 buffer[ACPI_TREE_BYTES] PERSISTENT __attribute__((aligned(64)));

static struct {
	paddr_t pa;
	u64 len;
	const u8 *at;
} maps[MAPS];
static unsigned maps_nr;
static u64 pages_used;
static bool (*allowed)(paddr_t, u64);

/* NUL-terminated messages, queued because there is no console before the tree is made. */
static char messages[TEXT];
static unsigned messages_len;

/* A message that does not fit is dropped. */
static void queue_message(const char *sentence)
{
	size_t len = strlen(sentence) + 1;

	if (messages_len + len > TEXT)
		return;
	memcpy(messages + messages_len, sentence, len);
	messages_len += (unsigned)len;
}

void acpi_tree_report(void (*log)(const char *))
{
	for (unsigned at = 0; at < messages_len; at += (unsigned)strlen(messages + at) + 1)
		log(messages + at);
	messages_len = 0;
}

/* The address of [pa, pa + len) in a map that contains all of it, or NULL. */
static const u8 *mapped(paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < maps_nr; i++)
		if (pa >= maps[i].pa && pa - maps[i].pa <= maps[i].len &&
		    len <= maps[i].len - (pa - maps[i].pa))
			return maps[i].at + (pa - maps[i].pa);
	return NULL;
}

/* Callback of struct tables: map the bytes, or find the map that contains them. */
static const u8 *at(paddr_t pa, u64 len)
{
	paddr_t first = align_down(pa, PAGE);
	const u8 *there = mapped(pa, len);
	u64 bytes = align_up(pa + len, PAGE) - first;

	if (there || pa + len < pa || (allowed && !allowed(pa, len)) || maps_nr == MAPS ||
	    bytes / PAGE > PAGES_MAX - pages_used)
		return there;
	there = early_map_ro(first, bytes);
	if (!there)
		return NULL;
	maps[maps_nr].pa = first;
	maps[maps_nr].len = bytes;
	maps[maps_nr++].at = there;
	pages_used += bytes / PAGE;
	return there + (pa - first);
}

const void *acpi_tree_early(paddr_t rsdp, bool (*holds)(paddr_t, u64), struct why *why)
{
	static struct tables t;

	allowed = holds;
	t = (struct tables) { .at = at, .log = queue_message, .no_aml = true };
	if (tables_read(&t, rsdp, why) || acpi_tree_make(&t, buffer, sizeof(buffer), why))
		return NULL;
	return buffer;
}

void *acpi_tree_buffer(void)
{
	return buffer;
}
