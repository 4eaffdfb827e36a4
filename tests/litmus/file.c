/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/litmus/file.c - each test of a set of litmus tests (set.h), which boot received as the
 * initial RAM disk: `make run LITMUS=DIR`.
 *
 * In each round the first CPU stores the initial values, all CPUs of the test meet, wait for a
 * short random time, run their code with interrupts off, and meet again; then the first CPU
 * collects the final state.  An instruction that a CPU does not have ends its thread, and the test.
 *
 * In a test with translation tables (tables.h) the first CPU also breaks all entries and makes them
 * again, in every second round all CPUs use them before, and a fault ends its thread.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <kern/hooks.h>
#include <kern/log.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_sanitize.h>
#include <mm/page/buddy.h>
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/test.h>
#include <tests/litmus/set.h>
#include <tests/litmus/tables.h>

#define DELAY_MAX 64   /* rounds of an empty loop */
#define SPINS_MAX 2000 /* then the wait for the other CPUs may sleep */
#define OTHERS_MAX 64  /* states that are shown and are not those of the model */
#define REPEATS_MAX 99 /* of an access, after TLB conflict aborts */
#define STATE_BYTES 400

/* ---- the set ---- */

static const struct set_head *set;                  /* NULL: there is none */
static const char *names[SET_TESTS_MAX + 1] NOINIT; /* ends with NULL */
static struct why missing;                          /* the reason */

static int set_load(struct why *why)
{
	u64 lo, hi;

	if (!fdt_of_boot || !fdt_initrd(fdt_of_boot, &lo, &hi))
		return refuse(why, ENOENT, "no set of litmus tests was loaded (LITMUS=)");
	if (!region_is_mapped(lo, hi - lo))
		return refuse(why, EINVAL, "the initial RAM disk at 0x%lx is not in RAM", lo);
	if (set_check(pa_ptr(lo), hi - lo, arch_name, why))
		return why->code;
	set = pa_ptr(lo);
	return 0;
}

void litmus_load(void)
{
	u32 nr = 0;

	if (!set_load(&missing))
		for (; nr < set->tests.nr; nr++)
			names[nr] = set_at(set, set_test(set, nr)->name);
	else if (missing.code != -ENOENT)
		kprintf("litmus: %s\n", missing.text);
	names[nr] = NULL;
}

/* ---- the CPUs ---- */

struct litmus_thread {
	vaddr_t end; /* its exceptions continue there */
	bool lacks;  /* the CPU does not have the instruction */
	u32 undefined;
	u32 repeats, kind; /* of the fault that ended it, or 0 */
	u64 pc, page;
};

static struct litmus_thread *running[CPUS_MAX]; /* NULL: no loaded code runs */

static struct {
	const struct set_test *test;
	u64 area; /* address of the locations */
	vaddr_t code;
	u32 cpus, arrived; /* arrived: atomic */
	u32 rounds;        /* that have ended */
	u32 unusable;      /* accesses that faulted by new entries; atomic */
	bool stop;
	struct rng rng[SET_CPUS_MAX];
	struct set_seat seat[SET_CPUS_MAX];
	struct litmus_thread thread[SET_CPUS_MAX];
	u64 seen[SET_STATES_MAX]; /* of each allowed state */
	struct {
		u64 seen, value[SET_PLACES_MAX];
	} other[OTHERS_MAX]; /* the last one also counts those that have no place */
	u32 nr_others;
} r NOINIT;

/* All CPUs of the test have arrived, and each observes what the others stored before.  `close`: no
 * CPU is far away, so this one spins for a while. */
static void meet(u32 *wanted, bool close)
{
	struct cpu_pause pause = { 0 };

	*wanted += r.cpus;
	atomic_fence_seq_cst();
	atomic_fetch_add_seq_cst(&r.arrived, 1);
	for (u32 n = 0; (int)(atomic_load_acquire(&r.arrived) - *wanted) < 0; n++) {
		if (close && n < SPINS_MAX)
			arch_relax();
		else
			cpu_pause(&pause);
	}
	atomic_fence_seq_cst();
}

static u64 relocated(const struct set_value *v)
{
	if (r.test->tables)
		return tables_real(v);
	return v->value + (v->kind == SET_ADDRESS ? r.area : 0);
}

/* With tables each location has a page of its own. */
static void *place_at(u32 at)
{
	u64 stride = r.test->tables ? page_size() : SET_LOCATION;

	return va_ptr(r.area + at / SET_LOCATION * stride + at % SET_LOCATION);
}

