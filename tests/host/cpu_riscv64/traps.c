/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cpu_riscv64/traps.c - traps by scause (privileged spec, "Supervisor Cause Register"),
 * the printed form of a frame, and the timer.
 */
#include "harts.h"
#include <arch_inline.h>
#include <boot/boot.h>
#include <errata.h>
#include <fakes/arch.h>
#include <fakes/log.h>
#include <kern/errata.h>
#include <kern/trap.h>
#include <setjmp.h>

#define IN(x) (SCAUSE_INTERRUPT | (x))

void (*trap_watch)(bool leaving);
char probe_exec_return[1], probe_exec_out[1];
static struct trap_info told;
static unsigned faults, irqs, ticks, calls;
static bool mends = true;
static jmp_buf halted;

bool kern_fault(struct trap_frame *f, const struct trap_info *info)
{
	WANT(arch_this_cpu()->frame == f);
	told = *info;
	faults++;
	return mends;
}

void arch_halt(void)
{
	longjmp(halted, 1);
}

void kern_irq(void)
{
	WANT(arch_this_cpu()->irq_depth == 1);
	irqs++;
}

/* The next tick is set before the handler runs, which clears the current one: a long tick is not
 * handled twice. */
static unsigned set_before;

void kern_tick(void)
{
	WANT(asked_nr > set_before && arch_this_cpu()->irq_depth == 1);
	ticks++;
}

/* The request is cleared before the calls are read. */
void ipi_handle(void)
{
	WANT(!(fake_get("sip") & 2) && sip_ordered && arch_this_cpu()->irq_depth == 1);
	calls++;
}

/* ---- CSRs ---- */
static struct {
	const char *name;
	u64 value;
} csrs[16];

static u64 *csr_of(const char *name)
{
	unsigned i = 0;

	while (csrs[i].name && strcmp(csrs[i].name, name))
		i++;
	csrs[i].name = name;
	return &csrs[i].value;
}

u64 fake_get(const char *name)
{
	return *csr_of(name);
}

unsigned fake_asid_bits = 16;

/* satp.ASID is WARL: the low bits are implemented (privileged spec, satp). */
void fake_set(const char *name, u64 v)
{
	if (!strcmp(name, "satp")) {
		v &= ~(0xfffful << 44) | ((1ul << fake_asid_bits) - 1) << 44;
		fences_before_satp = fences;
		fences = 0;
		satp_masked = !host_irqs;
	}
	if (!strcmp(name, "sip"))
		sip_ordered = false;
	*csr_of(name) = v;
}

static unsigned publishes;

void fake_instruction(const char *text)
{
	fences += !strcmp(text, "\"sfence.vma\" ::: \"memory\"");
	publishes += !!strstr(text, "fence w, w");
}

bool satp_masked, sip_ordered;
unsigned fences, fences_before_satp;

u64 arch_counter(void)
{
	return 0;
}

u64 arch_instret(void)
{
	return 0;
}

void arch_io_mb(void)
{
	sip_ordered = true;
}

/* Orders stores to entries before this hart's walks, and stores to tables before the entries that
 * reference them. */
void test_fences(void)
{
	fences = publishes = 0;
	arch_pt_visible();
	WANT(fences == 1 && !publishes);
	arch_pt_publish();
	WANT(fences == 1 && publishes == 1);
}

/* ---- exceptions ---- */
static const struct {
	u64 cause;
	enum trap_kind kind;
	bool write, fetch, has_va;
	const char *text;
} causes[] = {
	{ 0, TRAP_ALIGNMENT, false, true, true, "instruction address misaligned" },
	{ 1, TRAP_EXTERNAL, false, true, true, "instruction access fault" },
	{ 2, TRAP_UNDEFINED, false, false, false, "illegal instruction" },
	{ 3, TRAP_BREAKPOINT, false, false, false, "breakpoint" },
	{ 4, TRAP_ALIGNMENT, false, false, true, "load address misaligned" },
	{ 5, TRAP_EXTERNAL, false, false, true, "load access fault" },
	{ 6, TRAP_ALIGNMENT, true, false, true, "store address misaligned" },
	{ 7, TRAP_EXTERNAL, true, false, true, "store access fault" },
	{ 8, TRAP_OTHER, false, false, false, "environment call from user mode" },
	{ 9, TRAP_OTHER, false, false, false, "environment call from supervisor mode" },
	{ 10, TRAP_OTHER, false, false, false, "reserved cause" },
	{ 11, TRAP_OTHER, false, false, false, "reserved cause" },
	{ 12, TRAP_TRANSLATION, false, true, true, "instruction page fault" },
	{ 13, TRAP_TRANSLATION, false, false, true, "load page fault" },
	{ 14, TRAP_OTHER, false, false, false, "reserved cause" },
	{ 15, TRAP_TRANSLATION, true, false, true, "store page fault" },
	{ 16, TRAP_OTHER, false, false, false, "reserved cause" },
	{ 1ul << 62, TRAP_OTHER, false, false, false, "reserved cause" },
};

