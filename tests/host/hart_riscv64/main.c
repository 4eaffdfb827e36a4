/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/hart_riscv64/main.c - the initial controls of a hart, how it is quiesced, and the
 * fences of a change of address space (privileged spec: sstatus, sie, stvec, satp, SFENCE.VMA).
 */
#include <asserts.h>
#include <errata.h>
#include <fakes/arch.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <setjmp.h>
#undef __asm__
#undef volatile

char trap_vector[4] __attribute__((aligned(4)));

/* ---- CSRs and fences ---- */
static struct {
	u64 sie, sstatus, sscratch, stvec, satp;
} csr;

static u64 *csr_of(const char *name)
{
	static const struct {
		const char *name;
		u64 *value;
	} rows[] = {
		{ "sie", &csr.sie },     { "sstatus", &csr.sstatus }, { "sscratch", &csr.sscratch },
		{ "stvec", &csr.stvec }, { "satp", &csr.satp },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].value;
	printf("# FAIL: CSR %s\n", name);
	exit(1);
}

u64 fake_get(const char *name)
{
	return *csr_of(name);
}

/* Set during changes of address space, which keep the caller's interrupt state. */
static bool may_take_interrupts;

void fake_set(const char *name, u64 v)
{
	WANT(!host_irqs || may_take_interrupts);
	*csr_of(name) = v;
}

static struct {
	unsigned full, of_asid;
	u64 satp; /* at the last fence */
} fences;

void fake_instruction(const char *text)
{
	bool of_asid = strstr(text, "sfence.vma x0, %0");

	WANT(of_asid || strstr(text, "\"sfence.vma\""));
	fences.of_asid += of_asid;
	fences.full += !of_asid;
	fences.satp = csr.satp;
}

static unsigned waits;
static jmp_buf out;

void arch_wait(void)
{
	WANT(!host_irqs);
	if (++waits == 3)
		longjmp(out, 1);
}

/* ---- functions that the files call ---- */
static u64 timer_in;
static bool erratum;

void arch_timer_next(u64 ticks)
{
	timer_in = ticks;
}

u64 sbi_base(u64 fid)
{
	return 0x500 + fid;
}

u64 isa_text_hash(void)
{
	return 0x77;
}

bool errata_full_fences(void)
{
	return erratum;
}

/* satp: MODE 63:60 (9: Sv48), ASID 59:44, PPN 43:0. */
u64 mmu_satp(const struct pt *pt)
{
	return 9ul << 60 | (u64)pt->asid << 44 | pt->root >> 12;
}

paddr_t arch_current_root(void)
{
	return (csr.satp & 0xffffffffffful) << 12;
}

/* ---- controls ---- */
static void begins(void)
{
	struct cpu cpu = { .hwid = 11 };
	u64 word[ARCH_CPU_ID_WORDS] = { 0 };
	char text[60];

	csr.sie = csr.sstatus = ~0ul;
	host_irqs = true;
	arch_cpu_init(&cpu);
	WANT(arch_this_cpu() == &cpu && arch_cpu_hwid() == 11);
	WANT(!csr.sie && csr.sscratch == ptr_va(&cpu) && csr.stvec == ptr_va(trap_vector));
	/* VS 10:9, FS 14:13, SUM 18, MXR 19 */
	WANT(csr.sstatus == ~(3ul << 9 | 3ul << 13 | 1ul << 18 | 1ul << 19));
	csr.sie = 1ul << 5;
	arch_irq_local_init();
	WANT(csr.sie == (1ul << 1 | 1ul << 5 | 1ul << 9));
	arch_cpu_id(word); /* SBI, Base extension: 4 mvendorid, 5 marchid, 6 mimpid */
	WANT(word[0] == 0x504 && word[1] == 0x505 && word[2] == 0x506 && word[3] == 0x77);
	arch_cpu_describe(text, sizeof(text));
	WANT(!strcmp(text, "rv64 vendor 504 arch 505"));
}

/* No interrupt is enabled, and the timer's is not pending: its deadline is years away at any
 * frequency. */
static void becomes_quiet(void)
{
	csr.sie = ~0ul;
	timer_in = 0;
	host_irqs = true;
	arch_quiesce();
	WANT(!csr.sie && !host_irqs);
	WANT(timer_in >= 1ul << 60 && timer_in < 1ul << 63);
}

/* An event that ends a wait does not end the halt. */
static void halts(void)
{
	host_irqs = true;
	waits = 0;
	if (!setjmp(out))
		arch_halt();
	WANT(waits == 3 && !host_irqs);
}

/* ---- address spaces ---- */
static void fenced(unsigned full, unsigned of_asid, u64 satp)
{
	WANT(fences.full == full && fences.of_asid == of_asid && csr.satp == satp);
	WANT(!(full + of_asid) || fences.satp == satp);
	memset(&fences, 0, sizeof(fences));
}

/* No fence is needed if the ASIDs differ; otherwise entries of the last root are invalidated. */
static void spaces(unsigned full)
{
	struct pt one = { .root = 0x812345000, .asid = 0xabc };
	struct pt other = { .root = 0x812346000 };
	unsigned asid = 1;

	kpt.root = 0x80001000;
	for (unsigned i = 0; i < 2; i++) {
		arch_space_load(&one);
		fenced(0, 0, 9ul << 60 | 0xabcul << 44 | 0x812345);
		WANT(arch_space_root(&asid) == one.root && asid == 0xabc);
		arch_space_leave(&kpt);
		fenced(0, 0, 9ul << 60 | 0x80001);
		WANT(arch_space_root(&asid) == PA_NONE && asid == 0);
		arch_space_load(&other);
		fenced(full, !full, 9ul << 60 | 0x812346);
		WANT(arch_space_root(&asid) == other.root && asid == 0);
		arch_space_leave(&kpt);
		fenced(full, !full, 9ul << 60 | 0x80001);
	}
	arch_space_sync(7);
	fenced(full, !full, csr.satp);
}

int main(void)
{
	begins();
	becomes_quiet();
	halts();
	host_irqs = may_take_interrupts = true;
	spaces(0);
	erratum = true; /* CIP-1200: only a fence without operands works */
	spaces(1);
	printf("hart riscv64: %u not so\n", want_failed);
	return want_failed != 0;
}
