/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/power.c - power-on, the loader, and resets (power.h).
 */
#include <machine/core.h>
#include <machine/device.h>
#include <machine/flash.h>
#include <machine/order.h>
#include <machine/power.h>
#include <machine/random.h>
#include <machine/reserve.h>
#include <machine/sanitize.h>
#include <machine/schedule.h>
#include <machine/snapshot.h>
#include <machine/tlb.h>
#include <machine/virtio_mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TREE_ROOM (64 * KiB)
#define ONE_OF_FOUR 4u

struct machine_power power = { .args = "", .cpus = 4, .mem = 1 * GiB, .numa = 1 };
static struct loaded_file {
	u8 *bytes;
	u64 nr;
} image, initrd;

u64 power_entry(void)
{
	return core_ram + core_reserved;
}

u64 power_node1(void)
{
	return power.base1 ? power.base1 : core_ram + power.mem;
}

u64 power_end(void)
{
	return power.node1 ? power_node1() + power.node1 : core_ram + power.mem;
}

static u64 first_pc(void)
{
	return power.image ? power_entry() : core_flash;
}

static const struct ram_bank *last_bank(void)
{
	return &ram.bank[ram.nr - 1];
}

/* A block of Linux's memory has at most 2 GiB; at an aligned place it has this memory alone. */
#define PMEM_ALIGNED (2 * GiB)

static u64 pmem_at;

static void add_pmem(void)
{
	if (!power.pmem)
		return;
	pmem_at = align_up(last_bank()->base + last_bank()->bytes, PMEM_ALIGNED);
	if (memory_add(pmem_at, power.pmem))
		machine_refuse("pmem", "the host has no room");
}

/* The second node may follow the first, in the same bank. */
static void add_ram(void)
{
	static const struct {
		const char *word;
		const u64 *at;
	} aligned[] = { { "base", &core_ram }, { "base1", &power.base1 }, { "io", &core_io } };
	u64 gap = power_node1() - core_ram - power.mem, first = power.mem;

	for (unsigned i = 0; i < ARRAY_SIZE(aligned); i++)
		if (*aligned[i].at % (2 * MiB))
			machine_refuse(aligned[i].word, "no multiple of 2 MiB");
	if (!power.node1 && power.base1)
		machine_refuse("base1", "there is no second node (node1=)");
	if (power_node1() < core_ram + power.mem)
		machine_refuse("base1", "the first node is there");
	if (!gap)
		first += power.node1;
	if (memory_add(core_ram, first) ||
	    (gap && power.node1 && memory_add(power_node1(), power.node1)))
		machine_refuse("mem", "the host has no room");
}

static void check_devices(void)
{
	for (unsigned i = 0; i < ram.nr; i++)
		if (device_in(ram.bank[i].base, ram.bank[i].bytes))
			machine_refuse("io", "RAM covers the registers of a device");
}

/* RAM of real machines need not end at a round address. */
static void shorten_ram(void)
{
	u64 *last = power.node1 ? &power.node1 : &power.mem;

	if (power.shorter % FRAME_BYTES)
		machine_refuse("short", "no multiple of 4");
	*last -= power.shorter;
}

void power_on(void)
{
	shorten_ram();
	add_ram();
	virtio_mem_add(power_end());
	add_pmem();
	core_reserve();
	if (knobs.adversary[ADV_UNKNOWN] && memory_unknown(knobs.seed))
		machine_refuse("unknown", "the host has no room for what RAM holds (unknown=0)");
	core_power_on((unsigned)power.cpus);
	virtio_mem_power_on(false);
	check_devices();
}

/* ---- the loader ---- */
static struct loaded_file read_file(const char *path, u64 room)
{
	struct loaded_file l = { .bytes = malloc(room) };
	FILE *f = fopen(path, "rb");

	if (!f)
		machine_refuse(path, "cannot be read");
	if (!l.bytes)
		machine_refuse(path, "the host has no room for it");
	l.nr = fread(l.bytes, 1, room, f);
	if (ferror(f) || !l.nr)
		machine_refuse(path, "cannot be read, or is empty");
	if (l.nr == room)
		machine_refuse(path, "does not fit");
	fclose(f);
	return l;
}

/* Instruction fetch keeps no old copy: "the instruction cache [...] must not hold any stale entries
 * corresponding to the loaded kernel image" (Linux boot protocol). */
static void put(u64 pa, const void *bytes, u64 n)
{
	memcpy(memory_host(pa), bytes, n);
	for (u64 at = align_down(pa, FRAME_BYTES); at < pa + n; at += FRAME_BYTES)
		memory_frame(at)->copy = NULL;
}

/* Boot loaders put the device tree at the end of the first 128 MiB; QEMU's virt for arm64 puts it
 * at the start of RAM, where firmware that was built for it reads it. */
static u64 tree_at(void)
{
	if (power.tree_first)
		return core_ram;
	return core_ram + min_u64(power.mem, 128 * MiB) - TREE_ROOM;
}