static void exceptions(void)
{
	struct trap_frame outer = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(causes); i++) {
		struct trap_frame f = { .scause = causes[i].cause, .stval = 0x1000 + i };

		f.x[0] = i & 1;
		host_cpu->frame = &outer;
		faults = 0;
		trap_dispatch(&f);
		WANT(faults == 1 && host_cpu->frame == &outer);
		WANT(told.kind == causes[i].kind && told.write == causes[i].write);
		WANT(told.fetch == causes[i].fetch && told.has_va == causes[i].has_va);
		WANT(told.va == 0x1000 + i && told.raw == causes[i].cause);
		WANT(told.overflow == (i & 1));
		WANT_TEXT(told.cause, causes[i].text);
	}
}

/* CIP-453: the address has lost its sign extension, only at fetches. */
static void without_sign(void)
{
	struct trap_frame fetch = { .scause = 12, .stval = 0x7fc0001000 };
	struct trap_frame load = { .scause = 13, .stval = 0x7fc0001000 };

	errata_words("+cip-453", NULL);
	trap_dispatch(&fetch);
	WANT(told.va == 0xffffffffc0001000);
	trap_dispatch(&load);
	WANT(told.va == 0x7fc0001000);
	memset(errata_rows, 0, sizeof(errata_rows));
}

static void not_mended(void)
{
	struct trap_frame f = { .scause = 13 };
	bool halts = false;

	mends = false;
	if (setjmp(halted))
		halts = true;
	else
		trap_dispatch(&f);
	WANT(halts);
	mends = true;
	halts = false;
	if (setjmp(halted))
		halts = true;
	else
		trap_dispatch(&f);
	WANT(!halts);
}

static unsigned watched, entered;

static void watch(bool leaving)
{
	WANT(leaving == (watched & 1));
	WANT(leaving ? ticks + irqs + calls > entered : ticks + irqs + calls == entered);
	watched++;
}

/* A snapshot may lose the timer: every other interrupt sets an overdue tick again. */
static void late_ticks(struct trap_frame *software, struct trap_frame *timer)
{
	const u64 two = 2 * arch_counter_hz() / 50;

	asked_nr = 0;
	this_cpu()->last_seen = -two - 1;
	trap_dispatch(software);
	WANT(!asked_nr);
	errata_words("+lost-timer", NULL);
	trap_dispatch(software);
	WANT(asked_nr == 1);
	set_before = 1;
	trap_dispatch(timer);
	WANT(asked_nr == 2); /* set by the tick itself */
	this_cpu()->last_seen = -two;
	trap_dispatch(software);
	WANT(asked_nr == 2);
	memset(errata_rows, 0, sizeof(errata_rows));
	calls = 1;
	ticks = 1;
}

static void interrupts(void)
{
	struct trap_frame software = { .scause = IN(1) }, timer = { .scause = IN(5) };
	struct trap_frame external = { .scause = IN(9) }, other = { .scause = IN(13) };

	faults = irqs = ticks = calls = 0;
	this_cpu()->spurious = asked_nr = set_before = 0;
	fake_set("sip", 2 | 1ul << 9);
	trap_watch = watch;
	trap_dispatch(&software);
	WANT(calls == 1 && !irqs && !ticks && fake_get("sip") == 1ul << 9);
	entered = 1;
	trap_dispatch(&timer);
	WANT(calls == 1 && !irqs && ticks == 1);
	entered = 2;
	trap_dispatch(&external);
	WANT(calls == 1 && irqs == 1 && ticks == 1 && watched == 6);
	WANT(!this_cpu()->spurious && !this_cpu()->irq_depth);
	trap_watch = NULL;
	late_ticks(&software, &timer);
	this_cpu()->spurious = 0;
	trap_dispatch(&other);
	WANT(this_cpu()->spurious == 1 && calls == 1 && irqs == 1 && ticks == 1 && !faults);
}

/* ---- probes: {address, fixup}, each relative to itself ---- */
int ex_table[4];
static char places[32];
__asm__(".globl __start_ex_table, __stop_ex_table\n"
	".set __start_ex_table, ex_table\n.set __stop_ex_table, ex_table + 16");

