/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/fire_cpu.c - the part of every other CPU, while the range is added and removed; see
 * fire.h. */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <tlblab/fire_internal.h>
#include <tlblab/lab.h>

#define AWAKE 132 /* passes until the few that end in a sleep are over */
#define TURN 32   /* average passes between an allocation and freeing of a mover */

/* ---- reports ---- */

static void fire_report_fault(struct fire *f, enum fire_fault what, vaddr_t va, int kind, u64 value,
			      u64 wanted)
{
	struct fire_cpu *c = &f->cpu[this_cpu()->nr];

	c->of[what]++;
	if (c->wrong++)
		return;
	c->first = (struct fire_record) { .what = (u8)what,
					  .cpu = (u8)this_cpu()->nr,
					  .kind = kind,
					  .va = va,
					  .value = value,
					  .wanted = wanted,
					  .generation = f->generation,
					  .epoch = f->epoch };
}

/* ---- phases ---- */

/* acquire: the description of the phase is read after its number */
static u32 epoch_now(const struct fire *f)
{
	return atomic_load_acquire(&f->epoch);
}

/* True if the whole access was in the phase that began with `epoch`. */
static bool still(const struct fire *f, u32 epoch)
{
	arch_mb(); /* the access is complete before the epoch is read again */
	return epoch_now(f) == epoch;
}

/* ---- range present: tags of this generation ---- */

/*
 * CPUs observe the phase by an acquire load; the verdict of map.engine.rmb (tlblab/patterns) states
 * whether they may then fault on new entries, and for how long.
 */
static bool may_fault(enum outcome o)
{
	static const u16 forbids[RULES] = {
		[RULE_VMSA] = BIT(SAW_KEPT) | BIT(SAW_STUCK),
		[RULE_ETS2] = BIT(SAW_FAULT) | BIT(SAW_KEPT) | BIT(SAW_STUCK),
		[RULE_RISCV] = BIT(SAW_STUCK),
		[RULE_SVVPTC] = BIT(SAW_KEPT) | BIT(SAW_STUCK),
	};

	return !(forbids[lab_rule()] >> o & 1);
}

/* The kind of a fault that is forbidden, or 0. */
static int probe_present(struct fire *f, int (*probe)(vaddr_t, u64 *), vaddr_t va, u64 *value)
{
	int kind = probe(va, value);

	if (!kind)
		return 0;
	if (!may_fault(lab_settle(probe, va, value)))
		return kind;
	f->cpu[this_cpu()->nr].lazy++;
	return 0;
}

static int jump(vaddr_t va, u64 *value)
{
	(void)value;
	return lab_probe_exec(va);
}

static void read_there(struct fire *f, u32 epoch, unsigned i, u64 word)
{
	vaddr_t va = f->mark_va[i] + 8 * word;
	u64 value = 0, wanted = fire_tag(f->mark[i], f->generation, word);
	int kind = probe_present(f, lab_probe, va, &value);

	if (!still(f, epoch))
		return;
	if (kind)
		fire_report_fault(f, FIRE_MISSING, va, kind, 0, wanted);
	else if (value != wanted)
		fire_report_fault(f, FIRE_DATA, va, 0, value, wanted);
}

/* Each CPU has a word of its own at the end of each page. */
static void write_there(struct fire *f, u32 epoch, unsigned i, u64 salt)
{
	vaddr_t va = f->mark_va[i] + page_size() - 8 * (1 + this_cpu()->nr);
	u64 value = 0;
	int kind;

	if (lab_probe_store(va, salt))
		return;
	/* an earlier failed walk may be cached beside the leaf that the store used */
	kind = probe_present(f, lab_probe, va, &value);
	if (still(f, epoch) && (kind || value != salt))
		fire_report_fault(f, FIRE_LOST, va, kind, value, salt);
}

static void there(struct fire *f, struct fire_cpu *c, u32 epoch)
{
	u64 words = page_size() / 8 - CPUS_MAX;
	int kind;

	for (unsigned i = 0; i < FIRE_MARKS; i++) {
		read_there(f, epoch, i, rng_below(&c->rng, words));
		write_there(f, epoch, i, rng_next(&c->rng));
	}
	kind = probe_present(f, jump, f->code_va, NULL);
	if (still(f, epoch) && kind)
		fire_report_fault(f, FIRE_MISSING, f->code_va, kind, 0, 0);
	c->loads += 2 * FIRE_MARKS;
	c->stores += FIRE_MARKS;
	c->fetches++;
}

/* ---- range removed: everything faults ---- */