/* The image ends before the tree, or before the end of the first node. */
static u64 image_end(void)
{
	return power.tree_first ? core_ram + power.mem : tree_at();
}

/* The initial RAM disk is at the end of the first node. */
static u64 initrd_at(void)
{
	return core_ram + align_down(power.mem - initrd.nr, FRAME_BYTES);
}

static void load_initrd(void)
{
	u64 lowest = max_u64(tree_at() + TREE_ROOM, power_entry() + image.nr);

	if (lowest >= core_ram + power.mem)
		machine_refuse(power.initrd, "does not fit after the device tree");
	if (!initrd.nr)
		initrd = read_file(power.initrd, core_ram + power.mem - lowest);
	reserve_loaded(power.initrd, initrd_at(), initrd.nr);
	put(initrd_at(), initrd.bytes, initrd.nr);
}

static void load_tree(void)
{
	static u8 blob[TREE_ROOM];
	struct tree_of t = { .cpus = (unsigned)power.cpus,
			     .ram = core_ram,
			     .bytes = { power.mem, power.node1 },
			     .second = power_node1(),
			     .numa = power.numa,
			     .pmem = pmem_at,
			     .pmem_bytes = power.pmem,
			     .counter_hz = knobs.hz,
			     .args = power.args,
			     .initrd = initrd.nr ? initrd_at() : 0,
			     .initrd_bytes = initrd.nr };

	if (!tree_make(&t, blob, sizeof(blob)))
		machine_refuse("args", "the device tree is too large");
	reserve_loaded("tree", tree_at(), sizeof(blob));
	put(tree_at(), blob, sizeof(blob));
}

/* Its contents at power-on; a reset does not change them. */
static void fill_flash(void)
{
	u64 room = core_flash_bytes + 1; /* a file may fill the bank */
	struct loaded_file code = read_file(power.flash[0], room), variables = { 0 };

	if (power.flash[1])
		variables = read_file(power.flash[1], room);
	if (memory_add_read_only(core_flash, core_flash_bytes))
		machine_refuse("flash", "the host has no room");
	memset(memory_host(core_flash), 0xff, core_flash_bytes);
	put(core_flash, code.bytes, code.nr);
	flash_add(core_flash + core_flash_bytes, core_flash_bytes, variables.bytes, variables.nr);
	free(code.bytes);
	free(variables.bytes);
}

void power_load(bool with_tree)
{
	if (power.image && !image.nr)
		image = read_file(power.image,
				  (with_tree ? image_end() : core_ram + power.mem) - power_entry());
	if (power.flash[0] && !flash_device.bytes)
		fill_flash();
	power.loaded = image.nr;
	if (power.image) {
		reserve_loaded("image", power_entry(), image.nr);
		put(power_entry(), image.bytes, image.nr);
	}
	if (power.initrd)
		load_initrd();
	if (with_tree)
		load_tree();
}

/* ---- a reset ---- */
static void lose_stores(unsigned cpu)
{
	unsigned nr = ordering.cpu[cpu].nr;

	for (unsigned i = (unsigned)random_below(nr + 1); i > 0; i--)
		order_drain(cpu, 1);
}

static void decay(u64 *word)
{
	switch (random_below(ONE_OF_FOUR)) {
	case 0: /* no change */
		return;
	case 1: /* some bits change */
		for (unsigned i = 0; i < 3; i++)
			word[random_below(FRAME_BYTES / 8)] ^= BIT(random_below(64));
		return;
	default:
		for (unsigned i = 0; i < FRAME_BYTES / 8; i++)
			word[i] = random_u64();
	}
}

/* A frame without any store holds no contents that could be lost; persistent memory loses none. */
static void lose_ram(void)
{
	uninit.bytes = 0; /* the stores of earlier boots no longer count */
	for (unsigned n = 0; n < ram.nr; n++) {
		struct ram_bank *b = &ram.bank[n];

		for (u64 i = 0; !(power.pmem && b->base == pmem_at) && i < b->bytes >> FRAME_SHIFT;
		     i++)
			if (b->frames[i].last) {
				decay((u64 *)(void *)(b->host + (i << FRAME_SHIFT)));
				b->frames[i].copy = NULL;
			}
	}
}

static void reset(void)
{
	power.resets++;
	for (unsigned i = 0; i < machine_cpus(); i++)
		lose_stores(i);
	core_reset_caches();
	if (power.loses || core_reset_cold())
		lose_ram();
	order_restart();
	tlb_reset();
	core_power_on((unsigned)power.cpus);
	virtio_mem_power_on(true);
	flash_power_on();
	observe_power_on();
}

bool power_run(u64 steps)
{
	core_boot(first_pc(), power.loaded, tree_at(), false);
	for (;;) {
		if (!schedule(steps))
			return false;
		if (console_quit || !core_resets() || snapshot_copy)
			return true;
		reset();
		power_load(true);
		core_boot(first_pc(), power.loaded, tree_at(), true);
	}
}
