/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/aspace/main.c - mm/study/aspace.c and mm/study/asid.c against their headers.  Each
 * case runs in its own process, because ASIDs are counted once per boot.
 */
#include "played.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <want.h>

#define ASIDS 255u /* CPU 63 has 8 bits */
#define SPACES 10u

static const unsigned online[] = { 0, 1, 2, 63 };
static struct aspace spaces[SPACES];
static bool live[SPACES];

/* ---- ASIDs alone ---- */

static void take_all(unsigned max, unsigned kept)
{
	static bool got[1u << ASID_BITS_MAX];
	unsigned asid;

	memset(got, 0, sizeof(got));
	asid_reset(max);
	if (kept)
		asid_keep(kept);
	for (unsigned n = 0; n < max - (kept != 0); n++) {
		asid = asid_take();
		WANT(asid && asid <= max && asid != kept && !got[asid]);
		got[asid & 0xffff] = true;
	}
	WANT(!asid_take());
	for (unsigned i = 1; i <= max; i = i * 3 + 1) {
		asid_give(i);
		WANT(asid_take() == i && !asid_take());
	}
}

static void case_asids(void)
{
	static const unsigned usable[][3] = { { 0, 1, 0 },       { 3, 6, 7 },
					      { 3, 7, 0 },       { 8, 254, 255 },
					      { 8, 255, 0 },     { 16, 64, 65535 },
					      { 17, 64, 65535 }, { 20, 64, 65535 } };
	static const unsigned max[] = { 65535, 1, 2, 63, 64, 65, 127, 128, 200, 65535, 65535 };

	for (unsigned i = 0; i < ARRAY_SIZE(usable); i++)
		WANT(asid_usable(usable[i][0], usable[i][1]) == usable[i][2]);
	for (unsigned i = 0; i < ARRAY_SIZE(max); i++) {
		take_all(max[i], 0);
		take_all(max[i], max[i]);
		take_all(max[i], max[i] / 2 + 1);
	}
}

/* ---- spaces ---- */

static void make(struct aspace *s)
{
	unsigned before = aspaces_in_use(), root;

	memset(s, 0x5a, sizeof(*s));
	WANT(!aspace_create(s, "space", 3, NULL));
	root = played_root(&s->pt);
	WANT(played.node == 3 && aspaces_in_use() == before + 1 && s->pt.state == PT_LIVE);
	WANT(s->pt.eager && s->pt.caps == 0x15 && !strcmp(s->pt.name, "space"));
	WANT(!s->users && !s->generation && played_quiet());
	WANT(s->pt.own_hi == SLOTS / 2 && played.shared[root] == 0xff00);
	WANT(s->pt.env->alloc == kpt_env.alloc && s->pt.env->link == kpt_env.link);
	WANT(!s->pt.env->may_break(&s->pt, 0, 4096));
}

static void use(unsigned cpu, struct aspace *s)
{
	struct aspace *from;

	played_cpu(cpu);
	from = aspace_used();
	aspace_use(s);
	WANT(aspace_used() == s && played.root_of[cpu] == (s ? &s->pt : NULL));
	WANT(!s || s->users & cpu_bit(cpu));
	WANT(!from || from == s || !(from->users & cpu_bit(cpu)));
	WANT(played_quiet());
}

static void destroy(struct aspace *s)
{
	unsigned frees = played.frees;
	struct why why = { 0 };
	int err;
	bool used = s->users != 0;
	unsigned before = aspaces_in_use();
	char text[60];

	err = aspace_destroy(s, &why);
	WANT(err == (used ? -EBUSY : 0) && played.frees == frees + !used && played_quiet());
	WANT(aspaces_in_use() == before - !used);
	snprintf(text, sizeof(text), "space: CPUs 0x%lx use it", s->users);
	WANT_TEXT(why.text, used ? text : "");
	WANT((s->pt.state == PT_LIVE) == used);
}

static void case_count(void)
{
	WANT(asid_count() == ASIDS && played.global_flushes == 1 && played_quiet());
	WANT(counted.releases == 1 && counted.acquires == 1);
	WANT(asid_count() == ASIDS && played.global_flushes == 1 && counted.acquires == 2);
	WANT(counted.releases == 1 && !asid_rollovers());
}

static void case_select_first(void)
{
	asid_select(&asid_rules[1], 5);
	WANT(asid_count() == 5 && played.global_flushes == 2 && played_quiet());
	asid_select(&asid_rules[0], ASIDS_ALL); /* earlier limits do not apply */
	WANT(asid_count() == ASIDS && played.global_flushes == 3);
	asid_select(&asid_rules[0], 1000);
	WANT(asid_count() == ASIDS && played.global_flushes == 4);
	asid_select(&asid_rules[0], 0);
	WANT(!asid_count() && played.global_flushes == 5);
}

