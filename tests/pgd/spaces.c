/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/pgd/spaces.c - address spaces for tests; see tests/pgd/spaces.h. */
#include <kern/probe.h>
#include <lib/init.h>
#include <lib/string.h>
#include <tests/pgd/spaces.h>

struct spaces spaces NOINIT;

const char *const asid_rule_names[] = { "tagged", "no-flush",  "drop-active",
					"wrap",   "no-retire", NULL };

vaddr_t space_va(void)
{
	return SPACE_VA & (aspace_end() / 2 - 1) & ~(page_size() - 1);
}

u64 space_value(unsigned i)
{
	return 0x5face00000000000ul + i;
}

static bool space_get(struct test_run *t, unsigned i)
{
	struct aspace *s = &spaces.s[i];
	struct why why = { 0 };

	spaces.page[i] = page_alloc_any(0, ZONE_NORMAL, 0, "space");
	if (!CHECK(t, spaces.page[i] != NULL))
		return false;
	*(u64 *)page_ptr(spaces.page[i]) = space_value(i);
	if (!CHECK_OK(t, aspace_create(s, "space", 0, &why), &why)) {
		page_free(spaces.page[i], 0);
		return false;
	}
	spaces.nr = i + 1;
	return CHECK_OK(
		t,
		aspace_map(s, space_va(), page_size(), page_pa(spaces.page[i]), PT_R | PT_W, &why),
		&why);
}

bool spaces_get(struct test_run *t, unsigned n)
{
	spaces.nr = 0;
	for (unsigned i = 0; i < n; i++)
		if (!space_get(t, i)) {
			spaces_put(t);
			return false;
		}
	return true;
}

void spaces_put(struct test_run *t)
{
	struct why why = { 0 };

	while (spaces.nr) {
		spaces.nr--;
		CHECK_OK(t, aspace_destroy(&spaces.s[spaces.nr], &why), &why);
		page_free(spaces.page[spaces.nr], 0);
	}
}

bool space_reads(unsigned i)
{
	u64 value = 0;

	aspace_use(&spaces.s[i]);
	return !probe_load64(space_va(), &value) && value == space_value(i);
}

void space_leave(void *unused)
{
	(void)unused;
	aspace_use(NULL);
}

/* ---- the check of ASIDs ---- */

#define ASIDS 4096 /* limit of the check; tests use fewer */

struct books {
	struct {
		const struct pt *owner;
		cpumask_t held;
	} asid[ASIDS];
	u32 on[CPUS_MAX];                    /* the ASID that each CPU has loaded; 0: none */
	struct pt_event requested[CPUS_MAX]; /* the invalidation that it has not waited for yet */
	struct asid_verdict v;
};
static struct books books NOINIT;

bool asid_event(const struct pt_event *e)
{
	return e->kind == PT_EV_ROOT_LOAD || e->kind == PT_EV_TLBI || e->kind == PT_EV_WAIT ||
	       e->kind == PT_EV_PAGE_FREE;
}

static void mistake(const char *what, u32 asid, u32 cpu)
{
	if (books.v.mistakes++)
		return;
	books.v.what = what;
	books.v.asid = asid;
	books.v.cpu = cpu;
}

static void root_loaded(const struct pt_event *e)
{
	u32 a = e->asid % ASIDS;

	if (e->pt == &kpt) {
		books.on[e->cpu] = 0;
		return;
	}
	books.v.loads++;
	if (books.asid[a].owner != e->pt) {
		if (books.asid[a].held)
			mistake("an ASID got another owner while TLBs may have its entries", a,
				e->cpu);
		books.asid[a].held = 0;
	}
	books.asid[a].owner = e->pt;
	books.asid[a].held |= cpu_bit(e->cpu);
	books.on[e->cpu] = a;
}

/* After an invalidation its CPUs may have only entries of the root that they have loaded. */
static void forget(u32 a, cpumask_t cpus)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus & cpu_bit(c) && books.on[c] != a)
			books.asid[a].held &= ~cpu_bit(c);
}

/* Only an invalidation of all entries of one ASID, or of all ASIDs, makes a TLB ready for a new
 * owner. */
static void waited(const struct pt_event *e)
{
	struct pt_event *requested = &books.requested[e->cpu];

	if (requested->kind != PT_EV_TLBI || requested->len)
		return;
	for (u32 a = 1; a < ASIDS; a++)
		if (requested->global || requested->asid == a)
			forget(a, requested->cpus);
	requested->kind = PT_EV_KINDS;
}

static void table_freed(const struct pt_event *e)
{
	for (u32 a = 1; a < ASIDS; a++)
		if (e->pt != &kpt && books.asid[a].owner == e->pt && books.asid[a].held)
			mistake("a table was freed while TLBs may have entries of its space", a,
				e->cpu);
}

struct asid_verdict asid_judge(const struct record *r)
{
	memset(&books, 0, sizeof(books));
	for (u32 i = 0; i < r->nr; i++) {
		const struct pt_event *e = &r->ev[i];

		if (e->kind == PT_EV_ROOT_LOAD)
			root_loaded(e);
		else if (e->kind == PT_EV_TLBI)
			books.requested[e->cpu] = *e;
		else if (e->kind == PT_EV_WAIT)
			waited(e);
		else
			table_freed(e);
	}
	return books.v;
}
