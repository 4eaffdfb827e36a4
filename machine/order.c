/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/order.c - the memory model: loads, stores, fences, atomics, table walks (order.h).
 */
#include <machine/buffer.h>
#include <machine/history.h>
#include <machine/order.h>
#include <machine/random.h>
#include <string.h>

struct ordering ordering;
struct order_hooks order_hooks;

void order_pin(unsigned cpu, u64 word, int by)
{
	buffer_filter(&ordering.cpu[cpu], word, by);
}

static void observers_begin(void)
{
	memset(ordering.cpu, 0, sizeof(ordering.cpu));
	for (unsigned i = 0; i <= ORDER_DEVICE; i++) {
		ordering.cpu[i].cpu = i;
		if (knobs.adversary[ADV_LATE] == 1) /* order_plain() is always false */
			memset(ordering.cpu[i].filter, 1, FILTER);
		if (knobs.watch) /* ... and for that word */
			order_pin(i, order_word(knobs.watch), 1);
	}
}

void order_reset(void)
{
	memset(&ordering, 0, sizeof(ordering));
	ordering.now = HISTORY; /* the values that the loader wrote are older than the history */
	observers_begin();
}

void order_restart(void)
{
	ordering.now += HISTORY;
	observers_begin();
}

/*
 * The one place where a byte of RAM changes while CPUs run.  A load that reads the value is ordered
 * after the accesses that the store depends on, also once the store was performed (rules 3 and 12):
 * f->mixed makes order_plain() false for the frame while the store is in the history.
 */
static void change(unsigned cpu, struct frame_state *f, u64 word, u64 value, u64 mask, u64 view)
{
	u64 *at = order_at(word), old = *at;

	ordering.now++;
	if (cpu == ORDER_NO_CPU || f->writer != cpu ||
	    (view > ordering.cpu[cpu].floor && in_history(view))) {
		f->writer = (u8)cpu;
		f->mixed = ordering.now;
	}
	f->last = ordering.now;
	if (knobs.adversary[ADV_LOADS])
		history_add(cpu, f, word, old, view);
	*at = (old & ~mask) | value;
	if (cpu == ORDER_NO_CPU)
		uninit_store(word, mask);
	buffer_act(cpu, ACT_PERFORMED, word, *at, ordering.now);
}

/* Perform a store: it becomes visible to all CPUs. */
static void perform(unsigned cpu, struct frame_state *f, u64 word, u64 value, u64 mask, u64 view,
		    bool bypass)
{
	if (f->atomic)
		buffer_drain_atomics(cpu, f, word);
	if (!order_hooks.hides || !order_hooks.hides(cpu, word, value, mask, bypass))
		change(cpu, f, word, value, mask, view);
	ordering.cpu[cpu].stores = ordering.now;
	if (order_hooks.visible)
		order_hooks.visible(cpu, word, f);
}

static u64 larger(u64 a, u64 b)
{
	return a > b ? a : b;
}

static bool may_overtake(const struct observer *o, unsigned i)
{
	const struct buffered_store *e = &o->buffer[i];

	return !i || !order_hooks.take ||
	       order_hooks.take(&(struct order_choice) { .kind = CHOICE_OVERTAKES,
							 .cpu = o->cpu,
							 .word = e->word,
							 .value = e->value,
							 .now = *order_at(e->word),
							 .other = o->buffer[0].word });
}

/* True: the store, i-th in the buffer, is performed before a po-earlier late atomic.  Otherwise the
 * late atomic is performed now. */
static bool overtakes_late(const struct observer *o, u64 word, u64 value, unsigned i)
{
	const struct late_load *l = late_atomic(o->cpu, i);

	if (!l)
		return false;
	if (!order_hooks.take ||
	    order_hooks.take(&(struct order_choice) { .kind = CHOICE_OVERTAKES,
						      .cpu = o->cpu,
						      .word = word,
						      .value = value,
						      .now = *order_at(word),
						      .other = order_word(l->pa) }))
		return true;
	late_atomics(o->cpu, false);
	return false;
}

/* `missed`: the time of the oldest store that the load does not observe. */
static bool may_read_past(unsigned cpu, enum order_choice_kind kind, u64 value, u64 missed)
{
	const struct past_store *p = past_of(missed);

	return !order_hooks.take ||
	       order_hooks.take(&(struct order_choice) { .kind = kind,
							 .cpu = cpu,
							 .word = p->word,
							 .value = value,
							 .now = *order_at(p->word),
							 .time = missed,
							 .by = p->cpu });
}

