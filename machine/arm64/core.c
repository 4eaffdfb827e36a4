/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/core.c - the functions of core.h and schedule.h.
 */
#include "cache.h"
#include "devices.h"
#include <machine/core.h>
#include <machine/flash.h>
#include <machine/random.h>
#include <machine/reserve.h>
#include <machine/schedule.h>
#include <string.h>

/* ---- core.h ---- */
u64 core_ram = 0x40000000ul;
u64 core_io = IO_BASE;
const u64 core_flash = 0, core_flash_bytes = 64 * MiB;
u64 core_reserved = 2 * MiB; /* boot loaders put the image there; the image may use it */
const struct number_word core_numbers[] = {
	{ "caches", &knobs.adversary[ADV_CACHES], 0, 1, 0 },
	{ "context", &knobs.adversary[ADV_CONTEXT], 0, 1, 0 },
	{ "pa", &features.pa, 32, 52, 0 },
	{ "lpa2", &features.lpa2, 0, 1, 0 },
	{ "lva", &features.lva, 0, 1, 0 },
	{ "granules", &features.granules, 1, 7, 0 },
	{ "asid", &features.asid, 8, 16, 0 },
	{ "tlbi", &features.tlb, 0, 2, 0 },
	{ "ttl", &features.ttl, 0, 1, 0 },
	{ "bbm", &features.bbm, 0, 3, 0 },
	{ "ets", &features.ets, 0, 1, 0 },
	{ "domains", &features.domains, 0, 1, 0 },
	{ "pan", &features.pan, 0, 1, 0 },
	{ "lse", &features.lse, 0, 1, 0 },
	{ "crc", &features.crc, 0, 1, 0 },
	{ "fp", &features.fp, 0, 1, 0 },
	{ "sme", &features.sme, 0, 1, 0 },
	{ "idc", &features.idc, 0, 1, 0 },
	{ "dic", &features.dic, 0, 1, 0 },
	{ "gic", &features.gic, 0, 3, 0 },
	{ "awake", &features.awake, 0, 1, 0 },
	{ "kaslr", &features.kaslr, 0, ~0ul, 0 },
	{ "load", &core_reserved, 4, 65536, 10 },
	{ "el", &features.el, 1, 2, 0 },
	{ "revidr", &features.revidr, 0, ~0ul, 0 },
	{ NULL, NULL, 0, 0, 0 },
};
const struct machine_device *const machine_devices[] = {
	&uart_device,    &gicd_device, &gicr_device, &gicv2_device, &gicc_device,
	&bcm2836_device, &pci_ecam,    &pci_low,     &pci_high,     &virtio_mmio_device,
	&flash_device,   &flash_rom,   NULL
};

/* The high window is above all RAM; it is absent if physical addresses have too few bits. */
static void power_on_pci(void)
{
	pci_power_on(&(struct pci_places) {
		.ecam = PCI_ECAM_BASE,
		.low = PCI_LOW_BASE,
		.low_bytes = PCI_LOW_BYTES,
		.high = PCI_HIGH_BASE,
		.high_bytes = features.pa > 38 ? PCI_HIGH_BYTES : 0,
	});
}

void core_pci_wire(unsigned pin, bool high)
{
	gic_wire(PCI_ID + pin, high);
}

void core_virtio_wire(bool high)
{
	gic_wire(VIRTIO_ID, high);
}

/* enum mpidr_shape */
static const char *const affinities[] = { "flat", "clusters", "threads", "sparse", "quads", NULL };
/* Powers of two, from 16 on. */
static const char *const lines[] = { "16",  "32",   "64",   "128",   "256",
				     "512", "1024", "2048", "mixed", NULL };

static bool one_of(const char *value, const char *const *of, unsigned *i)
{
	for (*i = 0; of[*i]; ++*i)
		if (!strcmp(value, of[*i]))
			return true;
	return false;
}

static bool line_word(const char *value)
{
	unsigned i;

	if (!one_of(value, lines, &i))
		return false;
	features.line = lines[i + 1] ? CACHE_LINE_LEAST << i : 0;
	return true;
}

static bool mpidr_word(const char *value)
{
	unsigned i;

	if (!one_of(value, affinities, &i))
		return false;
	features.mpidr = i;
	return true;
}

static const char *bss; /* bss=; NULL: by the image's header */

bool core_word(const char *word, const char *value)
{
	if (!strncmp(word, "leaves=", 7) && *value) {
		unplug_text = value;
		return true;
	}
	if (!strncmp(word, "midr=", 5)) {
		id_midr_word(word, value);
		return true;
	}
	if (!strncmp(word, "mpidr=", 6))
		return mpidr_word(value);
	if (!strncmp(word, "line=", 5))
		return line_word(value);
	if (!strncmp(word, "bss=", 4)) {
		bss = value;
		return !strcmp(value, "dirty") || !strcmp(value, "clean");
	}
	if (strncmp(word, "start=", 6))
		return false;
	pen_used = !strcmp(value, "spin");
	return pen_used || !strcmp(value, "psci");
}

