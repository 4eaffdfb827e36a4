/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/caches.c - cache maintenance on a machine that is not an emulator, which the
 * kernel's own tests can only simulate (tests/events/caches.c).
 */
#include "model.h"
#include <kern/args.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/subsection.h>
#include <string.h>

#define HOT (MODEL_HOT)
#define LEN (4 * SMALL)

/* Bytes that were cleaned by adds, and by removals. */
static u64 by_adds, by_removals;

static void begin(bool emulated)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = LEN });
	model_emulated = emulated;
	memset(&model_caches, 0, sizeof(model_caches));
	by_adds = by_removals = 0;
}

static void added(int err, const char *what)
{
	WANT(!err, "add: %s", what);
	by_adds = model_caches.cleaned - by_removals;
}

static void removed(int err, const char *what)
{
	WANT(!err, "remove: %s", what);
	by_removals = model_caches.cleaned - by_adds;
}

static void want(u64 arrived, u64 left, u64 dropped)
{
	WANT_EQ(by_adds, arrived);
	WANT_EQ(by_removals, left);
	WANT_EQ(model_caches.dropped, dropped);
}

static void blocks(bool leaves, bool gone)
{
	struct hotplug_opts opts = model_opts("host");
	struct why why = { 0 };

	opts.leaves = leaves;
	added(hotplug_add(HOT, LEN, 0, &opts, NULL, &why), why.text);
	opts.leaves = false; /* set for the add, not for the removal */
	opts.surprise = gone;
	removed(hotplug_remove(HOT, LEN, &opts, NULL, &why), why.text);
}

CASE(caches_of_what_leaves)
{
	begin(false);
	blocks(true, false);
	want(LEN, LEN, 0);
	blocks(true, true);
	want(2 * LEN, LEN, LEN);
}

CASE(caches_of_what_stays)
{
	begin(false);
	blocks(false, false);
	want(0, 0, 0);
}

CASE(caches_of_an_emulator)
{
	begin(true);
	blocks(true, false);
	want(0, 0, 0);
}

/* Two adjacent adds, one of memory that leaves; one removal. */
CASE(caches_of_both)
{
	struct hotplug_opts opts = model_opts("host");

	begin(false);
	added(hotplug_add(HOT, SMALL, 0, &opts, NULL, NULL), "stays");
	opts.leaves = true;
	added(hotplug_add(HOT + SMALL, SMALL, 0, &opts, NULL, NULL), "leaves");
	opts.leaves = false;
	removed(hotplug_remove(HOT, 2 * SMALL, &opts, NULL, NULL), "both");
	want(SMALL, SMALL, 0);
}

CASE(caches_of_subsections)
{
	struct hotplug_opts opts = model_opts("host");

	begin(false);
	added(subsection_add(HOT, 2 * MiB, 0, &opts, NULL, NULL), "stays");
	opts.leaves = true;
	added(subsection_add(HOT + 2 * MiB, 2 * MiB, 0, &opts, NULL, NULL), "leaves");
	removed(subsection_remove(HOT, 4 * MiB, NULL, NULL, NULL), "both");
	want(2 * MiB, 2 * MiB, 0);
}

CASE(caches_of_device_memory)
{
	struct devmem_opts opts = { .memmap = memmap_scheme_find("host", NULL), .leaves = true };

	begin(false);
	added(devmem_add(HOT, LEN, 0, &opts, NULL, NULL), "leaves");
	removed(devmem_remove(HOT, LEN, NULL, NULL), "leaves");
	want(LEN, LEN, 0);
	opts.leaves = false;
	added(devmem_add(HOT, LEN, 0, &opts, NULL, NULL), "stays");
	removed(devmem_remove(HOT, LEN, NULL, NULL), "stays");
	want(LEN, LEN, 0);
}

/* The range was cacheable RAM before; a card's memory is not cacheable. */
CASE(caches_of_another_type)
{
	struct devmem_opts opts = { .memmap = memmap_scheme_find("host", NULL), .uncached = true };

	begin(false);
	blocks(false, false);
	added(devmem_add(HOT, LEN, 0, &opts, NULL, NULL), "not cacheable");
	want(LEN, 0, 0);
	removed(devmem_remove(HOT, LEN, NULL, NULL), "not cacheable");
	want(LEN, 0, 0);
}