/* One in n; with `loads=1` nearly always: each store is observed in the end (progress axiom). */
static bool reads_past(u64 chance)
{
	return chance == 1 ? !one_in(64) : one_in(chance);
}

static bool walker_sees(unsigned cpu, enum order_choice_kind kind, u64 time)
{
	unsigned by = past_of(time)->cpu;

	return kind == CHOICE_OLD_WALK && by < WORST_CPUS &&
	       time <= ordering.cpu[cpu].walk_observed[by];
}

/*
 * The value of a word, no older than view: the co-latest, or by chance one that a store of another
 * CPU overwrote after view, or that an incoherent store overwrote.  *from: the time of the store
 * read from; 0: it is older than the history.
 */
static u64 past_value(unsigned cpu, u64 word, u64 view, u64 chance, enum order_choice_kind kind,
		      u64 *from)
{
	u64 time = latest(memory_frame(word), word), newest = time, missed = 0;
	u64 value = *order_at(word);
	bool incoherent = kind == CHOICE_INCOHERENT;

	while (((time > view && !walker_sees(cpu, kind, time)) || may_miss(cpu, word, time)) &&
	       past_of(time)->cpu != cpu && reads_past(chance)) {
		incoherent |= past_of(time)->incoherent;
		value = past_of(time)->old;
		missed = time;
		time = earlier(time);
	}
	if (missed && !may_read_past(cpu, incoherent ? CHOICE_INCOHERENT : kind, value, missed)) {
		value = *order_at(word);
		time = newest;
	}
	*from = time;
	return value;
}

/* ---- the store buffer ---- */
/* The first entry up to i that overlaps entry i, or that must drain before it. */
static unsigned first_ordered(const struct observer *o, unsigned i)
{
	/* an entry that is alone in its slot of the filter overlaps none */
	for (unsigned j = 0; j < i && o->filter[order_slot(o->buffer[i].word)] > 1; j++)
		if (o->buffer[j].word == o->buffer[i].word)
			return j;
	return o->buffer[i].release ? 0 : i;
}

/* i, or the entry that must drain before all others so that i can. */
static unsigned first_to_drain(const struct observer *o, unsigned i)
{
	for (unsigned j; (j = first_ordered(o, i)) != i;)
		i = j;
	return i;
}

/*
 * Hold the CPU back while a po-later store is visible and a po-earlier one is not.  A CPU that only
 * stores still runs about two thirds of the time.
 */
static void hold_back(struct observer *o, const struct frame_state *f)
{
	u64 most = knobs.adversary[ADV_STALL];

	if (f->table)
		ordering.count.to_table++;
	if (most && (f->table || (ordering.steps > o->wake + most && one_in(8))))
		o->wake = ordering.steps + random_below(most + 1);
}

/* The CPU's store to the word, if it was the last one performed. */
static struct past_store *just_stored(const struct observer *o, u64 word)
{
	struct past_store *p = past_of(ordering.now);

	return p->cpu == o->cpu && p->word == word ? p : NULL;
}

static void becomes_incoherent(const struct observer *o, u64 word)
{
	struct past_store *p = just_stored(o, word);

	ordering.incoherent = true;
	if (p)
		p->incoherent = true;
}

void buffer_drain(struct observer *o, unsigned i)
{
	const struct buffered_store *at = &o->buffer[i];
	u64 word = at->word, value = at->value, mask = at->mask, view = at->view, read = at->read;
	bool release = at->release, bypass = at->bypass, overtook = false;
	bool incoherent = at->incoherent;
	struct frame_state *f = memory_frame(word);

	if (o->late.nr) {
		overtook = overtakes_late(o, word, value, i);
		late_before_drain(o->cpu, i, word, release);
	}
	buffer_filter(o, word, -1);
	if (i < --o->nr)
		memmove(&o->buffer[i], &o->buffer[i + 1], (o->nr - i) * sizeof(*at));
	perform(o->cpu, f, word, value, mask, view, bypass);
	if (read && just_stored(o, word))
		just_stored(o, word)->read = (u16)at_most(ordering.now - read, HISTORY);
	if (incoherent)
		becomes_incoherent(o, word);
	if (release)
		o->released = ordering.now;
	if (i || overtook) {
		ordering.count.overtook++;
		hold_back(o, f);
	}
}