static void probes(void)
{
	struct trap_frame f = { 0 };

	for (unsigned i = 0; i < 4; i++)
		ex_table[i] = (int)(ptr_va(places) + 4 * i - ptr_va(&ex_table[i]));
	for (unsigned i = 0; i < 2; i++) {
		f.sepc = ptr_va(places) + 8 * i;
		f.x[10] = 0;
		WANT(arch_fixup(&f, 3 + (int)i) && f.x[10] == 3 + i);
		WANT(f.sepc == ptr_va(places) + 8 * i + 4);
		WANT(!arch_fixup(&f, 3) && f.sepc == ptr_va(places) + 8 * i + 4);
	}
	f.sepc = f.x[REG_T2] = 0x5000;
	f.x[REG_RA] = ptr_va(probe_exec_return) + 4;
	WANT(!arch_fixup(&f, 7));
	f.x[REG_RA] = ptr_va(probe_exec_return);
	f.x[REG_T2] = 0x5004;
	WANT(!arch_fixup(&f, 7));
	f.x[REG_T2] = 0x5000;
	WANT(arch_fixup(&f, 7) && f.sepc == ptr_va(probe_exec_out) && f.x[10] == 7);
	f.x[REG_S0] = 0x77;
	WANT(arch_frame_pc(&f) == f.sepc && arch_frame_fp(&f) == 0x77 && !arch_frame_caller(&f));
	arch_frame_continue(&f, 0x9000);
	WANT(f.sepc == 0x9000);
}

/* ---- text ---- */
static void text(void)
{
	static const char lines[] =
		"#   pc 0000000000001111 sstatus 2222 scause 3333 stval 0000000000004444\n"
		"#    ra 0000000000000001  sp 0000000000000002  gp 0000000000000003  tp "
		"0000000000000004\n"
		"#    t0 0000000000000005  t1 0000000000000006  t2 0000000000000007  s0 "
		"0000000000000008\n"
		"#    s1 0000000000000009  a0 000000000000000a  a1 000000000000000b  a2 "
		"000000000000000c\n"
		"#    a3 000000000000000d  a4 000000000000000e  a5 000000000000000f  a6 "
		"0000000000000010\n"
		"#    a7 0000000000000011  s2 0000000000000012  s3 0000000000000013  s4 "
		"0000000000000014\n"
		"#    s5 0000000000000015  s6 0000000000000016  s7 0000000000000017  s8 "
		"0000000000000018\n"
		"#    s9 0000000000000019 s10 000000000000001a s11 000000000000001b  t3 "
		"000000000000001c\n"
		"#    t4 000000000000001d  t5 000000000000001e  t6 000000000000001f\n";
	struct trap_frame f = {
		.sepc = 0x1111, .sstatus = 0x2222, .scause = 0x3333, .stval = 0x4444
	};

	for (unsigned i = 0; i < 32; i++)
		f.x[i] = i;
	printed_clear();
	arch_frame_print(&f);
	WANT_TEXT(fake_log, lines);
	memset(put, 0, sizeof(put));
	if (!setjmp(halted))
		trap_early(0xd, 0xffffffff80201234, 0x10);
	WANT_TEXT(put, "hotplate: trap before this CPU was set up: scause 000000000000000d "
		       "pc ffffffff80201234 stval 0000000000000010\r\n");
}

void test_traps(void)
{
	static const u64 hwid[] = { 0 };

	harts(1, hwid);
	host_cpu = &cpus[0];
	memset(errata_rows, 0, sizeof(errata_rows));
	exceptions();
	without_sign();
	not_mended();
	interrupts();
	probes();
	text();
}

/* ---- the timer: stimecmp if every hart has Sstc and it can be written, else SBI ---- */
static int stimecmp_refused;

int probe_stimecmp(void)
{
	return stimecmp_refused;
}

static void timer(const char *isa, int refused, bool by_csr)
{
	arch_set_isa(0, isa, strlen(isa), 0);
	stimecmp_refused = refused;
	asked_nr = 0;
	*csr_of("sie") = 2;
	*csr_of("0x14d") = 7;
	memset(errata_rows, 0, sizeof(errata_rows));
	emulated = by_csr;
	arch_timer_init();
	WANT(errata_lost_timer() == by_csr);
	WANT(*csr_of("sie") == (2 | 1 << 5));
	WANT(*csr_of("0x14d") == (by_csr ? 480000 : 7) && asked_nr == !by_csr);
	if (!by_csr)
		WANT(asked[0].ext == 0x54494d45 && !asked[0].fid && asked[0].a0 == 480000);
}

void test_times(void)
{
	static const u64 hwid[] = { 0 };

	harts(1, hwid);
	printed_clear();
	WANT(arch_counter_hz() == 10000000);
	arch_set_counter_hz(0);
	WANT(arch_counter_hz() == 10000000);
	WANT_TEXT(fake_log,
		  "clock: the device tree has no timebase-frequency: 10000000 Hz is taken\n");
	printed_clear();
	arch_set_counter_hz(24000000);
	WANT(arch_counter_hz() == 24000000 && !fake_log[0]);
	timer("sstc", 0, true);
	timer("sstc", 2, false);
	timer("svinval", 0, false);
	/* an entry counter of 0: reading it trapped */
	boot_info.entry_counter = 0;
	host_irq_saves = 0;
	host_irqs = true;
	WANT(!arch_instret_works() && host_irqs);
	/* probed once: the result is kept */
	WANT(!arch_instret_works() && host_irq_saves == 1);
	boot_info.entry_counter = 5;
	WANT(!arch_instret_since_entry());
}
