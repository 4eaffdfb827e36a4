/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/conform.c - targets and rounds of the conformance tests; see conform.h. */
#include <arch/arch.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tlblab/conform.h>

/* ---- accesses ---- */
/* What a CPU still does if it uses the old entry. */
enum conform_old {
	OLD_LOADS,  /* a load of a removed mapping, or through a removed table, succeeds */
	OLD_FAULTS, /* a load of a new mapping faults */
	OLD_DENIES, /* a store to a page that is writable now faults */
};

static u64 word_at(vaddr_t va)
{
	return (va & (page_size() - 1)) / 8;
}

static int access_place(struct conform *c, unsigned cpu, unsigned i)
{
	if (c->target->kind)
		return c->target->kind->probe(c->va[i]);
	if (c->target->old == OLD_DENIES)
		return lab_probe_store(c->va[i], lab_word(FRAME_OLD, word_at(c->va[i])));
	return lab_probe(c->va[i], &c->value[cpu][i]);
}

/* This CPU has that space loaded from now on. */
static void enter(const struct conform *c, unsigned n)
{
	if (c->target->space)
		arch_space_load(conform_space(n));
}

static void use_here(void *arg)
{
	struct conform *c = arg;
	unsigned spaces = c->target->space ? 2 : 1;

	for (unsigned n = 0; n < spaces; n++) {
		enter(c, n);
		for (unsigned i = 0; i < c->places; i++)
			access_place(c, this_cpu()->nr, i);
	}
}

static void use(struct conform *c)
{
	cpu_run(cpus_online(), use_here, c);
}

static void look_here(void *arg)
{
	struct conform *c = arg;
	unsigned cpu = this_cpu()->nr;

	enter(c, 0);
	for (unsigned i = 0; i < c->places; i++) {
		bool fault = access_place(c, cpu, i) != 0;

		c->old[cpu][i] = fault == (c->target->old >= OLD_FAULTS);
	}
}

static void look_ordered(void *arg)
{
	lab_order(); /* the call before the walk */
	look_here(arg);
}

/* The form and the first accesses of its CPU, with nothing between them. */
static void issue_here(void *arg)
{
	struct conform *c = arg;

	if (c->form)
		c->form->run(&c->named);
	else
		lab_order();
	if (c->target->late)
		c->late = storers_late(&c->storers, c->lab.frame[FRAME_OLD]);
	look_here(c);
}

/* ---- targets ---- */
#define RIGHTS (PT_R | PT_W)
#define WINDOW 0x10000ul /* a form that names a range names these 64 KiB, if pages are smaller */

static enum pt_prot rights(const struct conform *c)
{
	return RIGHTS | (c->target->global ? PT_GLOBAL : 0);
}

/* A page of the span, in half of the rounds the last of its window.  The first page stays mapped:
 * it keeps the table, so a change is one of a leaf. */
static vaddr_t random_place(struct conform *c)
{
	u64 pages = c->lab.span_len >> page_shift();
	vaddr_t va = c->lab.span + ((1 + rng_below(&c->rng, pages - 1)) << page_shift());

	return rng_below(&c->rng, 2) ? va : va | align_down(WINDOW - 1, page_size());
}

/* A CPU may hold a failed walk that ended above the table, which a fence for leaves does not remove
 * (PAGETABLES.md, R3): a new table is followed by a full invalidation. */
static bool map_in_table(struct conform *c)
{
	paddr_t pa = page_pa(c->lab.frame[FRAME_NEW]);

	if (pt_lookup(&kpt, c->lab.span, NULL) == PT_LEAF)
		return true;
	if (vmalloc_map(c->lab.span, &pa, 1, RIGHTS))
		return false;
	lab_flush_omitted(&c->lab);
	return true;
}

/* The page of map_in_table() is unmapped. */
static void empty_span(struct conform *c)
{
	if (pt_lookup(&kpt, c->lab.span, NULL) == PT_LEAF)
		lab_unmap(c->lab.span, FLUSH_ALL);
}