static void case_create_first(void)
{
	make(&spaces[0]);
	use(1, &spaces[0]);
	WANT(spaces[0].pt.asid && spaces[0].pt.asid <= ASIDS && spaces[0].pt.walked == BIT(1));
	WANT(played.global_flushes == 1);
}

static void case_no_asids(void)
{
	memset(played.bits, 3, sizeof(played.bits)); /* fewer than CPUs */
	WANT(!asid_count());
	make(&spaces[0]);
	make(&spaces[1]);
	for (unsigned n = 0; n < 20; n++) {
		use(online[n % 4], &spaces[n / 2 & 1]);
		played_access();
		WANT(!spaces[0].pt.asid && !spaces[1].pt.asid);
	}
	WANT(!played.stale && !asid_rollovers() && played.global_flushes == 1);
}

static void case_no_root(void)
{
	struct aspace s = { .users = 77 };
	struct why why = { 0 };

	played.roots_most = 0;
	WANT(aspace_create(&s, "space", 0, &why) == -ENOMEM && s.users == 77);
	WANT_TEXT(why.text, "space: no memory for the root");
	WANT(!aspaces_in_use() && played_quiet());
}

static void case_halves(void)
{
	struct aspace *s = &spaces[0];

	played.filled = 0xa100;
	for (played.nothing = -EINVAL; played.nothing <= 0; played.nothing += EINVAL) {
		WANT(!aspace_create_bare(s, "space", 1, NULL) && played.node == 1);
		WANT(played.shared[played_root(&s->pt)] == 0xa100 && s->pt.own_hi == SLOTS / 2);
		WANT(played_quiet());
		destroy(s);
	}
	((struct pt_fmt *)layout.fmt)->va_signed = false; /* separate kernel root */
	kpt.root_constant = false;
	WANT(!aspace_create(s, "space", 1, NULL));
	WANT(!played.shared[played_root(&s->pt)] && s->pt.own_hi == SLOTS);
	WANT(aspace_end() == 1ul << HALF);
}

static void case_fault(void)
{
	struct aspace *s = &spaces[0];
	vaddr_t low = 0 - (1ul << HALF), va = low + (5ul << TOP) + 0x1234;
	struct pt_fmt *f = (struct pt_fmt *)layout.fmt;
	unsigned root;

	WANT(!aspace_create_bare(s, "space", 1, NULL));
	root = played_root(&s->pt);
	played.in_kernel = true;
	WANT(!aspace_fault(va));
	use(2, s);
	played.in_kernel = false;
	WANT(!aspace_fault(va));
	played.in_kernel = played.in_own = true;
	WANT(!aspace_fault(va));
	played.in_own = false;
	WANT(!aspace_fault(low - 1) && !aspace_fault(0) && !played.here);
	f->va_signed = false;
	WANT(!aspace_fault(va) && !played.here && !played.shared[root]);
	f->va_signed = true;
	WANT(aspace_fault(va) && played.here == 1 && played.here_va == va);
	WANT(played.shared[root] == BIT(8 + 5));
	WANT(aspace_fault(low) && played.shared[root] == (BIT(8) | BIT(8 + 5)));
	WANT(aspace_fault(~0ul) && played.shared[root] == (BIT(8) | BIT(8 + 5) | BIT(15)));
}

static void case_map(void)
{
	struct aspace *s = &spaces[0];
	struct why why = { 0 };
	unsigned ones;

	make(s);
	use(1, s);
	WANT(!aspace_map(s, 0x5000, 0x3000, 0x77000,
			 PT_R | PT_W | PT_X | PT_USER | PT_GLOBAL | PT_NC, &why));
	WANT(played.maps == 1 && played.pa == 0x77000 && played.prot == (PT_R | PT_W | PT_NC));
	WANT(played_quiet());
	ones = played.ones;
	WANT(!aspace_unmap(s, 0x6000, 0x2000, &why) && !played.maps && played_quiet());
	WANT(played.ones == ones + 1 && played.inval.lo == 0x6000 && played.inval.hi == 0x8000);
	WANT(played.inval.asid == s->pt.asid && played.inval.levels == 1);
	played.plan_code = EBUSY;
	played.maps = 0;
	WANT(aspace_map(s, 0x5000, 0x3000, 0x77000, PT_R, &why) == -EBUSY && !played.maps);
	WANT_TEXT(why.text, "the plan is refused");
	WANT(aspace_unmap(s, 0x6000, 0x2000, &why) == -EBUSY && played.ones == ones + 1);
	WANT(played_quiet());
}

/* A CPU orders its walks after the stores of other CPUs, once for each change. */
static void case_visible(void)
{
	struct aspace *s = &spaces[0];
	unsigned before = played.visible;

	make(s);
	WANT(played.visible > before); /* the root, before any CPU walks it */
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(online); i++)
			for (unsigned again = 0; again < 3; again++) {
				before = played.visible;
				use(online[i], s);
				WANT(played.visible == before + !again);
				use(online[i], s);
				use(online[i], NULL);
				WANT(played.visible == before + !again);
			}
		before = played.visible;
		WANT(!aspace_unmap(s, 0x6000, 0x2000, NULL) && played.visible == before + 1);
	}
}