/* The frame of firmware's loop (pen.c); the kernel writes words there. */
void core_reserve(void)
{
	if (pen_used)
		reserve_add(core_ram, FRAME_BYTES, RESERVE_MAP, "pen");
}

void core_power_on(unsigned n)
{
	if (features.gic == 2 && n > GICV2_CPUS)
		machine_refuse("gic=2", "it serves eight CPUs at most (IHI 0048, 2.3)");
	if (!features.gic && (n > BCM2836_CPUS || features.mpidr))
		machine_refuse("gic=0", "it serves four CPUs at most, with mpidr=flat");
	if (!features.gic && (pci_present || virtio_mmio_present))
		machine_refuse("gic=0", "its one wire is the UART's: without pci= and mmio=");
	if (features.gic == 1)
		machine_refuse("gic=1", "not modelled");
	cpus_nr = n;
	machine_off = machine_resets = false;
	memset(cpus, 0, sizeof(cpus));
	id_power_on();
	gic_power_on();
	uart_power_on();
	power_on_pci();
	virtio_mmio_place(VIRTIO_BASE);
	for (unsigned i = 0; i < n; i++) {
		cpus[i].id = i;
		tlbi_reset(&cpus[i]);
	}
}

void core_reset_caches(void)
{
	cache_lose_lines();
}

/* order_hooks.hides.  A fetch observes a store that bypasses the caches without maintenance. */
static bool core_hides(unsigned cpu, u64 word, u64 value, u64 mask, bool bypass)
{
	struct frame_state *f = bypass ? memory_frame(word) : NULL;

	if (f && f->copy)
		fetch_cleaned(align_down(word, CACHE_LINE_LEAST), CACHE_LINE_LEAST);
	return cache_hides(cpu, word, value, mask, bypass);
}

/* The end of the RAM that the image needs, by its header (Linux boot protocol). */
static u64 image_room(u64 entry, u64 loaded)
{
	u64 bytes;
	const u8 *header = memory_host(entry);
	const struct ram_bank *bank = memory_bank(entry);

	if (loaded < 64 || memcmp(header + 56, "ARM\x64", 4))
		return entry;
	memcpy(&bytes, header + 16, sizeof(bytes));
	if (bytes > bank->base + bank->bytes - entry)
		machine_refuse("image", "its header needs more RAM than there is (mem=)");
	return entry + bytes;
}

/*
 * Is RAM that the image needs beyond its file without dirty lines?  The Linux boot protocol
 * (booting.rst): "The address range corresponding to the loaded kernel
 * image must be cleaned to the PoC".  image_size of the header is "the effective image size", so
 * with bss=clean the range ends there; with bss=dirty it ends with the file, which is all that is
 * loaded.  Linux relies on the first reading: it puts its first stack into that RAM and uses it
 * with the MMU off.  So the default is clean for a header that begins as Linux's does, else dirty.
 */
#define LINUX_CODE0 0xfa405a4du /* ccmp x18, #0, #13, pl: "MZ", and no effect */

static bool room_is_clean(u64 entry)
{
	u32 code0;

	memcpy(&code0, memory_host(entry), sizeof(code0));
	return bss ? !strcmp(bss, "clean") : code0 == LINUX_CODE0;
}

static void not_fetched(const struct text_copy *t, const void *of)
{
	(void)of;
	memory_frame(t->frame)->copy = NULL;
}

/* After a reset no line of earlier software is dirty: each was lost or written back.  Where the
 * reset's first instruction is in flash, all caches are invalid (cache.h). */
void core_boot(u64 entry, u64 loaded, u64 tree, bool again)
{
	order_hooks.hides = core_hides;
	cache_line = id_line(0);
	cache_reset();
	cache_cold = !loaded;
	if (cache_cold)
		text_each(not_fetched, NULL);
	if (loaded && !again)
		cache_power_on(entry + loaded, image_room(entry, loaded), !room_is_clean(entry));
	cpu_begin(&cpus[0], entry, tree);
	if (loaded)
		cpus[0].x[1] = cpus[0].x[2] = cpus[0].x[3] = 0; /* Linux boot protocol */
	else /* a reset: registers are UNKNOWN (D1.6.3) */
		cpus[0].x[0] = knobs.adversary[ADV_UNKNOWN] ? random_u64() : 0;
	if (pen_used)
		pen_power_on();
}

void core_memory_removed(void)
{
	for (unsigned i = 0; i < cpus_nr; i++) {
		soft_forget(&cpus[i]);
		fetch_forget(&cpus[i]);
	}
}

u64 core_memory(u64 word)
{
	return cache_memory(word, 8);
}