/* Four places of a page: some machines keep a page in pieces. */
static void places_in(struct conform *c, vaddr_t page)
{
	c->places = CONFORM_PLACES;
	for (unsigned i = 0; i < c->places; i++)
		c->va[i] = page + i * (page_size() / CONFORM_PLACES);
	c->named.va = page + 8 * lab_random_word(&c->rng);
	c->named.level = 0;
}

static bool map_page(struct conform *c, enum pt_prot prot)
{
	vaddr_t page = random_place(c);
	paddr_t pa = page_pa(c->lab.frame[FRAME_OLD]);

	places_in(c, page);
	return map_in_table(c) && !vmalloc_map(page, &pa, 1, prot);
}

static vaddr_t page_of(const struct conform *c)
{
	return align_down(c->va[0], page_size());
}

static bool change_page(struct conform *c)
{
	if (!map_page(c, rights(c)))
		return false;
	use(c);
	lab_unmap(page_of(c), FLUSH_NONE);
	if (c->target->other_va)
		c->named.va ^= WINDOW;
	return true;
}

static void end_page(struct conform *c)
{
	lab_unmap(page_of(c), FLUSH_ALL);
}

/* The page before stays mapped, and the access needs its entry as well. */
static bool change_crossed(struct conform *c)
{
	paddr_t pa = page_pa(c->lab.frame[FRAME_NEW]);
	vaddr_t before;

	if (!map_page(c, RIGHTS))
		return false;
	c->places = 1;
	before = page_of(c) - page_size();
	if (before != c->lab.span && vmalloc_map(before, &pa, 1, RIGHTS)) {
		lab_unmap(page_of(c), FLUSH_ALL);
		return false;
	}
	use(c);
	lab_unmap(page_of(c), FLUSH_NONE);
	return true;
}

static void end_crossed(struct conform *c)
{
	if (page_of(c) - page_size() != c->lab.span)
		lab_unmap(page_of(c) - page_size(), FLUSH_ALL);
}

/* The other CPUs store from now on; the form is executed on this one. */
static bool change_late(struct conform *c)
{
	if (!map_page(c, RIGHTS))
		return false;
	c->places = 1;
	c->va[0] = storers_place(page_of(c), this_cpu()->nr);
	use(c);
	storers_begin(&c->storers, page_of(c), other_cpus(), c->target->kind->probe);
	lab_unmap(page_of(c), FLUSH_NONE);
	return true;
}

static void end_late(struct conform *c)
{
	lab_flush_omitted(&c->lab);
	storers_end(&c->storers);
}

static bool change_large(struct conform *c)
{
	u64 quarter = c->lab.span_len / CONFORM_PLACES;

	empty_span(c);
	if (!lab_map_large(&c->lab, rights(c)))
		return false;
	c->places = CONFORM_PLACES;
	for (unsigned i = 0; i < c->places; i++)
		c->va[i] = c->lab.span + i * quarter +
			   align_down(rng_below(&c->rng, quarter), page_size());
	c->named.va = c->lab.span + align_down(rng_below(&c->rng, c->lab.span_len), 8);
	c->named.level = 1;
	use(c);
	lab_unmap_large(&c->lab, FLUSH_NONE);
	return true;
}

/* Members of a run: first another one is used, then the one that is named. */
static bool change_run(struct conform *c)
{
	unsigned shift = page_shift() + layout.fmt->run[0];
	u64 bytes = 1ul << shift, pages = bytes >> page_shift(), at = rng_below(&c->rng, pages);
	u64 offset = (1 + rng_below(&c->rng, (c->lab.span_len >> shift) - 1)) << shift;
	struct pt_plan plan;

	if (!map_in_table(c) ||
	    pt_plan(&kpt, &plan, PT_OP_MAP, c->lab.span + offset, bytes, 0, this_cpu()->node, NULL))
		return false;
	plan.contig = true;
	pt_map(&plan, page_pa(c->run), rights(c));
	pt_plan_end(&plan);
	places_in(c, c->lab.span + offset +
			     ((at + 1 + rng_below(&c->rng, pages - 1)) % pages << page_shift()));
	use(c);
	places_in(c, c->lab.span + offset + (at << page_shift()));
	use(c);
	tlb_omit = true;
	vmalloc_unmap(c->lab.span + offset, pages);
	tlb_omit = false;
	return true;
}