static void store_initial(void)
{
	const struct set_value *v = set_at(set, r.test->initial);
	const struct set_location *l = set_at(set, r.test->locations);

	if (r.test->tables)
		tables_break();
	for (u32 i = 0; i < r.test->initial.nr; i++)
		atomic_store_relaxed((u64 *)place_at(v[i].at), relocated(&v[i]));
	for (u32 i = 0; r.test->tables && i < r.test->locations.nr; i++)
		if (l[i].code)
			cpu_sync_code(ptr_va(place_at((u32)l[i].at)), sizeof(u64));
	if (r.test->tables)
		tables_make();
}

static bool faulted(const struct set_place *p)
{
	const struct litmus_thread *thread = &r.thread[p->cpu];

	return thread->kind && (!p->bytes || p->bytes == thread->kind) &&
	       (p->page == SET_ANY || p->page == thread->page) &&
	       (p->at == SET_ANY || r.code + p->at == thread->pc);
}

static u64 in_memory(const struct set_place *p)
{
	const void *at = place_at(p->at);

	switch (p->bytes) {
	case 1:
		return *(const volatile u8 *)at;
	case 2:
		return *(const volatile u16 *)at;
	case 4:
		return *(const volatile u32 *)at;
	default:
		return *(const volatile u64 *)at;
	}
}

static u64 observed(const struct set_place *p)
{
	u64 value;

	if (p->kind == SET_FAULT)
		return faulted(p);
	if (p->kind == SET_LAST_ENTRY)
		return tables_entry(p->at);
	value = p->kind == SET_MEMORY ? in_memory(p) : r.seat[p->cpu].last[p->at];
	return r.test->tables ? tables_shown(value) : value;
}

/* The address of the area in values of a state. */
static u64 base(void)
{
	return r.test->tables ? SET_WINDOW : r.area;
}

static void count_other(const u64 *value)
{
	u32 n = 0;

	while (n < r.nr_others && memcmp(r.other[n].value, value, 8ul * r.test->shown))
		n++;
	if (n == OTHERS_MAX) {
		n--;
	} else if (n == r.nr_others) {
		r.nr_others++;
		r.other[n].seen = 0;
		memcpy(r.other[n].value, value, 8ul * r.test->places.nr);
	}
	r.other[n].seen++;
}

static void collect_state(void)
{
	const struct set_place *p = set_at(set, r.test->places);
	u64 value[SET_PLACES_MAX];
	int state;

	for (u32 i = 0; i < r.test->places.nr; i++)
		value[i] = observed(&p[i]);
	r.rounds++;
	if (r.test->filter.nr && !set_holds(set, r.test->filter, value, base()))
		return;
	state = set_find(set, r.test, value, base());
	if (state >= 0)
		r.seen[state]++;
	else
		count_other(value);
}

static bool lacks_instruction(struct litmus_thread *thread, u64 pc)
{
	if (pc - r.code >= r.test->code.nr)
		return false;
	thread->lacks = true;
	thread->undefined = *(const u32 *)va_ptr(pc);
	return true;
}

/* Abort of an access to the pages of a test with translation tables. */
static bool fault_ends(struct litmus_thread *thread, u64 pc, const struct trap_info *info)
{
	thread->page = info->has_va ? tables_page(info->va) : SET_ANY;
	if (thread->page == SET_ANY || !trap_of_entry(info->kind))
		return false;
	thread->kind = info->kind;
	thread->pc = pc;
	return true;
}

/* A TLB conflict abort, after which the access is repeated. */
static bool conflict(struct litmus_thread *thread, const struct trap_info *info)
{
	if (info->kind != TRAP_OTHER || !info->has_va || tables_page(info->va) == SET_ANY ||
	    thread->repeats == REPEATS_MAX)
		return false;
	thread->repeats++;
	kern_hooks.tlb_local(info->va);
	return true;
}

/* For trap_expected: an exception of loaded code. */
static bool thread_ends(struct trap_frame *f, const struct trap_info *info)
{
	struct litmus_thread *thread = running[this_cpu()->nr];
	u64 pc = arch_frame_pc(f);

	if (!thread)
		return false;
	if (r.test->tables && (info->kind == TRAP_CALL || conflict(thread, info)))
		return true;
	if (!(info->kind == TRAP_UNDEFINED ? lacks_instruction(thread, pc)
					   : r.test->tables && fault_ends(thread, pc, info)))
		return false;
	arch_frame_continue(f, thread->end);
	return true;
}

/* The first CPU of the test that lacks an instruction; r.cpus: none. */
static unsigned lacking(void)
{
	unsigned n = 0;

	while (n < r.cpus && !r.thread[n].lacks)
		n++;
	return n;
}