/* Entries of the oldest epoch may drain; most often the youngest does, so that some wait long. */
void buffer_drain_one(struct observer *o)
{
	unsigned last = o->nr - 1, i;

	while (o->buffer[last].epoch != o->buffer[0].epoch) /* epochs never decrease */
		last--;
	i = first_to_drain(o, one_in(32) ? (unsigned)random_below(last + 1) : last);
	buffer_drain(o, may_overtake(o, i) ? i : 0);
}

void order_drain(unsigned cpu, unsigned n)
{
	struct observer *o = &ordering.cpu[cpu];

	while (o->nr && ordering.steps - o->buffer[0].born > knobs.age)
		buffer_drain(o, 0);
	while (n-- && o->nr)
		buffer_drain_one(o);
}

void order_store(unsigned cpu, u64 pa, unsigned bytes, u64 value, u64 view, unsigned flags)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 word = order_word(pa), mask = order_mask(pa, bytes);
	unsigned most = (unsigned)knobs.adversary[ADV_STORES];

	if (o->late.atomics)
		late_before_store(cpu, word);
	value = value << 8 * (pa & 7) & mask;
	if (flags & ORDER_RELEASE)
		order_note_release(cpu, false);
	order_note_store(cpu, word, value, mask, flags & ORDER_RELEASE);
	if (!most || !buffer_may_wait(cpu, word, value)) {
		while (o->nr)
			buffer_drain(o, 0);
		if (o->late.nr) {
			overtakes_late(o, word, value, 0);
			late_before_drain(cpu, 0, word, flags & ORDER_RELEASE);
		}
		perform(cpu, memory_frame(word), word, value, mask, view, flags & ORDER_BYPASS);
		if (flags & ORDER_INCOHERENT)
			becomes_incoherent(o, word);
		if (flags & ORDER_RELEASE)
			o->released = ordering.now;
		return;
	}
	while (o->nr >= most)
		buffer_drain_one(o);
	buffer_add(o, &(struct buffered_store) {
			      .word = word,
			      .value = value,
			      .mask = mask,
			      .view = view,
			      .born = ordering.steps,
			      .epoch = o->epoch,
			      .release = (flags & ORDER_RELEASE) != 0,
			      .bypass = (flags & ORDER_BYPASS) != 0,
			      .incoherent = (flags & ORDER_INCOHERENT) != 0,
			      .spared = (flags & ORDER_SPARED) != 0,
		      });
}

/* Forwarding: the bytes of the word that the first n entries of the CPU's own buffer store, the
 * youngest of each byte.  *got: mask of these bytes. */
static u64 own_bytes(const struct observer *o, unsigned n, u64 word, bool walker, u64 *got,
		     u64 *view)
{
	u64 value = 0;

	*got = 0;
	for (unsigned i = n; i-- > 0 && *got != ~0ul;) {
		const struct buffered_store *e = &o->buffer[i];

		if (e->word != word || (walker && !e->to_walker))
			continue;
		value |= e->value & ~*got;
		*got |= e->mask;
		*view = larger(*view, e->view);
	}
	return value;
}

/* ---- loads ---- */
/* The view of a value that was read from store `from`; of the CPU's own store only the view that
 * the store depends on. */
static u64 dependency(unsigned cpu, u64 from)
{
	const struct past_store *p = past_of(from);

	if (!from || p->cpu != cpu)
		return from + (from && p->paired);
	return p->view < HISTORY ? from - p->view : 0;
}

static u64 incoherent_view(struct observer *o, u64 word)
{
	ordering.incoherent = true;
	return larger(o->incoherent_floor, coherent_view(o, word));
}

/* The first n entries of the CPU's own buffer are po-earlier.  *view: in: of the address; out: of
 * the value. */