/* The table is unhooked and has leaves from now on: who reads there used the removed table. */
static bool change_table(struct conform *c)
{
	paddr_t pa = page_pa(c->lab.frame[FRAME_OLD]);
	vaddr_t va;

	empty_span(c);
	va = random_place(c);
	if (vmalloc_map(va, &pa, 1, rights(c)))
		return false;
	c->table = lab_table(&c->lab);
	places_in(c, va);
	use(c);
	lab_unmap(va, FLUSH_NONE);
	lab_unhook(&c->lab, &c->gather, FLUSH_NONE);
	lab_table_fill(&c->lab, c->table, FRAME_TRAP, rights(c));
	places_in(c, va ^ page_size());
	return true;
}

static void end_table(struct conform *c)
{
	lab_table_zero(c->table);
	lab_flush_omitted(&c->lab);
	lab_table_release(&c->gather);
}

/* The map fences no CPU, not even this one. */
static bool change_failed(struct conform *c)
{
	paddr_t pa = page_pa(c->lab.frame[FRAME_NEW]);
	const struct newmap_scheme *before = kpt_newmap_selected();
	bool mapped;

	if (!map_in_table(c))
		return false;
	places_in(c, random_place(c));
	use(c);
	kpt_newmap_select(newmap_scheme_find("lazy", NULL));
	mapped = !vmalloc_map(page_of(c), &pa, 1, rights(c));
	kpt_newmap_select(before);
	return mapped;
}

static bool change_rights(struct conform *c)
{
	if (!map_page(c, PT_R))
		return false;
	use(c);
	lab_protect(page_of(c), RIGHTS, FLUSH_NONE);
	return true;
}

/* The form is executed with the other space loaded. */
static bool change_space(struct conform *c)
{
	vaddr_t va = conform_space_map(c);

	if (!va)
		return false;
	places_in(c, va);
	use(c);
	conform_space_unmap(va);
	c->named.asid = conform_space(c->target->other_asid)->asid;
	return true;
}

enum conform_wants {
	WANTS_LARGE = 1,
	WANTS_RUN = 2,
	WANTS_FAILED = 4,
	WANTS_ASIDS = 8,
	WANTS_SPACES = 16
};

static const struct conform_target targets[] = {
	{ .name = "leaf", .what = "a leaf of the ASID", .change = change_page },
	{ .name = "global", .what = "a global leaf", .change = change_page, .global = true },
	{ .name = "large",
	  .what = "a large leaf, by one of its addresses",
	  .change = change_large,
	  .wants = WANTS_LARGE },
	{ .name = "large-global",
	  .what = "a large global leaf, by one of its addresses",
	  .change = change_large,
	  .global = true,
	  .wants = WANTS_LARGE },
	{ .name = "run",
	  .what = "a member of a contiguous run, after another was used",
	  .change = change_run,
	  .wants = WANTS_RUN },
	{ .name = "table",
	  .what = "a pointer to a table",
	  .change = change_table,
	  .end = end_table,
	  .table = true },
	{ .name = "failed",
	  .what = "a failed walk to a page that is valid now",
	  .old = OLD_FAULTS,
	  .change = change_failed,
	  .end = end_page,
	  .wants = WANTS_FAILED },
	{ .name = "rights",
	  .what = "a read-only leaf that is writable now",
	  .old = OLD_DENIES,
	  .change = change_rights,
	  .end = end_page },
	{ .name = "other-va",
	  .what = "a leaf of another address",
	  .change = change_page,
	  .other_va = true },
	{ .name = "other-asid",
	  .what = "a leaf of another ASID",
	  .change = change_page,
	  .other_asid = true,
	  .wants = WANTS_ASIDS },
	{ .name = "space",
	  .what = "a leaf of an address space that is not loaded",
	  .change = change_space,
	  .end = conform_space_end,
	  .space = true,
	  .wants = WANTS_SPACES },
	{ .name = "other-space",
	  .what = "a leaf of another address space",
	  .change = change_space,
	  .end = conform_space_end,
	  .space = true,
	  .other_asid = true,
	  .wants = WANTS_SPACES },
};

