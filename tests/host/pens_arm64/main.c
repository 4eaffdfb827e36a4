/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/pens_arm64/main.c - arch/arm64/spin_table.c and smp.c.  A CPU that waits has its
 * caches off: it reads the words that were written back, and this CPU observes its stores once this
 * CPU's cache line is invalidated (Documentation/devicetree/bindings/arm/cpus.yaml,
 * cpu-release-addr).  Each scenario is a boot of its own, in a process of its own.
 */
#include <arch_inline.h>
#include <asserts.h>
#include <setjmp.h>
#include <sys/wait.h>
#include <unistd.h>
#undef __asm__
#undef volatile

#define NR 3
#define LINE 256

unsigned cpus_nr = NR;
struct boot_info boot_info = { .image_pa = 0x40200000 };
struct restart restart;
const char idmap_wait[1], spin_entry[1], secondary_entry[1], secondary_high[1];
extern u64 spin_ids[CPUS_MAX + 1];
extern char secondary_records[CPUS_MAX][64];

#define SLOT_LINES (2 * CPUS_MAX)

/* ---- memory without the caches: the words that were written back, in order ---- */
static struct written {
	vaddr_t va;
	u64 len, word;
} written[SLOT_LINES + 16];
static unsigned written_nr, woken_at; /* woken_at: how many there were at the event */
static u64 longest = 64;
static bool differ;

bool cache_lines_differ(void)
{
	return differ;
}

u64 cache_line_most(void)
{
	return longest;
}

static void write_back(vaddr_t va, u64 len)
{
	struct written *w = &written[written_nr++ % ARRAY_SIZE(written)];

	*w = (struct written) { .va = va, .len = len };
	memcpy(&w->word, va_ptr(va), sizeof(w->word));
}

static u64 waits_word; /* in memory: the word that the CPU of the test writes while it waits */
static vaddr_t waits_line;
/* Before start() and state() read whether a CPU waits, they invalidate its line; later calls write
 * lines back. */
static bool begun, reads_next;

void arch_dcache_clean_inval(vaddr_t va, u64 len)
{
	WANT(len == LINE && va % LINE == 0);
	if (!reads_next) {
		write_back(va, len);
		return;
	}
	reads_next = false;
	waits_line = va;
	memcpy(va_ptr(va), &waits_word, sizeof(waits_word));
}

/* The list of identifiers is the last that the first start() prepares. */
void cache_clean(const void *p, u64 len)
{
	write_back(ptr_va(p), len);
	if (p == spin_ids)
		begun = reads_next = true;
}

void fake_instruction(const char *text)
{
	WANT(strstr(text, "dsb sy") && strstr(text, "sev"));
	woken_at = written_nr;
}

static jmp_buf left;
static u64 left_with[3];

void mmu_leave(paddr_t code, u64 x0, u64 x1)
{
	memcpy(left_with, (u64[]) { code, x0, x1 }, sizeof(left_with));
	longjmp(left, 1);
}

struct mmu_regs mmu_regs_for(const struct pt *pt)
{
	return (struct mmu_regs) { 1, 2, 3, 4, 5 };
}

/* ---- spin tables ---- */
REG_DECLARE(pens, struct pen);

static const struct pen *pen(void)
{
	return __start_reg_pens[0];
}

static u64 release;

static int starts(unsigned cpu, bool cached, u64 word)
{
	release = woken_at = 0;
	waits_word = word;
	reads_next = begun;
	return pen()->start(cpu, &release, cached);
}

static int state(unsigned cpu)
{
	reads_next = begun;
	return pen()->state(cpu);
}

