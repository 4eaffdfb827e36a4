/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-16: what a CPU would read that forgets nothing unless it is told to.  An emulator may drop
 * more than it was asked for (riscv64: all at each change of satp), and then a wrong ASID harms
 * nobody there.  So this file plays the worst legal TLB: one entry for each CPU and ASID, for the
 * one page that every space has.  It is filled as soon as a root is loaded, and filled again after
 * each invalidation while that root stays loaded, as speculation may (Arm ARM D8.17, "TLB
 * maintenance"; RISC-V privileged, SFENCE.VMA: "implicit reads ... speculatively").
 *
 * The judge of pgd.asid_rules looks at who owns an ASID; this one looks at frames alone.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/pgd/spaces.h>

#define TAGS 128 /* more than few_tags() */

static struct {
	paddr_t page_of[SPACES_MAX];       /* what each space maps, by the test's own books */
	paddr_t entry[CPUS_MAX][TAGS];     /* 0: none */
	const struct pt *loaded[CPUS_MAX]; /* NULL: the kernel's alone */
	u32 tag[CPUS_MAX];                 /* the ASID of that load */
	struct pt_event asked[CPUS_MAX];   /* not waited for yet */
	unsigned loads, stale;
	unsigned overwritten; /* requests before the one before was waited for: not modelled */
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

/* An invalidation by address is one of another page: each space maps its page once. */
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
		tlb.overwritten += tlb.asked[e->cpu].kind == PT_EV_TLBI;
		tlb.asked[e->cpu] = *e;
	} else if (e->kind == PT_EV_WAIT) {
		forget_entries(&tlb.asked[e->cpu]);
		tlb.asked[e->cpu].kind = PT_EV_KINDS;
	}
}

static const struct pt_tap tlb_tap = { .name = "test.tlb", .after = watch_tlb };
PT_TAP(test_tlb, tlb_tap);

/* This CPU uses the space: whose page does it read? */
static void look(unsigned i)
{
	unsigned cpu = this_cpu()->nr;

	aspace_use(&spaces.s[i]);
	tlb.loads++;
	tlb.stale += tlb.entry[cpu][tlb.tag[cpu] % TAGS] != tlb.page_of[i];
}

static void other_looks(void *arg)
{
	look(*(unsigned *)arg);
	aspace_use(NULL);
}

/* A space goes, and another with another page comes in its place. */
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

/* Every ASID is used up, by this CPU and for some spaces by another; then one more is needed while
 * a CPU uses the first space; then a space goes whose ASID is the next to be given out. */
static void use_up(struct test_run *t, unsigned n)
{
	cpumask_t others = other_cpus();
	unsigned last = n;

	for (unsigned i = 0; i < n; i++)
		look(i);
	look(0);
	look(n);
	aspace_use(NULL);
	look(1);
	aspace_use(NULL);
	if (others)
		cpu_run(others & -others, other_looks, &last);
	replace_space(t, 1, 2);
	look(1);
	aspace_use(NULL);
}

static unsigned few_tags(void)
{
	return cpus_nr + 2;
}

TEST(pgd, asid_values, .mistakes = true,
     .claim = "a CPU whose TLB forgets only what it is told to reads another space's page exactly "
	      "where ASIDs are given out wrongly",
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
		use_up(t, few_tags());
		pt_tap_enable("test.tlb", false);
		spaces_put(t);
		CHECK_EQ(t, tlb.overwritten, 0);
		CHECK_EQ(t, tlb.stale != 0, rules->s.unsafe != NULL);
	}
	asid_select(&asid_rules[0], ASIDS_ALL);
	test_key(t, "loads=%u stale=%u", tlb.loads, tlb.stale);
}