/* The n-th kind that stores. */
static bool late_target(unsigned n, struct conform_target *t)
{
	unsigned i = 0;

	while (i < access_kinds_nr && (!access_kinds[i].stores || n--))
		i++;
	if (i == access_kinds_nr)
		return false;
	*t = (struct conform_target) {
		.what = "a leaf, and wait for the stores through it",
		.kind = &access_kinds[i],
		.late = true,
		.change = change_late,
		.end = end_late,
	};
	snprintf(t->late_name, sizeof(t->late_name), "late-%s", t->kind->name);
	t->name = t->late_name;
	return true;
}

bool conform_target(unsigned n, struct conform_target *t)
{
	const struct access_kind *kind;

	if (n < ARRAY_SIZE(targets)) {
		*t = targets[n];
		return true;
	}
	n -= ARRAY_SIZE(targets);
	if (n >= access_kinds_nr)
		return late_target(n - access_kinds_nr, t);
	kind = &access_kinds[n];
	*t = (struct conform_target) {
		.name = kind->name,
		.what = "a leaf, by an access of another kind",
		.kind = kind,
		.change = kind->crosses ? change_crossed : change_page,
		.end = kind->crosses ? end_crossed : NULL,
	};
	return true;
}

/* ---- the rule ---- */
/*
 * Everything that the form's operands select must go; the rest may stay, because "it is always
 * legal to over-fence" (RISC-V, SFENCE.VMA; Arm ARM D8.17).  A form by address selects each cached
 * copy of the entry that translates the address, so all pieces of a large leaf.  A run consists of
 * several entries: only copies of the named one are selected (norm:Svnapot_cache_entries; D8.7).
 */
bool conform_must(const struct tlb_form *f, const struct conform_target *t)
{
	return !(t->other_va && f->by_va) && !(t->other_asid && f->by_asid) &&
	       !(t->global && f->global_stays) && !(t->table && f->tables_stay);
}

/* A form without the operand selects the target as it selects `leaf`. */
bool conform_applies(const struct tlb_form *f, const struct conform_target *t)
{
	return !(t->other_va && !f->by_va) && !(t->other_asid && !f->by_asid) &&
	       (!t->kind || f->each_kind) && (!t->late || f->everywhere);
}

/* In the middle of a page that is mapped. */
static void try_kind(void *arg)
{
	struct conform *c = arg;
	vaddr_t va = ptr_va(page_ptr(c->lab.frame[FRAME_TRAP])) + page_size() / 2;

	c->old[this_cpu()->nr][0] = (u8)c->target->kind->probe(va);
}

static const char *kind_missing(struct conform *c, const struct conform_target *t)
{
	const char *why = t->kind->lacks ? t->kind->lacks() : NULL;
	unsigned cpu = 0;

	if (why)
		return why;
	c->target = t;
	cpu_run(cpus_online(), try_kind, c);
	while (cpu < CPUS_MAX && (!(cpus_online() & cpu_bit(cpu)) || !c->old[cpu][0]))
		cpu++;
	if (cpu == CPUS_MAX)
		return NULL;
	return c->old[cpu][0] == TRAP_UNDEFINED ? "the instruction is not implemented or disabled"
						: "it traps on a page that is mapped";
}

