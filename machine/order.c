/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/order.c - the memory model of order.h.
 */
#include <machine/order.h>
#include <machine/random.h>
#include <string.h>

struct ordering ordering;

static unsigned past_slot(u64 word)
{
	return (unsigned)((word >> 3) * 0x9e3779b1u >> 7) % HISTORY;
}

static u64 mask_of(u64 pa, unsigned bytes)
{
	return (bytes == 8 ? ~0ul : (1ul << 8 * bytes) - 1) << 8 * (pa & 7);
}

static u64 *word_at(u64 word)
{
	return (u64 *)(void *)memory_host(word);
}

static void filter_count(struct observer *o, u64 word, int by)
{
	o->filter[order_slot(word)] = (u8)(o->filter[order_slot(word)] + by);
}

void order_pin(unsigned cpu, u64 word, int by)
{
	filter_count(&ordering.cpu[cpu], word, by);
}

/* The caller has changed or read the word that is watched. */
static void act(unsigned cpu, enum act what, u64 word, u64 value, u64 time)
{
	if (word == order_word(knobs.watch) && ordering.watched)
		ordering.watched(cpu, what, value, time);
}

void order_reset(void)
{
	void (*visible)(unsigned, u64, struct frame_state *) = ordering.visible;
	void (*watched)(unsigned, enum act, u64, u64) = ordering.watched;
	bool (*caught)(u64, u64, u64, bool) = ordering.caught;
	bool (*granted)(const struct freedom *) = ordering.granted;

	memset(&ordering, 0, sizeof(ordering));
	ordering.visible = visible;
	ordering.watched = watched;
	ordering.caught = caught;
	ordering.granted = granted;
	ordering.now = HISTORY; /* RAM as it was loaded is older than any history */
	for (unsigned i = 0; i < WORST_CPUS; i++) {
		ordering.cpu[i].cpu = i;
		if (knobs.watch) /* no load of that word is plain */
			order_pin(i, order_word(knobs.watch), 1);
	}
}

/* ---- history ---- */
/*
 * The entry at index i (plus 1), or NULL: none is within the history.  One that is no older than
 * `end`, of the entry that named it, has been used again.
 */
static struct past_store *past_at(u32 i, u64 end)
{
	struct past_store *p = i ? &ordering.past[i - 1] : NULL;

	return p && p->time < end && ordering.now - p->time < HISTORY ? p : NULL;
}

/* The latest store to the word.  *link names it: a chain has each word once, by falling time. */
static struct past_store *latest_by(u64 word, u32 **link)
{
	struct past_store *p;
	u64 end = ~0ul;

	*link = &ordering.newest[past_slot(word)];
	while ((p = past_at(**link, end)) && p->word != word) {
		end = p->time;
		*link = &p->before;
	}
	return p;
}

static const struct past_store *latest(u64 word)
{
	u32 *link;

	return latest_by(word, &link);
}

static const struct past_store *earlier(const struct past_store *p)
{
	return past_at(p->same, p->time);
}

static void remember(unsigned cpu, u64 word, u64 old, u64 view)
{
	u32 i = (u32)(ordering.now % HISTORY);
	u32 *head = &ordering.newest[past_slot(word)], *link, same = 0;
	struct past_store *p = latest_by(word, &link);

	if (p) { /* its place in the chain is the new one's */
		same = *link;
		*link = p->before;
	}
	ordering.past[i] = (struct past_store) {
		.word = word,
		.old = old,
		.time = ordering.now,
		.view = view,
		.before = *head,
		.same = same,
		.cpu = (u8)cpu,
	};
	*head = i + 1;
}

/*
 * The one place where a byte of RAM changes while CPUs run.  A load that is given the value is
 * behind what it depends on, also when the store has left (rules 3 and 12): no load of the frame is
 * plain for a while.
 */
static void change(unsigned cpu, u64 word, u64 value, u64 mask, u64 view)
{
	u64 *at = word_at(word), old = *at;
	struct frame_state *f = memory_frame(word);

	ordering.now++;
	if (cpu == ORDER_NOBODY || f->writer != cpu ||
	    (view > ordering.cpu[cpu].floor && ordering.now - view < HISTORY)) {
		f->writer = (u8)cpu;
		f->mixed = ordering.now;
	}
	f->last = ordering.now;
	if (knobs.adversary[ADV_LOADS])
		remember(cpu, word, old, view);
	*at = (old & ~mask) | value;
	act(cpu, ACT_LEAVES, word, *at, ordering.now);
}