/* In firmware's loop: it reads the release address, of memory that may be cached here. */
static void in_firmware(void)
{
	unsigned before;

	WANT_TEXT(pen()->method, "spin-table");
	differ = true;
	WANT(!spin_table_misses_lines()); /* no CPU has been started from the spin table */
	differ = false;
	longest = 257; /* a line would have two writers */
	WANT(starts(1, true, 0) == -EOPNOTSUPP && !release && !written_nr && !woken_at);
	longest = 256;
	WANT(!starts(1, true, 0));
	/* no CPU waits in the kernel's own loop, with any contents of memory after a reset; a CPU
	 * that waits there stores without caches to lines that are dirty in none */
	for (unsigned n = 0; n < SLOT_LINES; n++)
		WANT(written[n].word == 0 && written[n].va == written[0].va + LINE * n);
	WANT(written_nr == SLOT_LINES + 2);
	WANT(written[SLOT_LINES].va == ptr_va(spin_ids) &&
	     written[SLOT_LINES].len == sizeof(u64) * (CPUS_MAX + 1));
	for (unsigned n = 0; n <= CPUS_MAX; n++)
		WANT(spin_ids[n] == (n < NR ? 0x80000000 + n : ~0ul));
	WANT(written[SLOT_LINES + 1].va == ptr_va(&release) && written[SLOT_LINES + 1].len == 8);
	WANT(written[SLOT_LINES + 1].word == image_pa_of(spin_entry));
	WANT(woken_at == written_nr);
	WANT(!spin_table_misses_lines());
	differ = true;
	WANT(spin_table_misses_lines());
	differ = false;
	before = written_nr;
	WANT(!starts(2, false, 0) && release == image_pa_of(spin_entry));
	WANT(written_nr == before &&
	     woken_at == before); /* it is not cached; the list is unchanged */
}

/* In the kernel's loop: it is taken out of the list of those that wait before it can run. */
static void in_the_kernel(void)
{
	vaddr_t waits;
	unsigned before;

	restart.began = RESTART_SOFT;
	WANT(!starts(1, true, 1) && !release);
	WANT(written_nr == 3 &&
	     written[0].va == ptr_va(spin_ids)); /* the places are as they were */
	waits = waits_line;
	WANT(written[1].va == waits && !written[1].word);
	WANT(written[2].va == waits - LINE && written[2].word == image_pa_of(spin_entry));
	WANT(woken_at == 3);
	before = written_nr;
	WANT(!starts(2, true, 1) && !release && written_nr == before + 2);
	WANT(written[3].va == waits + 2 * LINE && written[4].va == waits + LINE);
	WANT(!starts(2, true, 2) && release); /* any other word is not one that it wrote */
	cpus[1].started = true;
	waits_word = 0;
	WANT(state(1) == 1);
	waits_word = 1;
	WANT(state(1) == 0 && waits_line == waits);
	waits_word = 0;
	WANT(state(2) == 0); /* was never started */
	if (!setjmp(left))
		pen()->wait();
	WANT(left_with[0] == image_pa_of(idmap_wait) && !left_with[2]);
	WANT(left_with[1] == image_pa_of(va_ptr(waits + LINE))); /* CPU 2's place */
}

/* ---- the record, in the order in which idmap.S loads it: 64 bytes ---- */
static void record(void)
{
	const struct pt pt = { 0 };
	u64 words[8];

	cpus[2].stack_top = 0x5000;
	arch_secondary_prepare(&cpus[2], &pt);
	memcpy(words, secondary_records[2], sizeof(words));
	for (unsigned i = 0; i < 5; i++)
		WANT(words[i] == i + 1);
	WANT(words[5] == ptr_va(secondary_high) && words[6] == ptr_va(&cpus[2]));
	WANT(words[7] == 0x5000);
	WANT(written_nr == 1 && written[0].va == ptr_va(secondary_records[2]));
	WANT(written[0].word == 1 && written[0].len == 64);
	WANT(arch_secondary_entry() == image_pa_of(secondary_entry));
}

int main(void)
{
	void (*const boots[])(void) = { in_firmware, in_the_kernel, record };

	host_cpu = &cpus[2];
	for (unsigned n = 0; n < NR; n++)
		cpus[n] = (struct cpu) { .nr = n, .hwid = 0x80000000 + n };
	for (unsigned i = 0; i < ARRAY_SIZE(boots); i++) {
		int status = 1;

		fflush(NULL);
		if (!fork()) {
			boots[i]();
			fflush(NULL);
			_exit(want_failed != 0);
		}
		wait(&status);
		WANT(!status);
	}
	printf("pens arm64: %u not so\n", want_failed);
	return want_failed != 0;
}