static void run_code(unsigned n)
{
	const struct set_cpu *c = (const struct set_cpu *)set_at(set, r.test->cpus) + n;
	void (*code)(struct set_seat *) =
		(void (*)(struct set_seat *))(uintptr_t)(r.code + c->entry);
	u64 delay = rng_below(&r.rng[n], DELAY_MAX), flags = arch_irq_save();

	while (delay--)
		__asm__ volatile("");
	r.thread[n].kind = r.thread[n].repeats = 0;
	running[this_cpu()->nr] = &r.thread[n];
	code(&r.seat[n]);
	running[this_cpu()->nr] = NULL;
	arch_irq_restore(flags);
}

static void take_part(void *arg)
{
	unsigned n = cpus_in(cpus_first(r.cpus) & (cpu_bit(this_cpu()->nr) - 1));
	u32 wanted = 0;

	(void)arg;
	for (;;) {
		if (!n) {
			r.stop = r.rounds == r.test->rounds || test_aborted() || lacking() < r.cpus;
			store_initial();
		}
		meet(&wanted, false);
		if (r.stop)
			return;
		if (r.test->tables)
			atomic_fetch_add_relaxed(&r.unusable, tables_ready(r.rounds & 1));
		meet(&wanted, true);
		run_code(n);
		meet(&wanted, false);
		if (!n)
			collect_state();
	}
}

/* ---- a test ---- */

static void seats(struct rng *rng)
{
	const struct set_cpu *c = set_at(set, r.test->cpus);

	memset(r.seat, 0, sizeof(r.seat));
	memset(r.thread, 0, sizeof(r.thread));
	for (u32 n = 0; n < r.cpus; n++) {
		const struct set_value *v = set_at(set, c[n].registers);

		for (u32 i = 0; i < c[n].registers.nr; i++)
			r.seat[n].first[v[i].at] = relocated(&v[i]);
		r.rng[n].state = rng_next(rng);
		r.thread[n].end = r.code + c[n].end;
	}
}

static unsigned order_of(u64 bytes)
{
	unsigned order = 0;

	while (page_size() << order < bytes)
		order++;
	return order;
}

static bool map_code(struct page *p, u64 pages)
{
	paddr_t pa[SET_CODE_MAX / 4096];

	for (u64 i = 0; i < pages; i++)
		pa[i] = page_pa(p) + (i << page_shift());
	memcpy(page_ptr(p), set_at(set, r.test->code), r.test->code.nr);
	cpu_sync_code(ptr_va(page_ptr(p)), r.test->code.nr);
	return !vmalloc_map(r.code, pa, pages, PT_R | PT_X | PT_GLOBAL);
}

static void run_mapped(struct test_run *t, struct page *area)
{
	struct why why;

	if (r.test->tables && tables_begin(set, r.test, page_pa(area), &why)) {
		if (why.code == -EOPNOTSUPP)
			test_skip(t, "%s", why.text);
		else
			test_fail(t, __FILE__, __LINE__, "%s", why.text);
		return;
	}
	seats(&t->rng);
	sanitize_mute(r.test->tables); /* its code may break rules on purpose */
	trap_expected = thread_ends;
	cpu_run(cpus_first(r.cpus), take_part, NULL);
	trap_expected = NULL;
	if (r.test->tables)
		tables_end();
	sanitize_mute(false);
	CHECK_EQ(t, r.unusable, 0);
}

/* Pages for the locations and the code, which is mapped a second time; then all rounds. */
static void rounds(struct test_run *t)
{
	u64 pages = r.test->tables ? r.test->locations.nr : 0;
	unsigned area_order = order_of(pages ? pages * page_size() : r.test->area);
	unsigned code_order = order_of(r.test->code.nr);
	struct page *area = page_alloc_any(0, ZONE_NORMAL, area_order, "litmus locations");
	struct page *code = page_alloc_any(0, ZONE_NORMAL, code_order, "litmus code");

	r.code = vmalloc_va_alloc(BIT(code_order));
	if (CHECK(t, area && code && r.code) && CHECK(t, map_code(code, BIT(code_order)))) {
		r.area = ptr_va(page_ptr(area));
		arch_zero(page_ptr(area), page_size() << area_order);
		run_mapped(t, area);
		vmalloc_unmap(r.code, BIT(code_order));
	}
	if (r.code)
		vmalloc_va_free(r.code, BIT(code_order));
	if (code)
		page_free(code, code_order);
	if (area)
		page_free(area, area_order);
}

/* ---- the result, in the form of litmus7 ---- */

struct result {
	u64 good, others; /* rounds whose state satisfies the condition, and the other rounds */
	u32 states;
	bool weak;
};

static bool count_state(struct result *sum, u64 seen, const u64 *value)
{
	bool good = set_holds(set, r.test->holds, value, base());

	sum->states += seen != 0;
	*(good ? &sum->good : &sum->others) += seen;
	return good;
}

static void values_of(const struct set_state *s, u64 *value)
{
	for (u32 i = 0; i < r.test->shown; i++)
		value[i] = s->value[i] + (s->addresses >> i & 1 ? r.area : 0);
}