/* Clearing an exclusive monitor is an event for WFE (D1.7.1). */
static void clear_monitors(unsigned cpu, u64 word, struct frame_state *f)
{
	f->reserved = false;
	for (unsigned i = 0; i < cpus_nr; i++) {
		if (i != cpu && cpus[i].reserved == align_down(word, id_line(i))) {
			cpus[i].reserved = 0;
			cpus[i].event = true;
		}
		f->reserved |= !((cpus[i].reserved ^ word) >> FRAME_SHIFT);
	}
}

static NOINLINE void visible_to_others(unsigned cpu, u64 word, struct frame_state *f)
{
	if (f->reserved)
		clear_monitors(cpu, word, f);
	if (unplugged_at(word) && cpu < cpus_nr)
		cpus[cpu].serror = true;
	if (f->copy)
		fetch_written(f, word);
	if (f->table)
		walk_changed(word);
}

void core_visible(unsigned cpu, u64 word, struct frame_state *f)
{
	if (f->reserved || f->copy || f->table || unplugged_at(word))
		visible_to_others(cpu, word, f);
}

/* ---- schedule.h ---- */
unsigned machine_cpus(void)
{
	return cpus_nr;
}

bool core_runs(unsigned cpu)
{
	return cpus[cpu].state == CPU_ON;
}

/* The step at which the timer fires; false: never. */
static bool fires_at(const struct a64_timer *t, u64 *at)
{
	return (t->control & 3) == 1 && !__builtin_mul_overflow(t->compare, knobs.rate, at);
}

bool cpu_timer_fires(const struct a64_cpu *c, const struct a64_timer *t)
{
	u64 at;

	return fires_at(t, &at) && ordering.steps + (u64)(c->slice - c->left) >= at;
}

bool cpu_interrupted(struct a64_cpu *c)
{
	return gic_pending(c->id);
}

/* WFE and WFI may end at any time (D1.7); that in firmware's loop does not. */
static bool ends_early(const struct a64_cpu *c)
{
	return knobs.adversary[ADV_IRQ] && !c->patient && one_in(4096) && !pen_holds(c);
}

/* An interrupt ends WFI though PSTATE masks it, and does not end WFE then (D1.7.1, D1.7.2). */
static bool interrupt_wakes(struct a64_cpu *c)
{
	u64 masked = c->state == CPU_WAITS_INTERRUPT ? 0 : c->daif;

	return (c->serror && !(masked & DAIF_A)) || (!(masked & DAIF_I) && cpu_interrupted(c));
}

bool core_wakes(unsigned cpu)
{
	struct a64_cpu *c = &cpus[cpu];

	if (c->state < CPU_WAITS_INTERRUPT)
		return false;
	if (c->state == CPU_WAITS_EVENT && clock_event(c))
		c->event = true;
	if (!(c->state == CPU_WAITS_EVENT && c->event) && !interrupt_wakes(c) && !ends_early(c))
		return false;
	c->event = false;
	c->state = CPU_ON;
	return true;
}

void core_between(unsigned cpu)
{
	struct a64_cpu *c = &cpus[cpu];
	u64 often = knobs.adversary[ADV_WALKS];

	text_tidy();
	if (c->state == CPU_OFF)
		return;
	gic_between(cpu);
	late_some(cpu);
	if (c->state == CPU_ON)
		exception_interrupts(c);
	if (often && one_in(often))
		walk_speculate(c);
	if (knobs.adversary[ADV_CACHES] && one_in(16))
		cache_between();
}

u64 core_slice(unsigned cpu, s64 most)
{
	if (ordering.steps - knobs.trace < knobs.traced)
		return cpu_run_traced(&cpus[cpu], most);
	return cpu_run(&cpus[cpu], most);
}

bool core_off(void)
{
	return machine_off;
}

bool core_resets(void)
{
	return machine_resets;
}

/* SYSTEM_RESET, the only reset of PSCI 1.0, keeps RAM, as in TF-A and QEMU. */
bool core_reset_cold(void)
{
	return false;
}

/* PSCI's SYSTEM_OFF has no reason. */
bool core_failed(void)
{
	return false;
}

/* An event that has already happened does not count. */
static u64 earlier_of(u64 next, u64 at)
{
	return at > ordering.steps && at < next ? at : next;
}

u64 core_next_event(void)
{
	u64 next = ~0ul;

	for (unsigned i = 0; i < cpus_nr; i++) {
		const struct a64_cpu *c = &cpus[i];
		u64 at;

		if (c->state == CPU_OFF)
			continue;
		if (gic_in_flight(i))
			return ordering.steps;
		if (c->state == CPU_WAITS_EVENT)
			next = earlier_of(next, clock_next_event(c));
		if (fires_at(&c->virtual, &at))
			next = earlier_of(next, at);
		if (fires_at(&c->physical, &at))
			next = earlier_of(next, at);
	}
	return next;
}
