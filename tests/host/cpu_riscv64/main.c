/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_riscv64/main.c - arch/riscv64 with simulated firmware and CSRs.  Here:
 * hart masks (SBI specification, "Hart list parameter") and geometries (privileged spec, satp).
 */
#include "harts.h"
#include <arch_inline.h>
#include <asserts.h>
#include <boot/boot.h>
#include <errata.h>
#include <fakes/arch.h>
#include <fakes/log.h>
#include <kern/emulator.h>
#include <mm/pt/pt.h>
#include <setjmp.h>
#include <stdarg.h>

unsigned cpus_nr, asked_nr;
char idmap_start[1], idmap_change[1], idmap_leave[1], idmap_halt[1];
struct asked asked[64];
u64 firmware_base[8];
char put[256];
static cpumask_t online;

cpumask_t cpus_online(void)
{
	return online;
}

struct cpu *cpu_by_hwid(u64 hwid)
{
	for (unsigned i = 0; i < cpus_nr; i++)
		if (cpus[i].hwid == hwid)
			return &cpus[i];
	return NULL;
}

void harts(unsigned nr, const u64 *hwid)
{
	memset(cpus, 0, sizeof(cpus));
	for (unsigned i = 0; i < nr; i++)
		cpus[i] = (struct cpu) { .nr = i, .hwid = hwid[i] };
	cpus_nr = nr;
	online = nr < 64 ? cpu_bit(nr) - 1 : ~0ul;
	host_cpu = &cpus[0];
}

void printed_clear(void)
{
	fake_log_clear();
	put[0] = 0;
}

struct fw_result arch_firmware_call(enum fw_conduit conduit, u64 ext, u64 fid, u64 a0, u64 a1,
				    u64 a2, u64 a3)
{
	struct fw_result r = { 0 };

	WANT(conduit == FW_SBI);
	if (ext == 1 && strlen(put) + 1 < sizeof(put))
		put[strlen(put)] = (char)a0;
	else if (ext == 0x10)
		r.value = fid < ARRAY_SIZE(firmware_base) ? firmware_base[fid] : 0;
	else
		asked[asked_nr++ % ARRAY_SIZE(asked)] = (struct asked) { ext, fid, a0, a1, a2, a3 };
	return r;
}

u64 cpu_as_if(unsigned word, u64 real)
{
	(void)word;
	return real;
}

/* ---- hart masks: a call covers base to base + 63 ---- */
static bool got(unsigned call, u64 mask, u64 base)
{
	return asked[call].a0 == mask && asked[call].a1 == base;
}

static void masks(void)
{
	static u64 all[CPUS_MAX];
	static const u64 sparse[] = { 70, 3, 66, 67, 131, 5, 1000 };

	harts(ARRAY_SIZE(sparse), sparse);
	asked_nr = 0;
	WANT(sbi_for_harts(7, 2, 0x7f, 11, 12) == 4 && asked_nr == 4);
	WANT(got(0, 1ul << 63 | 1 | 1 << 2, 3) && got(1, 1 << 3 | 1, 67));
	WANT(got(2, 1, 131) && got(3, 1, 1000));
	for (unsigned i = 0; i < 4; i++)
		WANT(asked[i].ext == 7 && asked[i].fid == 2 && asked[i].a2 == 11 &&
		     asked[i].a3 == 12);
	asked_nr = 0;
	WANT(sbi_for_harts(7, 2, cpu_bit(6), 0, 0) == 1 && got(0, 1, 1000));
	WANT(sbi_for_harts(7, 2, 0, 0, 0) == 0);
	asked_nr = 0;
	online = 0x23;
	arch_firmware_ipi(0x7f);
	WANT(asked_nr == 2 && got(0, 5, 3) && got(1, 1, 70));
	WANT(asked[0].ext == 0x735049 && asked[0].fid == 0);
	for (unsigned i = 0; i < CPUS_MAX; i++)
		all[i] = i;
	harts(CPUS_MAX, all);
	asked_nr = 0;
	WANT(sbi_for_harts(7, 2, ~0ul, 0, 0) == 1 && got(0, ~0ul, 0));
	firmware_base[3] = 1;
	WANT(sbi_has(0x735049));
	firmware_base[3] = 0;
	WANT(!sbi_has(0x735049));
}

/* ---- geometries ---- */
extern u64 mmu_deepest_mode;

paddr_t early_root(unsigned levels)
{
	return 0x80000000 + levels * 0x1000;
}

static unsigned switches;
static u64 left[5];
static jmp_buf leaves;

void mmu_switch_mode(u64 trampoline_satp, paddr_t change, u64 satp)
{
	WANT(trampoline_satp >> 60 == satp >> 60 &&
	     trampoline_satp == mmu_trampoline((unsigned)(satp >> 60) - 5));
	WANT(change == image_pa_of(idmap_change));
	switches++;
	fake_set("satp", satp);
}

void mmu_leave(u64 hwid, paddr_t fdt, paddr_t entry, u64 way, paddr_t leave)
{
	memcpy(left, (u64[]) { hwid, fdt, entry, way, leave }, sizeof(left));
	longjmp(leaves, 1);
}