/* A store becomes visible. */
static void perform(unsigned cpu, u64 word, u64 value, u64 mask, u64 view, bool around)
{
	if (!ordering.caught || !ordering.caught(word, value, mask, around))
		change(cpu, word, value, mask, view);
	ordering.cpu[cpu].stores = ordering.now;
	if (ordering.visible)
		ordering.visible(cpu, word, memory_frame(word));
}

/* ---- coherence of what a CPU has read ---- */
static struct near_word *near_slot(struct observer *o, u64 word)
{
	return &o->coherent[(word >> 3) % NEAR_WORDS];
}

static u64 coherent_view(struct observer *o, u64 word)
{
	const struct near_word *n = near_slot(o, word);

	return n->word == word ? n->time : n->others;
}

static void coherent_at_least(struct observer *o, u64 word, u64 time)
{
	struct near_word *n = near_slot(o, word);

	if (n->word != word) {
		n->others = n->time > n->others ? n->time : n->others;
		n->word = word;
		n->time = n->others;
	}
	n->time = time > n->time ? time : n->time;
}

static u64 larger(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* Nobody may refuse, or nobody does. */
static bool may_wait(unsigned cpu, u64 word, u64 value)
{
	return !ordering.granted || ordering.granted(&(struct freedom) { .kind = FREE_WAITS,
									 .cpu = cpu,
									 .word = word,
									 .value = value,
									 .now = *word_at(word) });
}

static bool may_overtake(const struct observer *o, unsigned i)
{
	const struct buffered_store *e = &o->buffer[i];

	return !i || !ordering.granted ||
	       ordering.granted(&(struct freedom) { .kind = FREE_OVERTAKES,
						    .cpu = o->cpu,
						    .word = e->word,
						    .value = e->value,
						    .now = *word_at(e->word),
						    .other = o->buffer[0].word });
}

/* `missed`: the oldest store that is not seen. */
static bool may_read_past(unsigned cpu, enum freedom_kind kind, u64 value,
			  const struct past_store *missed)
{
	return !ordering.granted ||
	       ordering.granted(&(struct freedom) { .kind = kind,
						    .cpu = cpu,
						    .word = missed->word,
						    .value = value,
						    .now = *word_at(missed->word),
						    .time = missed->time,
						    .by = missed->cpu });
}

/* One in n; of `loads=1` nearly all, for a store becomes visible in the end (progress axiom). */
static bool reads_past(u64 chance)
{
	return chance == 1 ? !one_in(64) : one_in(chance);
}

/*
 * A word no older than view: the newest, or by chance one that a store of another CPU replaced
 * after view.  *from: the store that wrote it; NULL if that is older than the history.
 */
static u64 past_value(unsigned cpu, u64 word, u64 view, u64 chance, enum freedom_kind kind,
		      const struct past_store **from)
{
	const struct past_store *p = latest(word), *missed = NULL;
	u64 value = *word_at(word);

	while (p && p->time > view && p->cpu != cpu && reads_past(chance)) {
		value = p->old;
		missed = p;
		p = earlier(p);
	}
	if (missed && !may_read_past(cpu, kind, value, missed)) {
		value = *word_at(word);
		p = latest(word);
	}
	*from = p;
	return value;
}

/* ---- the store buffer ---- */
/* The first store before or at i that overlaps i, or that i must wait for. */
static unsigned first_owed(const struct observer *o, unsigned i)
{
	/* of one alone in its slot of the filter none is older */
	for (unsigned j = 0; j < i && o->filter[order_slot(o->buffer[i].word)] > 1; j++)
		if (o->buffer[j].word == o->buffer[i].word)
			return j;
	return o->buffer[i].release ? 0 : i;
}

/*
 * Held back where it hurts: what overtook is visible, what it overtook is not.  A CPU that does
 * nothing but store runs about two thirds of the time all the same.
 */
static void hold_back(struct observer *o, const struct frame_state *f)
{
	u64 most = knobs.adversary[ADV_STALL];

	if (f->table)
		ordering.count.to_table++;
	if (most && (f->table || (ordering.steps > o->wake + most && one_in(8))))
		o->wake = ordering.steps + random_below(most + 1);
}

static void leave_buffer(struct observer *o, unsigned i)
{
	struct buffered_store e = o->buffer[i];

	filter_count(o, e.word, -1);
	o->nr--;
	memmove(&o->buffer[i], &o->buffer[i + 1], (o->nr - i) * sizeof(e));
	perform(o->cpu, e.word, e.value, e.mask, e.view, e.around);
	if (e.release)
		o->released = ordering.now;
	if (i) {
		ordering.count.overtook++;
		hold_back(o, memory_frame(e.word));
	}
}

/* One that may leave: of the oldest epoch, most often the youngest, so that some wait very long. */
static void leave_one(struct observer *o)
{
	unsigned last = o->nr - 1, i;

	while (o->buffer[last].epoch != o->buffer[0].epoch) /* they never fall */
		last--;
	i = one_in(32) ? (unsigned)random_below(last + 1) : last;
	while (first_owed(o, i) != i)
		i = first_owed(o, i);
	leave_buffer(o, may_overtake(o, i) ? i : 0);
}

void order_drain(unsigned cpu, unsigned n)
{
	struct observer *o = &ordering.cpu[cpu];

	while (o->nr && ordering.steps - o->buffer[0].born > knobs.age)
		leave_buffer(o, 0);
	while (n-- && o->nr)
		leave_one(o);
}

void order_store(unsigned cpu, u64 pa, unsigned bytes, u64 value, u64 view, unsigned flags)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 word = order_word(pa), mask = mask_of(pa, bytes);
	unsigned most = (unsigned)knobs.adversary[ADV_STORES];
	u32 i;

	value = value << 8 * (pa & 7) & mask;
	if (!most || !may_wait(cpu, word, value)) {
		while (o->nr)
			leave_buffer(o, 0);
		perform(cpu, word, value, mask, view, flags & ORDER_AROUND);
		if (flags & ORDER_RELEASE)
			o->released = ordering.now;
		return;
	}
	while (o->nr >= most)
		leave_one(o);
	act(cpu, ACT_STORES, word, value, 0);
	o->buffer[o->nr++] = (struct buffered_store) {
		.word = word,
		.value = value,
		.mask = mask,
		.view = view,
		.born = ordering.steps,
		.epoch = o->epoch,
		.release = (flags & ORDER_RELEASE) != 0,
		.around = (flags & ORDER_AROUND) != 0,
	};
	filter_count(o, word, 1);
	i = ordering.newest[past_slot(word)]; /* when the store leaves, remember() looks there */
	__builtin_prefetch(&ordering.past[i ? i - 1 : 0]);
}

