/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/core.c - the functions of core.h and schedule.h.
 */
#include "devices.h"
#include "hart.h"
#include <machine/core.h>
#include <machine/flash.h>
#include <machine/random.h>
#include <machine/reserve.h>
#include <machine/schedule.h>
#include <stdio.h>
#include <string.h>

#define BY_CHANCE (~0ul)
#define FIRMWARE_BYTES (512 * KiB)

/* ---- core.h ---- */
u64 core_ram = 0x80000000ul;
u64 core_io = IO_BASE;
const u64 core_flash = 0x20000000ul, core_flash_bytes = 32 * MiB;
u64 core_reserved = 2 * MiB;
static u64 boot_hart = BY_CHANCE;
const struct number_word core_numbers[] = {
	{ "svvptc", &knobs.svvptc, 0, 1000000000, 0 },
	{ "mvendorid", &hart_kind.mvendorid, 0, ~0u, 0 },
	{ "marchid", &hart_kind.marchid, 0, ~0ul, 0 },
	{ "mimpid", &hart_kind.mimpid, 0, ~0ul, 0 },
	{ "instret", &hart_kind.instret, 0, 1000000, 0 },
	{ "monitor", &hart_kind.monitor, 0, 1, 0 },
	{ "asid", &hart_kind.asid_bits, 0, 16, 0 },
	{ "root", &hart_kind.root, 0, 1, 0 },
	{ "fp", &hart_kind.fp, 0, 1, 0 },
	{ "sstatus", &hart_kind.sstatus, 0, 1, 0 },
	{ "sxstatus", &hart_kind.sxstatus, 0, ~0ul, 0 },
	{ "differ", &hart_differ, 0, 1, 0 },
	{ "boot", &boot_hart, 0, WORST_CPUS - 1, 0 },
	{ NULL, NULL, 0, 0, 0 },
};
const struct machine_device *const machine_devices[] = {
	&uart_device,        &plic_device,  &pci_ecam,  &pci_low, &pci_high,
	&virtio_mmio_device, &flash_device, &flash_rom, NULL
};
static const struct pci_places places = {
	.ecam = PCI_ECAM_BASE,
	.low = PCI_LOW_BASE,
	.low_bytes = PCI_LOW_BYTES,
	.high = PCI_HIGH_BASE,
	.high_bytes = PCI_HIGH_BYTES,
};

void core_pci_wire(unsigned pin, bool high)
{
	plic_wire(PCI_SOURCE + pin, high);
}

void core_virtio_wire(bool high)
{
	plic_wire(VIRTIO_SOURCE, high);
}

/* A hart with a larger mode has the smaller ones as well ("Sv48", "Sv57"). */
static bool satp_word(const char *value)
{
	static const char *const modes[] = { "sv39", "sv48", "sv57" };

	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(value, modes[i])) {
			hart_kind.levels = 3 + i;
			return true;
		}
	return false;
}

bool core_word(const char *word, const char *value)
{
	if (!strcmp(word, "firmware=text") || !strcmp(word, "firmware=opensbi"))
		knobs.firmware_text = *value == 't';
	else if (!strncmp(word, "isa=", 4))
		hart_isa = value;
	else if (!strncmp(word, "satp=", 5))
		return satp_word(value);
	else
		return false;
	return true;
}

/* The extensions that isa= does not name. */
static u64 not_named(void)
{
	static const char *const names[] = { "_svinval", "_zicbom", "_svnapot", "_svpbmt",
					     "_sstc" };
	u64 lacks = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		lacks |= strstr(hart_isa, names[i]) ? 0 : BIT(i);
	return lacks;
}

/* Chosen once: a reset does not change them. */
static void power_on_kinds(void)
{
	static bool chosen;

	for (unsigned i = 0; i < harts_nr && !chosen; i++)
		hart_lacks[i] = not_named() | (hart_differ ? random_below(LACKS_ALL + 1) : 0);
	chosen = true;
}

/* PMP stops an access of S-mode to firmware, which has as much as OpenSBI has.  The rest before the
 * image is RAM: U-Boot of Debian has its first stack there. */
void core_reserve(void)
{
	reserve_add(core_ram, min_u64(core_reserved, FIRMWARE_BYTES), RESERVE_FIRMWARE, "firmware");
}

void core_power_on(unsigned cpus)
{
	harts_nr = cpus;
	if (hart_kind.monitor && cpus < 2)
		machine_refuse("monitor", "no other hart is left (cpus=)");
	power_on_kinds();
	memset(harts, 0, sizeof(harts));
	for (unsigned i = 0; i < harts_nr; i++)
		harts[i].id = i;
	sbi_power_on();
	plic_power_on();
	uart_power_on();
	pci_power_on(&places);
	virtio_mmio_place(VIRTIO_BASE);
}