/* Within a mode satp is written directly; code of the identity page changes the mode. */
static void roots(void)
{
	const struct pt sv48 = { .fmt = pt_fmt_find("riscv-sv48"), .root = 0x812345000 };
	const struct pt sv39 = { .fmt = pt_fmt_find("riscv-sv39"), .root = 0x812346000 };

	char text[40] = "";

	fake_set("satp", mmu_trampoline(4));
	switches = fences = 0;
	host_irqs = true;
	arch_first_switch(&sv48);
	WANT(!switches && fake_get("satp") == mmu_satp(&sv48));
	/* stores to the tables before their first walk; then the ASID has another root */
	WANT(fences_before_satp && fences && satp_masked && host_irqs);
	WANT(arch_current_root() == sv48.root);
	fake_set("satp", mmu_trampoline(4));
	arch_first_switch(&sv39);
	WANT(switches == 1 && fake_get("satp") == mmu_satp(&sv39) && satp_masked && host_irqs);
	if (!setjmp(leaves))
		arch_reenter(0x80200000, 7, 0x88000000);
	WANT(left[0] == 7 && left[1] == 0x88000000 && left[2] == 0x80200000);
	WANT(left[3] == mmu_trampoline(3) && left[4] == image_pa_of(idmap_leave));
	WANT(arch_pa_bits() == 56);
	for (fake_asid_bits = 0; fake_asid_bits <= 16; fake_asid_bits++) {
		fake_set("satp", mmu_satp(&sv39));
		WANT(arch_asid_bits() == fake_asid_bits);
		WANT(fake_get("satp") == mmu_satp(&sv39));
		WANT(fences && satp_masked && host_irqs);
	}
	arch_mmu_describe(text, sizeof(text));
	WANT_TEXT(text, "PA 56, ASID 16");
}

static void geometry(const char *name, u64 mode, u64 image, const char *why)
{
	const struct pt_fmt *f = pt_fmt_find(name);
	char reason[120] = "";

	mmu_deepest_mode = mode;
	boot_info.image_pa = image;
	boot_info.image_pa -= ptr_va(idmap_start) - 0xffffffff80000000ul;
	WANT(arch_geometry_ok(f, reason, sizeof(reason)) == !why);
	if (why)
		WANT(!strncmp(reason, why, strlen(why)) && *why);
}

/* Geometries outside the list: 2 levels, and an index width other than 9 bits. */
static void made_up(void)
{
	struct pt_fmt sv39 = *pt_fmt_find("riscv-sv39"), f;
	char reason[120];

	mmu_deepest_mode = 16;
	for (unsigned i = 0; i < 4; i++) {
		f = sv39;
		f.levels = i == 3 ? 2 : 3;
		if (i < 3)
			f.bits[i] = 8;
		WANT(!arch_geometry_ok(&f, reason, sizeof(reason)));
		WANT_TEXT(reason, "satp.MODE has no value for riscv-sv39");
	}
	WANT(arch_geometry_ok(&sv39, reason, sizeof(reason)));
}

/* Code of the identity page is reachable, or the reason is reported: at 256 GiB Sv39 cannot map it.
 */
static void ways_out(void)
{
	const u64 ends = 1ul << 38, offset = ptr_va(idmap_start) - 0xffffffff80000000ul;

	fake_set("satp", 8ul << 60);
	boot_info.image_pa = ends - 0x200000 - offset;
	WANT(!arch_cannot_reenter());
	boot_info.image_pa = ends - offset;
	WANT_TEXT(arch_cannot_reenter(), "the image is beyond the lower half of this mode");
	fake_set("satp", 9ul << 60);
	WANT(!arch_cannot_reenter());
	left[2] = left[4] = 0;
	if (!setjmp(leaves))
		arch_halt_untranslated();
	WANT(left[2] == image_pa_of(idmap_halt) && left[4] == image_pa_of(idmap_leave));
}

/* satp.MODE: 8, 9, 10; the lower half has 38, 47, 56 bits. */
static void geometries(void)
{
	static const struct {
		const char *name;
		u64 mode;
		unsigned half;
	} rows[] = { { "riscv-sv39", 8, 38 }, { "riscv-sv48", 9, 47 }, { "riscv-sv57", 10, 56 } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pt pt = { .fmt = pt_fmt_find(rows[i].name), .root = 0x812345000, .asid = 5 };
		u64 last = (1ul << rows[i].half) - 0x200000;

		for (u64 mode = 8; mode <= 10; mode++)
			geometry(rows[i].name, mode, 0x80200000,
				 mode < rows[i].mode ? "satp.MODE refuses" : NULL);
		geometry(rows[i].name, 10, last, NULL);
		geometry(rows[i].name, 10, last + 0x200000, "the image is at 0x");
		WANT(mmu_satp(&pt) == (rows[i].mode << 60 | 5ul << 44 | 0x812345));
		WANT(mmu_trampoline(3 + i) == (rows[i].mode << 60 | (0x80003 + i)));
	}
	geometry("arm64-4k-48", 10, 0x80200000, "satp.MODE has no value for arm64-4k-48");
	geometry("arm64-4k-39", 10, 0x80200000, "satp.MODE has no value for arm64-4k-39");
	geometry("arm64-16k-47", 10, 0x80200000, "satp.MODE has no value for arm64-16k-47");
	geometry("fake-3", 10, 0x80200000, "satp.MODE has no value for fake-3");
	made_up();
	ways_out();
	mmu_deepest_mode = 8;
	WANT_TEXT(arch_default_geometry()->name, "riscv-sv39");
	mmu_deepest_mode = 9;
	WANT_TEXT(arch_default_geometry()->name, "riscv-sv48");
	mmu_deepest_mode = 10;
	WANT_TEXT(arch_default_geometry()->name, "riscv-sv48");
}

int main(void)
{
	masks();
	geometries();
	roots();
	test_fences();
	test_isa();
	test_errata();
	test_traps();
	test_times();
	printf("cpu riscv64: %u not so\n", want_failed);
	return want_failed != 0;
}
