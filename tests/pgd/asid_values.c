/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-16: the values that a CPU would read whose TLB drops entries only on invalidations.  An
 * emulator may drop more than was requested (riscv64: all at each change of satp), so that a wrong
 * ASID has no effect there.  So this file models the worst legal TLB: one entry for each CPU and
 * ASID, for the one page that every space has.  The entry is filled as soon as a root is loaded,
 * and again after each invalidation while that root stays loaded, as speculation may (Arm ARM
 * D8.17, "TLB maintenance"; RISC-V privileged, SFENCE.VMA: "implicit reads ... speculatively").
 *
 * The check of pgd.asid_rules uses the owner of an ASID; this one uses only frames.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/pgd/spaces.h>

#define TAGS 128 /* more than few_tags() */

static struct {
	paddr_t page_of[SPACES_MAX];         /* the page of each space, by the test's own record */
	paddr_t entry[CPUS_MAX][TAGS];       /* 0: none */
	const struct pt *loaded[CPUS_MAX];   /* NULL: only the kernel's root */
	u32 tag[CPUS_MAX];                   /* the ASID of that load */
	struct pt_event requested[CPUS_MAX]; /* the invalidation that it has not waited for yet */
	unsigned loads, stale;
	unsigned overwritten; /* requests before the previous one was waited for, which is not
				 modelled */
} tlb NOINIT;

static unsigned space_number(const struct pt *pt)
{
	return (unsigned)(container_of(pt, struct aspace, pt) - spaces.s);
}

static void speculate(unsigned cpu)
{
	paddr_t *entry = &tlb.entry[cpu][tlb.tag[cpu] % TAGS];

	if (tlb.loaded[cpu] && !*entry)
		*entry = tlb.page_of[space_number(tlb.loaded[cpu])];
}

static void root_in_force(const struct pt_event *e)
{
	tlb.loaded[e->cpu] = e->pt == &kpt ? NULL : e->pt;
	tlb.tag[e->cpu] = e->asid;
	speculate(e->cpu);
}

/* An invalidation by address is for another page, because each space maps its page once. */
static void forget_entries(const struct pt_event *e)
{
	if (e->kind != PT_EV_TLBI || e->len)
		return;
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(e->cpus & cpu_bit(c)))
			continue;
		for (u32 a = 0; a < TAGS; a++)
			if (e->global || e->asid == a)
				tlb.entry[c][a] = 0;
		speculate(c);
	}
}

static void watch_tlb(const struct pt_event *e)
{
	if (e->kind == PT_EV_ROOT_LOAD) {
		root_in_force(e);
	} else if (e->kind == PT_EV_TLBI) {
		tlb.overwritten += tlb.requested[e->cpu].kind == PT_EV_TLBI;
		tlb.requested[e->cpu] = *e;
	} else if (e->kind == PT_EV_WAIT) {
		forget_entries(&tlb.requested[e->cpu]);
		tlb.requested[e->cpu].kind = PT_EV_KINDS;
	}
}

static const struct pt_tap tlb_tap = { .name = "test.tlb", .after = watch_tlb };
PT_TAP(test_tlb, tlb_tap);

/* Use the space on this CPU, and count a read of another space's page. */
static void use_space_and_check(unsigned i)
{
	unsigned cpu = this_cpu()->nr;

	aspace_use(&spaces.s[i]);
	tlb.loads++;
	tlb.stale += tlb.entry[cpu][tlb.tag[cpu] % TAGS] != tlb.page_of[i];
}

static void use_space_on_other(void *arg)
{
	use_space_and_check(*(unsigned *)arg);
	aspace_use(NULL);
}

/* Destroy a space, and create another one with another page in its place. */
static void replace_space(struct test_run *t, unsigned i, unsigned page)
{
	struct aspace *s = &spaces.s[i];
	struct why why = { 0 };

	CHECK_OK(t, aspace_destroy(s, &why), &why);
	CHECK_OK(t, aspace_create(s, "again", 0, &why), &why);
	tlb.page_of[i] = page_pa(spaces.page[page]);
	CHECK_OK(t, aspace_map(s, space_va(), page_size(), tlb.page_of[i], PT_R | PT_W, &why),
		 &why);
}

/* Use all ASIDs, on this CPU and for some spaces on another; then need one more while a CPU uses
 * the first space; then destroy a space whose ASID is the next to be assigned. */
static void use_all_asids(struct test_run *t, unsigned n)
{
	cpumask_t others = other_cpus();
	unsigned last = n;

	for (unsigned i = 0; i < n; i++)
		use_space_and_check(i);
	use_space_and_check(0);
	use_space_and_check(n);
	aspace_use(NULL);
	use_space_and_check(1);
	aspace_use(NULL);
	if (others)
		cpu_run(others & -others, use_space_on_other, &last);
	replace_space(t, 1, 2);
	use_space_and_check(1);
	aspace_use(NULL);
}

static unsigned few_tags(void)
{
	return cpus_nr + 2;
}

TEST(pgd, asid_values, .mutes_sanitizer = true,
     .claim = "a CPU whose TLB drops only invalidated entries reads another space's page exactly "
	      "if ASIDs are assigned wrongly",
     .rows = "S4-16", .could = COULD_TRACE, .params = asid_rule_names)
{
	const struct asid_rules *rules = &asid_rules[t->param_at];

	CHECK(t, t->param_at < asid_rules_nr && !strcmp(rules->s.name, t->param));
	if (!asid_count()) {
		test_skip(t, "these CPUs have too few ASIDs: every space has ASID 0");
		return;
	}
	memset(&tlb, 0, sizeof(tlb));
	asid_select(rules, few_tags());
	if (spaces_get(t, few_tags() + 1)) {
		for (unsigned i = 0; i < spaces.nr; i++)
			tlb.page_of[i] = page_pa(spaces.page[i]);
		pt_tap_enable("test.tlb", true);
		use_all_asids(t, few_tags());
		pt_tap_enable("test.tlb", false);
		spaces_put(t);
		CHECK_EQ(t, tlb.overwritten, 0);
		CHECK_EQ(t, tlb.stale != 0, rules->s.unsafe != NULL);
	}
	asid_select(&asid_rules[0], ASIDS_ALL);
	test_key(t, "loads=%u stale=%u", tlb.loads, tlb.stale);
}