const char *conform_missing(struct conform *c, const struct conform_target *t)
{
	if (!c->lab.span)
		return "no room for the span of a table";
	if (t->wants & WANTS_RUN && !(kpt.caps & PT_CAP_CONTIG && layout.fmt->run[0]))
		return "the CPUs have no contiguous runs (riscv: Svnapot)";
	if (t->wants & WANTS_RUN && !c->run)
		return "no memory of the size of a run";
	if (t->wants & WANTS_LARGE && !c->lab.large)
		return "no memory of the size of a large leaf";
	if (t->wants & WANTS_FAILED && lab_rule() <= RULE_ETS2)
		return "this architecture keeps no failed walk (D8.16)";
	if (t->kind)
		return kind_missing(c, t);
	if (t->wants & WANTS_SPACES && !c->spaces)
		return "the CPUs have too few ASIDs for two address spaces";
	return t->wants & WANTS_ASIDS && !c->asids ? "the CPUs have no ASIDs" : NULL;
}

/* ---- rounds ---- */
bool conform_open(struct conform *c, u64 seed)
{
	memset(c, 0, sizeof(*c));
	c->rng.state = seed;
	if (!lab_open(&c->lab, true))
		return false;
	c->asids = arch_asid_bits() != 0;
	c->spaces = conform_spaces_open();
	c->run = page_alloc_any(0, ZONE_NORMAL, layout.fmt->run[0], "tlb lab");
	return true;
}

void conform_close(struct conform *c)
{
	if (c->spaces)
		conform_spaces_close();
	if (c->run)
		page_free(c->run, layout.fmt->run[0]);
	if (c->lab.span)
		empty_span(c);
	lab_flush_omitted(&c->lab);
	lab_close(&c->lab);
}

/* `first`: record the first old result there. */
static void count_cpu(const struct conform *c, unsigned cpu, struct profile_count *n,
		      struct conform_result *first)
{
	for (unsigned i = 0; i < c->places; i++) {
		n->trials++;
		if (!c->old[cpu][i] || n->hits++ || !first)
			continue;
		first->cpu = cpu;
		first->va = c->va[i];
		first->named = c->named;
	}
}

static void count_round(const struct conform *c, unsigned issuer, struct conform_result *r)
{
	struct profile_count *own = c->form ? &r->own : &r->control_own;
	struct profile_count *others = c->form ? &r->others : &r->control_others;

	count_cpu(c, issuer, own, c->form ? r : NULL);
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu != issuer && cpus_online() & cpu_bit(cpu))
			count_cpu(c, cpu, others,
				  c->form && c->form->everywhere && !r->own.hits ? r : NULL);
}

static void note_late(struct conform *c)
{
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (c->storers.cpus & cpu_bit(cpu))
			c->old[cpu][0] = (c->late & cpu_bit(cpu)) != 0;
}

static void one_round(struct conform *c, struct conform_result *r)
{
	cpumask_t cpus = cpus_online();
	unsigned nth = (unsigned)rng_below(&c->rng, cpus_online_nr()), issuer = 0;

	while (!(cpus & cpu_bit(issuer)) || nth--)
		issuer++;
	if (c->target->late)
		issuer = this_cpu()->nr;
	c->named.asid = kpt.asid + (c->target->other_asid ||
				    (c->target->global && c->asids && rng_below(&c->rng, 2)));
	if (!c->target->change(c)) {
		r->lost++;
		return;
	}
	tlb_selected()->sync(); /* the stores of the change, before the other CPUs' walks */
	cpu_run(cpu_bit(issuer), issue_here, c);
	if (c->target->late)
		note_late(c);
	else
		cpu_run(cpus & ~cpu_bit(issuer), look_ordered, c);
	count_round(c, issuer, r);
	if (c->target->end)
		c->target->end(c);
	lab_flush_omitted(&c->lab);
}

void conform_try(struct conform *c, const struct tlb_form *f, const struct conform_target *t,
		 unsigned rounds, struct conform_result *r)
{
	memset(r, 0, sizeof(*r));
	c->target = t;
	for (unsigned i = 0; i < 2 * rounds; i++) {
		c->form = i & 1 ? NULL : f;
		one_round(c, r);
	}
}