/* Bytes of the word that are in the CPU's own buffer, the youngest; *got says which. */
static u64 own_bytes(const struct observer *o, u64 word, bool walker, u64 *got, u64 *view)
{
	u64 value = 0;

	*got = 0;
	for (unsigned i = o->nr; i-- > 0 && *got != ~0ul;) {
		const struct buffered_store *e = &o->buffer[i];

		if (e->word != word || (walker && !e->walked))
			continue;
		value |= e->value & ~*got;
		*got |= e->mask;
		*view = larger(*view, e->view);
	}
	return value;
}

/* ---- loads ---- */
/* The view of a value by the store that wrote it: of the CPU's own, only what that depends on. */
static u64 dependency(unsigned cpu, const struct past_store *from)
{
	return !from ? 0 : from->cpu == cpu ? from->view : from->time;
}

u64 order_load(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 word = order_word(pa), mask = mask_of(pa, bytes), got = 0, value = 0, before;
	const struct past_store *from;

	*view = address_view;
	if (o->filter[order_slot(word)])
		value = own_bytes(o, word, false, &got, view);
	if ((got & mask) == mask) { /* rule 12: its view is that of what was stored */
		ordering.count.forwarded++;
		o->loads = larger(o->loads, *view);
		act(cpu, ACT_FORWARDED, word, value, 0);
		return (value & mask) >> 8 * (pa & 7);
	}
	before = larger(larger(address_view, o->floor), coherent_view(o, word));
	if (knobs.adversary[ADV_LOADS] && !got) {
		value = past_value(cpu, word, before, knobs.adversary[ADV_LOADS], FREE_OLD, &from);
	} else {
		from = latest(word);
		value |= *word_at(word) & ~got;
	}
	ordering.count.old += !got && value != *word_at(word);
	coherent_at_least(o, word, from ? from->time : 0);
	*view = larger(*view, dependency(cpu, from));
	act(cpu, ACT_LOADS, word, value, from ? from->time : 0);
	o->loads = larger(o->loads, *view);
	return (value & mask) >> 8 * (pa & 7);
}