static void print_state(u64 seen, bool good, const u64 *value)
{
	char text[STATE_BYTES];

	set_text(set, r.test, value, base(), text, sizeof(text));
	kprintf("  # %-8lu%c>%s\n", seen, good ? '*' : ':', text);
}

/* Count the states, or print them. */
static void each_state(struct result *sum, bool print)
{
	u64 value[SET_PLACES_MAX];
	bool good;

	for (u32 n = 0; n < r.test->allowed.nr; n++) {
		const struct set_state *s = set_allowed(set, r.test, n);

		if (!r.seen[n])
			continue;
		values_of(s, value);
		good = count_state(sum, r.seen[n], value);
		sum->weak |= s->weak;
		if (print)
			print_state(r.seen[n], good, value);
	}
	for (u32 n = 0; n < r.nr_others; n++) {
		good = count_state(sum, r.other[n].seen, r.other[n].value);
		if (print)
			print_state(r.other[n].seen, good, r.other[n].value);
	}
}

static void print_result(struct result *sum)
{
	const char *name = set_at(set, r.test->name);
	struct result again = { 0 };
	bool never = r.test->quantifier == SET_NOT_EXISTS;
	bool ok = !(never ? sum->good : sum->others);

	if (r.test->quantifier == SET_EXISTS)
		ok = sum->good;
	kprintf("  # Test %s %s\n", name, (const char *)set_at(set, r.test->kind));
	kprintf("  # Histogram (%u states)\n", sum->states);
	each_state(&again, true);
	/* The witnesses of ~exists are the runs without the state. */
	kprintf("  # %s\n  # Witnesses\n  # Positive: %lu, Negative: %lu\n", ok ? "Ok" : "No",
		never ? sum->others : sum->good, never ? sum->good : sum->others);
	kprintf("  # Condition %s is %svalidated\n", (const char *)set_at(set, r.test->condition),
		ok ? "" : "not ");
	if (r.test->hash.nr)
		kprintf("  # Hash=%s\n", (const char *)set_at(set, r.test->hash));
	kprintf("  # Observation %s %s %lu %lu\n", name,
		!sum->good    ? "Never"
		: sum->others ? "Sometimes"
			      : "Always",
		sum->good, sum->others);
}

/* A state that the model does not have; with tables the verdict decides. */
static bool state_is_wrong(u32 verdict, const u64 *value)
{
	bool good;

	if (!r.test->tables)
		return true;
	good = set_holds(set, r.test->holds, value, base());
	return verdict == SET_FORBIDDEN ? good : verdict == SET_REQUIRED && !good;
}

static void judge(struct test_run *t)
{
	u32 verdict = kpt.caps & PT_CAP_WALK_ORDERED ? r.test->verdict_ets2 : r.test->verdict;
	struct result sum = { 0 };
	char text[STATE_BYTES];

	each_state(&sum, false);
	print_result(&sum);
	for (u32 n = 0; n < r.nr_others; n++) {
		if (!state_is_wrong(verdict, r.other[n].value))
			continue;
		set_text(set, r.test, r.other[n].value, base(), text, sizeof(text));
		test_fail(t, __FILE__, __LINE__, "%s is not allowed, seen %lu times in %u rounds",
			  text, r.other[n].seen, r.rounds);
	}
	test_key(t, "rounds=%u", r.rounds);
	if (!r.test->tables)
		test_key(t, "states=%u/%u", sum.states, r.test->allowed.nr);
	if (sum.weak || r.test->allowed.nr == 1 || verdict == SET_REQUIRED ||
	    (verdict == SET_ALLOWED && sum.good))
		test_could(t, true);
}

TEST(litmus, file,
     .claim = "a litmus test that was loaded ends only in states that its model allows",
     .needs = NEED_MEMORY_ORDER, .params = names)
{
	if (!set) {
		if (missing.code == -ENOENT)
			test_skip(t, "%s", missing.text);
		else
			test_fail(t, __FILE__, __LINE__, "%s", missing.text);
		return;
	}
	r.test = set_test(set, t->param_at);
	r.cpus = r.test->cpus.nr;
	if (cpus_online_nr() < r.cpus) {
		test_skip(t, "needs %u CPUs; %u online", r.cpus, cpus_online_nr());
		return;
	}
	r.arrived = r.rounds = r.nr_others = r.unusable = 0;
	memset(r.seen, 0, sizeof(r.seen));
	rounds(t);
	if (t->skip || t->failed)
		return;
	if (lacking() < r.cpus)
		test_skip(t, "the CPU does not have instruction 0x%08x of P%u",
			  r.thread[lacking()].undefined, lacking());
	else
		judge(t);
}