/* A rollover: address spaces in use keep their ASIDs, also on the CPU that causes it; all others
 * lose theirs. */
static void case_rollover(void)
{
	unsigned asid[2], n;
	u64 generation;

	asid_select(&asid_rules[0], 6);
	for (n = 0; n < 8; n++)
		make(&spaces[n]);
	use(63, &spaces[0]);
	use(0, &spaces[1]);
	asid[0] = spaces[0].pt.asid;
	asid[1] = spaces[1].pt.asid;
	for (n = 2; n < 6; n++) {
		use(1, &spaces[n]);
		played_access();
	}
	use(1, NULL);
	generation = spaces[0].generation;
	WANT(!asid_rollovers() && played.global_flushes == 2);
	use(0, &spaces[6]);
	WANT(asid_rollovers() == 1 && played.global_flushes == 3);
	WANT(spaces[0].pt.asid == asid[0] && spaces[1].pt.asid == asid[1]);
	WANT(spaces[0].generation == generation + 1 && spaces[1].generation == generation + 1);
	WANT(spaces[2].generation == generation && spaces[6].generation == generation + 1);
	WANT(spaces[6].pt.asid != asid[0] && spaces[6].pt.asid != asid[1]);
	use(2, &spaces[2]); /* CPU 1, which used it before, has no entries of it any more */
	WANT(spaces[2].pt.walked == BIT(2) && asid_rollovers() == 1);
	use(1, &spaces[2]);
	use(1, NULL);
	use(2, NULL);
	for (n = 0; n < 3; n++) /* of an earlier generation: no invalidation, and no ASID to free */
		destroy(&spaces[3 + n]);
	WANT(!played.ones && asid_rollovers() == 1);
	for (n = 3; n < 5; n++) {
		make(&spaces[n]);
		use(1, &spaces[n]);
	}
	WANT(asid_rollovers() == 1);
	destroy(&spaces[2]);
	WANT(played.ones == 1 && played.inval.walk && !played.inval.global);
}

static void case_give_back(void)
{
	for (unsigned n = 0; n < 3 * ASIDS; n++) {
		make(&spaces[0]);
		use(1, &spaces[0]);
		played_access();
		destroy(&spaces[0]); /* refused */
		use(1, NULL);
		destroy(&spaces[0]);
	}
	WANT(!asid_rollovers() && played.global_flushes == 1 && !played.stale && !aspaces_in_use());
	for (unsigned n = 0; n < 3; n++) { /* never used: no ASID */
		make(&spaces[0]);
		destroy(&spaces[0]);
	}
	WANT(played.ones == 3 * ASIDS && !played.stale);
}

static u64 seed = 1;

static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(seed >> 33) % n;
}

static void one_step(void)
{
	unsigned n = random_below(SPACES), cpu = online[random_below(4)];

	switch (random_below(8)) {
	case 0 ... 1:
		if (!live[n])
			make(&spaces[n]);
		live[n] = true;
		break;
	case 2:
		if (!live[n])
			break;
		live[n] = spaces[n].users;
		destroy(&spaces[n]);
		break;
	case 3 ... 4:
		use(cpu, live[n] ? &spaces[n] : NULL);
		break;
	default:
		played_cpu(cpu);
		played_access();
	}
}

/* Each rule but the first has to produce a stale translation. */
static void random_steps(unsigned rule, unsigned max)
{
	asid_select(&asid_rules[rule], max);
	for (unsigned n = 0; n < 3000 && !want_failed; n++)
		one_step();
	WANT(asid_rollovers() || max > SPACES);
	WANT(rule ? played.stale : !played.stale);
	WANT(!rule == !asid_rules[rule].s.unsafe);
}

static void case_rules(void)
{
	pid_t child;
	int status;

	for (unsigned rule = 0; rule < asid_rules_nr; rule++) {
		fflush(stdout);
		child = fork();
		if (!child) {
			random_steps(rule, 5);
			fflush(stdout);
			_Exit(want_failed != 0);
		}
		WANT(waitpid(child, &status, 0) == child && status == 0);
	}
	random_steps(0, ASIDS_ALL);
}

int main(void)
{
	static void (*const cases[])(void) = {
		case_asids,    case_count,     case_select_first, case_create_first, case_no_asids,
		case_no_root,  case_halves,    case_fault,        case_map,          case_visible,
		case_rollover, case_give_back, case_rules,
	};
	unsigned failed = 0;
	int status;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t child;

		fflush(stdout);
		child = fork();
		if (!child) {
			played_begin();
			cases[i]();
			fflush(stdout);
			_Exit(want_failed != 0);
		}
		failed += waitpid(child, &status, 0) != child || status;
	}
	printf("aspace: %u not so\n", failed);
	return failed != 0;
}