static u64 load(unsigned cpu, u64 pa, unsigned bytes, unsigned n, enum order_choice_kind kind,
		u64 *view)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 word = order_word(pa), mask = order_mask(pa, bytes), got = 0, value = 0, before, from;
	u64 address_view = *view;

	uninit_load(cpu, pa, bytes);
	if (o->filter[order_slot(word)])
		value = own_bytes(o, n, word, false, &got, view);
	if ((got & mask) == mask) { /* rule 12: its view is that of the stored value */
		ordering.count.forwarded++;
		o->loads = larger(o->loads, *view);
		buffer_act(cpu, ACT_FORWARDED, word, value, 0);
		return (value & mask) >> 8 * (pa & 7);
	}
	before = kind == CHOICE_INCOHERENT
			 ? incoherent_view(o, word)
			 : larger(larger(address_view, o->floor), coherent_view(o, word));
	if (knobs.adversary[ADV_LOADS] && !got) {
		value = past_value(cpu, word, before, knobs.adversary[ADV_LOADS], kind, &from);
	} else {
		from = latest(memory_frame(word), word);
		value |= *order_at(word) & ~got;
	}
	ordering.count.old += !got && value != *order_at(word);
	if (from && past_of(from)->cpu != cpu) /* its own store already excludes older values */
		coherent_at_least(o, word, from);
	*view = larger(*view, dependency(cpu, from));
	buffer_act(cpu, ACT_LOADS, word, value, from);
	o->loads = larger(o->loads, *view);
	return (value & mask) >> 8 * (pa & 7);
}

static u64 load_now(unsigned cpu, u64 pa, unsigned bytes, enum order_choice_kind kind, u64 *view)
{
	const struct observer *o = &ordering.cpu[cpu];

	if (o->late.nr)
		late_before_load(cpu, pa, bytes);
	return load(cpu, pa, bytes, o->nr, kind, view);
}

u64 order_load(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view)
{
	*view = address_view;
	return load_now(cpu, pa, bytes, CHOICE_OLD, view);
}

u64 order_load_incoherent(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view)
{
	*view = address_view;
	return load_now(cpu, pa, bytes, CHOICE_INCOHERENT, view);
}

u64 order_load_late(unsigned cpu, const struct late_load *l, u64 *view)
{
	*view = l->view;
	return load(cpu, l->pa, l->bytes, l->older, CHOICE_OLD, view);
}

/* If the CPU's latest store to the word is that of an atomic: the time of the atomic's load.  0: it
 * is not, or that time is not after the floor. */
static u64 own_atomic_read(const struct observer *o, u64 word)
{
	u64 time;

	for (unsigned i = o->filter[order_slot(word)] ? o->nr : 0; i-- > 0;)
		if (o->buffer[i].word == word)
			return o->buffer[i].read;
	time = latest(memory_frame(word), word);
	while (time > o->floor && !own_store(o->cpu, time))
		time = earlier(time);
	return time > o->floor && past_of(time)->read ? time - past_of(time)->read : 0;
}

u64 order_load_acquire(unsigned cpu, u64 pa, unsigned bytes, u64 address_view, u64 *view)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 value = order_load(cpu, pa, bytes, address_view, view);

	o->floor = larger(o->floor, larger(*view, own_atomic_read(o, order_word(pa))));
	return value;
}

/* ---- atomics ---- */
u64 order_newest(u64 pa, unsigned bytes)
{
	return (*order_at(order_word(pa)) & order_mask(pa, bytes)) >> 8 * (pa & 7);
}

void order_atomic_write(unsigned cpu, u64 pa, unsigned bytes, u64 value, unsigned flags)
{
	u64 mask = order_mask(pa, bytes);

	value = value << 8 * (pa & 7) & mask;
	order_note_store(cpu, order_word(pa), value, mask, flags & ORDER_RELEASE);
	perform(cpu, memory_frame(pa), order_word(pa), value, mask, ordering.now + 1, false);
}

void order_atomic_pair(unsigned cpu, u64 pa, u64 first, u64 second, unsigned flags)
{
	u64 time;

	order_atomic_write(cpu, pa, 8, first, flags);
	time = latest(memory_frame(pa), pa);
	order_atomic_write(cpu, pa + 8, 8, second, flags);
	if (time && time + 1 == ordering.now)
		past_of(time)->paired = true;
}

u64 order_atomic_done(unsigned cpu, u64 pa, unsigned flags)
{
	struct observer *o = &ordering.cpu[cpu];

	if (memory_frame(pa)) /* else it is a device's */
		coherent_at_least(o, order_word(pa), ordering.now);
	*(flags & ORDER_NORET ? &o->stores : &o->loads) = ordering.now;
	if (flags & ORDER_ACQUIRE)
		o->floor = ordering.now;
	if (order_hooks.execution && (flags & ORDER_ACQUIRE))
		order_hooks.execution->acquire(cpu);
	return ordering.now;
}