/* ---- atomics ---- */
bool order_atomic_ready(unsigned cpu, u64 pa, unsigned flags)
{
	struct observer *o = &ordering.cpu[cpu];
	bool owed = o->nr && ((flags & ORDER_RELEASE) || o->buffer[0].epoch != o->epoch);

	for (unsigned i = 0; i < o->nr && !owed; i++)
		owed = o->buffer[i].word == order_word(pa) ||
		       ((flags & ORDER_ACQUIRE) && o->buffer[i].release); /* rule 7 */
	if (owed)
		leave_one(o);
	return !owed;
}

u64 order_newest(u64 pa, unsigned bytes)
{
	return (*word_at(order_word(pa)) & mask_of(pa, bytes)) >> 8 * (pa & 7);
}

void order_atomic_write(unsigned cpu, u64 pa, unsigned bytes, u64 value)
{
	u64 mask = mask_of(pa, bytes);

	perform(cpu, order_word(pa), value << 8 * (pa & 7) & mask, mask, ordering.now + 1, false);
}

u64 order_atomic_done(unsigned cpu, unsigned flags)
{
	struct observer *o = &ordering.cpu[cpu];

	o->loads = ordering.now;
	if (flags & ORDER_ACQUIRE)
		o->floor = ordering.now;
	return ordering.now;
}

void order_appears(unsigned cpu, u64 word, u64 value)
{
	if (*word_at(word) != value)
		change(ORDER_NOBODY, word, value, ~0ul, 0);
	if (cpu != ORDER_NOBODY)
		coherent_at_least(&ordering.cpu[cpu], word, ordering.now);
}

/* ---- fences ---- */
bool order_fence(unsigned cpu, unsigned before, unsigned after)
{
	struct observer *o = &ordering.cpu[cpu];

	if ((before & ORDER_W) && (after & ORDER_R) && o->nr) {
		leave_one(o);
		return false;
	}
	if ((before & ORDER_W) && (after & ORDER_W) && o->nr)
		o->epoch++;
	if (after & ORDER_R) {
		if (before & ORDER_R)
			o->floor = larger(o->floor, o->loads);
		if (before & ORDER_W)
			o->floor = larger(o->floor, o->stores);
	}
	return true;
}

static bool waits_for(const struct observer *o, u64 frame)
{
	for (unsigned i = 0; i < o->nr; i++)
		if (align_down(o->buffer[i].word, FRAME_BYTES) == frame)
			return true;
	return false;
}

void order_push(unsigned cpu, u64 frame)
{
	struct observer *o = &ordering.cpu[cpu];

	while (waits_for(o, frame))
		leave_one(o);
}

bool order_full(unsigned cpu)
{
	struct observer *o = &ordering.cpu[cpu];

	if (o->nr) {
		leave_one(o);
		return false;
	}
	o->floor = o->loads = ordering.now;
	return true;
}

bool order_old_left(unsigned cpu, u64 steps)
{
	struct observer *o = &ordering.cpu[cpu];

	for (unsigned i = 0; i < o->nr; i++) {
		if (o->buffer[i].born > steps)
			continue;
		if (o->buffer[i].epoch != o->buffer[0].epoch)
			i = 0;
		while (first_owed(o, i) != i)
			i = first_owed(o, i);
		leave_buffer(o, may_overtake(o, i) ? i : 0);
		return false;
	}
	return true;
}

/* ---- walkers ---- */
u64 order_walk(unsigned cpu, u64 pa, u64 view, u64 *time)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 got = 0, own_view = 0, value = 0, chance = knobs.adversary[ADV_LOADS];
	const struct past_store *from;

	memory_frame(pa)->table = true;
	if (o->filter[order_slot(pa)])
		value = own_bytes(o, pa, true, &got, &own_view);
	*time = ordering.now;
	if (got || !chance || !knobs.adversary[ADV_TLB])
		return value | (*word_at(pa) & ~got);
	value = past_value(cpu, pa, larger(view, o->walk), 2 * chance, FREE_OLD_WALK, &from);
	*time = larger(from ? from->time : 0, view);
	ordering.count.old_walk += value != *word_at(pa);
	act(cpu, ACT_WALKS, pa, value, *time);
	return value;
}

u64 order_walk_newest(unsigned cpu, u64 pa)
{
	u64 got, view = 0, own = own_bytes(&ordering.cpu[cpu], pa, true, &got, &view);

	return own | (*word_at(pa) & ~got);
}

void order_walk_fence(unsigned cpu)
{
	struct observer *o = &ordering.cpu[cpu];

	for (unsigned i = 0; i < o->nr; i++)
		o->buffer[i].walked = true;
	o->walk = larger(o->walk, larger(o->loads, o->stores));
}
