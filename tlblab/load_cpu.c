/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/load_cpu.c - the operations of each CPU on the pages; see load.h. */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <tlblab/load.h>

#define CODE_BYTES 64
#define RARE 48 /* one in RARE operations frees the page */
#define SOME 16 /* one in SOME migrates it */
#define AWAKE 132
#define BURST 8

/* ---- code: each function returns a number of its own ---- */

#define ANSWER(n)                                                                                  \
	static NOINLINE u64 answer_##n(void)                                                       \
	{                                                                                          \
		return 0x1000 + 0x111 * (n);                                                       \
	}
ANSWER(0)
ANSWER(1)
ANSWER(2)
ANSWER(3)
ANSWER(4)
ANSWER(5)
ANSWER(6)
ANSWER(7)

typedef u64 answer_fn(void);
static answer_fn *const answers[] = { answer_0, answer_1, answer_2, answer_3,
				      answer_4, answer_5, answer_6, answer_7 };

/* The boot CPU reads the counts meanwhile. */
static void count_op(struct load_cpu *c, enum load_op op)
{
	atomic_store_relaxed(&c->ops[op], c->ops[op] + 1);
}

/* ---- slots ---- */

/* Acquire: the previous user's accesses to the page are visible; release: the same for the next
 * one. */
static bool change_users(struct load_slot *s, u32 from, u32 to)
{
	return atomic_cas_acq_rel(&s->users, &from, to);
}

bool load_enter(struct load_slot *s)
{
	u32 users = atomic_load_relaxed(&s->users);

	return users != LOAD_ALONE && change_users(s, users, users + 1);
}

void load_leave(struct load_slot *s)
{
	atomic_fetch_sub_release(&s->users, 1);
}

static bool alone(struct load_slot *s)
{
	return change_users(s, 0, LOAD_ALONE);
}

static void no_more_alone(struct load_slot *s)
{
	atomic_store_release(&s->users, 0);
}

static void wrong(struct load_cpu *c, enum load_op op, vaddr_t va, u64 value, u64 wanted)
{
	if (!c->wrong++)
		c->first = (struct load_wrong) {
			.op = (u8)op, .cpu = (u8)this_cpu()->nr, va, value, wanted
		};
}

static u64 word_of(const struct load_slot *s, u64 word)
{
	return hash_u64(s->tag, word);
}

static volatile u64 *own_word(const struct load_slot *s)
{
	return (volatile u64 *)va_ptr(s->page.va + page_size()) - 1 - this_cpu()->nr;
}

static u64 words(void)
{
	return page_size() / 8 - CPUS_MAX;
}

/* ---- as the exclusive user ---- */

static void fill_data(struct load_slot *s)
{
	volatile u64 *w = va_ptr(s->page.va);

	for (u64 i = 0; i < words(); i++)
		w[i] = word_of(s, i);
	for (unsigned i = 0; i < CPUS_MAX; i++)
		w[page_size() / 8 - 1 - i] = s->last[i] = 0;
	atomic_store_relaxed(&s->content, LOAD_DATA);
}

static void fill_code(struct load_slot *s)
{
	memcpy(va_ptr(s->page.va), (const void *)(uintptr_t)answers[s->tag % ARRAY_SIZE(answers)],
	       CODE_BYTES);
	movable_to_code(&s->page);
	atomic_store_relaxed(&s->content, LOAD_CODE);
}

/* Zone Movable is hot-plugged memory, on any node. */
static bool find_page(struct load_slot *s, struct rng *rng)
{
	unsigned from = (unsigned)rng_below(rng, NODES_MAX);

	for (unsigned i = 0; i < NODES_MAX; i++) {
		unsigned node = (from + i) % NODES_MAX;

		if (buddy_free_pages(node, ZONE_MOVABLE) &&
		    !movable_alloc(&s->page, node, "load", NULL))
			return true;
	}
	return false;
}

static void allocate(struct load *l, struct load_cpu *c, struct load_slot *s)
{
	atomic_store_relaxed(&s->turn, atomic_load_relaxed(&l->turn));
	if (!find_page(s, &c->rng))
		return;
	s->tag = rng_next(&c->rng);
	if (rng_below(&c->rng, 4))
		fill_data(s);
	else
		fill_code(s);
	count_op(c, LOAD_ALLOC);
}

static void release(struct load_cpu *c, struct load_slot *s)
{
	atomic_store_relaxed(&s->content, LOAD_EMPTY);
	movable_free(&s->page);
	count_op(c, LOAD_FREE);
}

/* ---- as a shared user ---- */

static void read_word(struct load_cpu *c, const struct load_slot *s)
{
	u64 i = rng_below(&c->rng, words());
	u64 value = ((volatile u64 *)va_ptr(s->page.va))[i];

	if (value != word_of(s, i))
		wrong(c, LOAD_READ, s->page.va + 8 * i, value, word_of(s, i));
	count_op(c, LOAD_READ);
}

static void write_word(struct load_cpu *c, struct load_slot *s)
{
	volatile u64 *w = own_word(s);
	u64 *last = &s->last[this_cpu()->nr];
	u64 value = *w;

	if (value != *last)
		wrong(c, LOAD_WRITE, ptr_va((const void *)(uintptr_t)w), value, *last);
	*w = *last = rng_next(&c->rng);
	count_op(c, LOAD_WRITE);
}

static void run_code(struct load_cpu *c, const struct load_slot *s)
{
	u64 wanted = answers[s->tag % ARRAY_SIZE(answers)]();
	u64 value = ((answer_fn *)va_ptr(s->page.va))();

	if (value != wanted)
		wrong(c, LOAD_RUN, s->page.va, value, wanted);
	count_op(c, LOAD_RUN);
}

static void use(struct load_cpu *c, struct load_slot *s)
{
	if (rng_below(&c->rng, SOME) == 0) {
		if (!movable_move(&s->page, NULL))
			count_op(c, LOAD_MOVE);
	} else if (s->content == LOAD_CODE) {
		run_code(c, s);
	} else {
		read_word(c, s);
		write_word(c, s);
	}
}

static void load_one(struct load *l, struct load_cpu *c)
{
	struct load_slot *s = &l->slot[rng_below(&c->rng, LOAD_SLOTS)];
	/* No CPU has entered the slot yet: both are hints. */
	bool old = atomic_load_relaxed(&s->turn) != atomic_load_relaxed(&l->turn);

	if ((old || !atomic_load_relaxed(&s->content) || rng_below(&c->rng, RARE) == 0) &&
	    alone(s)) {
		if (s->content)
			release(c, s);
		else
			allocate(l, c, s);
		no_more_alone(s);
	} else if (load_enter(s)) {
		if (s->content)
			use(c, s);
		load_leave(s);
	}
}

void load_some(struct load *l, unsigned ops)
{
	struct load_cpu *c = &l->cpu[this_cpu()->nr];

	while (ops--)
		load_one(l, c);
}

/* Sleep briefly now and then: emulated CPUs share few cores. */
void load_worker(void *arg)
{
	struct load *l = arg;
	struct cpu_pause pause = { 0 };

	while (!atomic_load_acquire(&l->stop)) {
		load_some(l, BURST);
		cpu_pause(&pause);
		if (pause.rounds > AWAKE)
			pause.rounds = 0;
	}
}