void order_appears(unsigned cpu, u64 word, u64 value)
{
	if (*order_at(word) != value)
		change(ORDER_NO_CPU, memory_frame(word), word, value, ~0ul, 0);
	if (cpu != ORDER_NO_CPU)
		coherent_at_least(&ordering.cpu[cpu], word, ordering.now);
}

/* ---- fences ---- */
bool order_fence(unsigned cpu, unsigned before, unsigned after)
{
	struct observer *o = &ordering.cpu[cpu];

	if (o->late.nr)
		late_fence(cpu, before & ORDER_R);
	if ((before & ORDER_W) && (after & ORDER_R) && o->nr) {
		buffer_drain_one(o);
		return false;
	}
	if ((before & ORDER_W) && (after & ORDER_W) && o->nr)
		o->epoch++;
	if (before && (after & ORDER_W) && order_hooks.execution)
		order_hooks.execution->fence(cpu, !(before & ORDER_W));
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

	late_within(cpu, frame, FRAME_BYTES);
	while (waits_for(o, frame))
		buffer_drain_one(o);
}

void order_walk_completed(unsigned cpu)
{
	struct observer *o = &ordering.cpu[cpu];

	for (unsigned i = 0; i < WORST_CPUS; i++)
		o->walk_observed[i] = larger(o->walk_observed[i], ordering.cpu[i].completed);
}

bool order_full(unsigned cpu)
{
	struct observer *o = &ordering.cpu[cpu];

	late_all(cpu);
	if (o->nr) {
		buffer_drain_one(o);
		return false;
	}
	o->floor = o->loads = ordering.now;
	return true;
}

bool order_drain_older(unsigned cpu, u64 steps, bool spared)
{
	struct observer *o = &ordering.cpu[cpu];

	late_all(cpu); /* younger ones too, which is allowed */
	for (unsigned i = 0; i < o->nr; i++) {
		if (o->buffer[i].born > steps || (o->buffer[i].spared && !spared))
			continue;
		if (o->buffer[i].epoch != o->buffer[0].epoch)
			i = 0;
		i = first_to_drain(o, i);
		buffer_drain(o, may_overtake(o, i) ? i : 0);
		return false;
	}
	return true;
}

/* ---- walkers ---- */
static u64 walk(unsigned cpu, u64 pa, u64 view, enum order_choice_kind kind, u64 *time)
{
	struct observer *o = &ordering.cpu[cpu];
	u64 got = 0, own_view = 0, value = 0, chance = knobs.adversary[ADV_LOADS], from;

	memory_frame(pa)->table = true;
	if (o->filter[order_slot(pa)])
		value = own_bytes(o, o->nr, pa, true, &got, &own_view);
	*time = ordering.now;
	if (got || !chance || !knobs.adversary[ADV_TLB])
		return value | (*order_at(pa) & ~got);
	value = past_value(
		cpu, pa, kind == CHOICE_INCOHERENT ? incoherent_view(o, pa) : larger(view, o->walk),
		2 * chance, kind, &from);
	*time = larger(from, view);
	ordering.count.old_walk += value != *order_at(pa);
	buffer_act(cpu, ACT_WALKS, pa, value, *time);
	return value;
}

u64 order_walk(unsigned cpu, u64 pa, u64 view, u64 *time)
{
	return walk(cpu, pa, view, CHOICE_OLD_WALK, time);
}

u64 order_walk_incoherent(unsigned cpu, u64 pa, u64 view, u64 *time)
{
	return walk(cpu, pa, view, CHOICE_INCOHERENT, time);
}

u64 order_walk_newest(unsigned cpu, u64 pa)
{
	const struct observer *o = &ordering.cpu[cpu];
	u64 got, view = 0, own = own_bytes(o, o->nr, pa, true, &got, &view);

	return own | (*order_at(pa) & ~got);
}

void order_walk_fence(unsigned cpu)
{
	struct observer *o = &ordering.cpu[cpu];

	late_atomics(cpu, false);
	for (unsigned i = 0; i < o->nr; i++)
		o->buffer[i].to_walker = true;
	o->walk = larger(o->walk, larger(o->loads, o->stores));
}

void order_drain_walked(unsigned cpu)
{
	struct observer *o = &ordering.cpu[cpu];

	for (unsigned i = 0; i < o->nr; i++)
		if (o->buffer[i].to_walker) {
			buffer_drain_one(o);
			i = ~0u;
		}
}