void core_reset_caches(void)
{
}

/* Any hart may be the first: "$a0 to contain the hartid of the current core" (Linux boot
 * protocol); OpenSBI draws lots. */
void core_boot(u64 entry, u64 loaded, u64 tree, bool again)
{
	u64 first = boot_hart, monitor = hart_kind.monitor;

	(void)loaded, (void)again;
	order_hooks.atomic = hart_atomic;
	if (first == BY_CHANCE)
		first = monitor +
			(knobs.adversary[ADV_UNKNOWN] ? random_below(harts_nr - monitor) : 0);
	if (first >= harts_nr || hart_is_monitor((unsigned)first))
		machine_refuse("boot", "there is no such hart");
	hart_begin(&harts[first], entry, first, tree);
}

void core_memory_removed(void)
{
	for (unsigned i = 0; i < harts_nr; i++) {
		soft_forget(&harts[i]);
		fetch_forget(&harts[i]);
	}
}

u64 core_memory(u64 word)
{
	return order_newest(word, 8);
}

void core_performed(unsigned cpu, unsigned reg, u64 value, u64 view)
{
	harts[cpu].x[reg] = value;
	hart_set_view(&harts[cpu], reg, view);
}

static void end_reservations(unsigned cpu, u64 word, struct frame_state *f)
{
	f->reserved = false;
	for (unsigned i = 0; i < harts_nr; i++) {
		if (i != cpu && harts[i].reserved == (word & ~63ul))
			harts[i].reserved = 0;
		f->reserved |= !((harts[i].reserved ^ word) >> FRAME_SHIFT);
	}
}

void core_visible(unsigned cpu, u64 word, struct frame_state *f)
{
	if (f->reserved)
		end_reservations(cpu, word, f);
	if (f->copy)
		fetch_written(f);
}

/* ---- schedule.h ---- */
unsigned machine_cpus(void)
{
	return harts_nr;
}

bool core_runs(unsigned cpu)
{
	return harts[cpu].state == HART_STARTED;
}

/* WFI may end spuriously (system.c, op_wfi()). */
static bool ends_early(void)
{
	return knobs.adversary[ADV_IRQ] && one_in(4096);
}

/* WFI ends when an interrupt is pending and enabled in sie, also if sstatus.SIE is 0 ("WFI"). */
bool core_wakes(unsigned cpu)
{
	struct rv_hart *h = &harts[cpu];

	if (h->state != HART_WAITS || (!(hart_pending(h) & h->sie) && !ends_early()))
		return false;
	h->state = HART_STARTED;
	return true;
}

/* An IPI arrives late; OpenSBI's receiver takes it by an AMO with aq and rl (sbi.c). */
static void deliver(struct rv_hart *h)
{
	if (h->ipi_due > 1) {
		h->ipi_due--;
		return;
	}
	if (!sbi_fenced(h))
		return;
	h->ipi_due = 0;
	h->sip |= BIT(IRQ_SOFT);
}

void core_between(unsigned cpu)
{
	struct rv_hart *h = &harts[cpu];
	u64 often = knobs.adversary[ADV_WALKS];

	text_tidy();
	if (h->state == HART_STOPPED)
		return;
	if (h->requested_by)
		sbi_serve(h);
	if (h->ipi_due)
		deliver(h);
	hart_follow_timer(h);
	walk_invalidate_some(h);
	late_some(cpu);
	if (h->state == HART_STARTED && !h->in_firmware)
		trap_interrupts(h);
	if (often && one_in(often))
		walk_speculate(h);
}

u64 core_slice(unsigned cpu, s64 most)
{
	if (sbi_holds(&harts[cpu]))
		return 0;
	if (ordering.steps - knobs.trace < knobs.traced)
		return hart_run_traced(&harts[cpu], most);
	return hart_run(&harts[cpu], most);
}

bool core_off(void)
{
	return machine_off;
}

bool core_failed(void)
{
	return machine_failed;
}

bool core_resets(void)
{
	return machine_resets;
}

/* Reboots by OpenSBI and QEMU keep RAM. */
bool core_reset_cold(void)
{
	return knobs.firmware_text && machine_reset_cold;
}

u64 core_next_event(void)
{
	u64 next = ~0ul;

	for (unsigned i = 0; i < harts_nr; i++) {
		const struct rv_hart *h = &harts[i];

		if (h->state == HART_STOPPED)
			continue;
		if (h->ipi_due || ((h->sie & BIT(IRQ_TIME)) && hart_timer_late(h)))
			return ordering.steps;
		if ((h->sie & BIT(IRQ_TIME)) && h->stimecmp < ~0ul / knobs.rate &&
		    h->stimecmp * knobs.rate < next)
			next = h->stimecmp * knobs.rate;
	}
	return next;
}