static void check_removed(struct fire *f, struct fire_cpu *c, u32 epoch, vaddr_t va)
{
	u64 value = 0;
	int kind = lab_probe(va, &value);

	if (!still(f, epoch))
		return;
	c->loads++;
	c->faults += kind != 0;
	if (!kind)
		fire_report_fault(f, FIRE_READ, va, 0, value, 0);
}

/* The word that this CPU wrote while the page was present. */
static void store_removed(struct fire *f, struct fire_cpu *c, u32 epoch, unsigned i)
{
	vaddr_t va = f->mark_va[i] + page_size() - 8 * (1 + this_cpu()->nr);
	int kind;

	if (!still(f, epoch))
		return;
	kind = lab_probe_store(va, 0x0bad0bad0bad0badul);
	if (!still(f, epoch))
		return;
	c->stores++;
	c->faults += kind != 0;
	if (!kind)
		fire_report_fault(f, FIRE_WRITE, va, 0, 0x0bad0bad0bad0badul, 0);
}

/* The code is unmapped and invalidated: no CPU may execute it, whatever else changes meanwhile. */
static void jump_removed(struct fire *f, struct fire_cpu *c)
{
	u64 gone = atomic_load_acquire(&f->code_unmapped);
	int kind;

	if (!gone)
		return;
	kind = lab_probe_exec(f->code_va);
	arch_mb(); /* the jump is complete before the second read */
	if (gone != atomic_load_acquire(&f->code_unmapped))
		return;
	c->fetches++;
	c->faults += kind != 0;
	if (!kind)
		fire_report_fault(f, FIRE_FETCH, f->code_va, 0, 0, 0);
}

static void check_all_removed(struct fire *f, struct fire_cpu *c, u32 epoch)
{
	for (unsigned i = 0; i < FIRE_MARKS; i++) {
		check_removed(f, c, epoch, f->mark_va[i] + 8 * rng_below(&c->rng, page_size() / 8));
		store_removed(f, c, epoch, i);
	}
	check_removed(f, c, epoch, f->meta_va);
	jump_removed(f, c);
}

/* ---- always: pages in use that are migrated ---- */

static void hammer(struct fire *f, struct fire_cpu *c, unsigned i)
{
	volatile u64 *word = va_ptr(c->mover[i].va);

	if (*word != c->last[i])
		fire_report_fault(f, FIRE_LOST, c->mover[i].va, 0, *word, c->last[i]);
	*word = c->last[i] = rng_next(&c->rng);
}

static void allocate(struct fire *f, struct fire_cpu *c, unsigned i)
{
	if (movable_alloc(&c->mover[i], f->range.node, "under fire", NULL))
		return;
	c->allocs++;
	*(volatile u64 *)va_ptr(c->mover[i].va) = c->last[i] = rng_next(&c->rng);
}

/* Rarely enough that the CPU that empties the range also gets the lock of movable pages. */
static void movers(struct fire *f, struct fire_cpu *c)
{
	for (unsigned i = 0; i < FIRE_MOVERS; i++) {
		bool turn = rng_below(&c->rng, TURN) == 0;

		if (!c->mover[i].page && turn)
			allocate(f, c, i);
		else if (!c->mover[i].page)
			continue;
		else if (turn)
			movable_free(&c->mover[i]);
		else
			hammer(f, c, i);
	}
}

/* Sleep briefly now and then, and more while another CPU changes the range: emulated CPUs share
 * few cores. */
static void breathe(struct cpu_pause *pause, bool changing)
{
	cpu_pause(pause);
	if (!changing && pause->rounds > AWAKE)
		pause->rounds = 0;
}

void fire_worker(void *arg)
{
	struct fire *f = arg;
	struct fire_cpu *c = &f->cpu[this_cpu()->nr];
	struct cpu_pause pause = { 0 };

	while (!atomic_load_acquire(&f->stop)) {
		u32 epoch = epoch_now(f);
		u64 value;

		if (epoch & 1) {
			lab_probe(f->mark_va[epoch / 2 % FIRE_MARKS], &value);
			jump_removed(f, c);
		} else if (f->there) {
			there(f, c, epoch);
		} else if (f->generation) {
			check_all_removed(f, c, epoch);
		}
		movers(f, c);
		atomic_store_release(&c->passes, c->passes + 1);
		/* order the store of the count before the load of the next epoch: else pass_all()
		 * could count two passes of which the second uses the previous epoch */
		arch_mb();
		breathe(&pause, epoch & 1);
	}
	for (unsigned i = 0; i < FIRE_MOVERS; i++)
		if (c->mover[i].page)
			movable_free(&c->mover[i]);
}
