/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/fdt.c - queries of the device tree that several drivers need.
 *
 * libfdt checks every offset that it follows; in addition fdt_check() validates the whole
 * structure once (drivers/fdt/index.c), and every later query starts from that index.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/string.h>
#include <libfdt.h>

const void *fdt_of_boot;

/*
 * libfdt reads both blocks as words (devicetree specification 5.6: 8 and 4 byte alignment).  Newer
 * versions of fdt_check_header() refuse them too, as they refuse a tree at a misaligned address.
 */
static bool blocks_misaligned(const void *fdt, int err)
{
	if (err && (err != -FDT_ERR_ALIGNMENT || !is_aligned((vaddr_t)(uintptr_t)fdt, 8)))
		return false;
	return !is_aligned(fdt_off_mem_rsvmap(fdt), 8) || !is_aligned(fdt_off_dt_struct(fdt), 4);
}

/* The header only: fast enough to run before the first line of output. */
int fdt_check_head(const void *fdt, u64 max, struct why *why)
{
	int err = fdt_check_header(fdt);

	if (blocks_misaligned(fdt, err))
		return refuse(why, EINVAL,
			      "device tree: its blocks at 0x%x and 0x%x are not aligned",
			      fdt_off_mem_rsvmap(fdt), fdt_off_dt_struct(fdt));
	if (err)
		return refuse(why, EINVAL, "device tree: header: %s", fdt_strerror(err));
	if (fdt_totalsize(fdt) > max)
		return refuse(why, EINVAL,
			      "device tree: the header states %u bytes, at most %lu are accepted",
			      fdt_totalsize(fdt), max);
	return 0;
}

int fdt_check(const void *fdt, u64 max, struct why *why)
{
	int err = fdt_check_head(fdt, max, why);

	return err ? err : fdt_index_build(fdt, why);
}

bool fdt_is_memory(const void *fdt, int node)
{
	int len;
	const char *type = fdt_prop(fdt, node, "device_type", &len);

	return type && len == (int)sizeof("memory") && !memcmp(type, "memory", sizeof("memory"));
}

bool fdt_node_okay(const void *fdt, int node)
{
	int len;
	const char *s = fdt_prop(fdt, node, "status", &len);

	return !s ||
	       (len > 0 && (!strncmp(s, "okay", (size_t)len) || !strncmp(s, "ok", (size_t)len)));
}

bool fdt_is_pmem(const void *fdt, int node)
{
	int len;
	const char *list = fdt_prop(fdt, node, "compatible", &len);

	return list && fdt_stringlist_contains(list, len, "pmem-region");
}

/* Is `name` the terminated string at `at`?  Bytes from `end` on are not read. */
static bool is_name(const char *at, const char *end, const char *name)
{
	for (; at < end && *at == *name; at++, name++)
		if (!*at)
			return true;
	return false;
}

/* Is one of the names in the list?  Boot checks this for every node, so one walk of the list
 * compares all names. */
static bool holds_one_of(const char *list, const char *end, const char *const *names)
{
	while (list < end) {
		for (unsigned i = 0; names[i]; i++)
			if (is_name(list, end, names[i]))
				return true;
		list += strnlen(list, (size_t)(end - list)) + 1;
	}
	return false;
}

static bool is_compatible(const void *fdt, unsigned node, const char *const *compatible)
{
	int len;
	const char *list = fdt_compatible(fdt, node, &len);

	return list && holds_one_of(list, list + len, compatible) &&
	       fdt_node_okay(fdt, (int)fdt_index_at(node)->offset);
}

int fdt_next_compatible(const void *fdt, int from, const char *const *compatible)
{
	unsigned nr = fdt_index_nr(fdt);
	int first = from < 0 ? 0 : fdt_index_of(fdt, from) + 1;

	for (unsigned i = (unsigned)first; i < nr; i++)
		if (is_compatible(fdt, i, compatible))
			return (int)fdt_index_at(i)->offset;
	return -1;
}

/* A property that must be a terminated string; NULL if it is absent or not terminated. */
static const char *string_prop(const void *fdt, int node, const char *name)
{
	int len;
	const char *s = node >= 0 ? fdt_prop(fdt, node, name, &len) : NULL;

	return s && len > 0 && strnlen(s, (size_t)len) < (size_t)len ? s : NULL;
}

const char *fdt_bootargs(const void *fdt, struct why *why)
{
	int chosen = fdt_find(fdt, "/chosen", 7), len;
	const char *s = string_prop(fdt, chosen, "bootargs");

	if (!s && chosen >= 0 && fdt_prop(fdt, chosen, "bootargs", &len))
		refuse(why, EINVAL,
		       "device tree: bootargs has %d bytes and no terminator: not used", len);
	return s ? s : "";
}

const char *fdt_model(const void *fdt)
{
	const char *s = string_prop(fdt, 0, "compatible");

	if (!s)
		s = string_prop(fdt, 0, "model");
	return s ? s : "";
}

/* The path of an alias, or NULL. */
static const char *alias_path(const void *fdt, const char *name, size_t len)
{
	char alias[32];

	if (len >= sizeof(alias))
		return NULL;
	memcpy(alias, name, len);
	alias[len] = 0;
	return string_prop(fdt, fdt_find(fdt, "/aliases", 8), alias);
}

int fdt_stdout(const void *fdt, struct why *why)
{
	int chosen = fdt_find(fdt, "/chosen", 7), node;
	const char *path = string_prop(fdt, chosen, "stdout-path"), *end;
	size_t len;

	if (!path) {
		refuse(why, ENOENT, "%s",
		       chosen < 0 ? "there is no /chosen" : "/chosen has no usable stdout-path");
		return -1;
	}
	end = strchr(path, ':'); /* options (baud rate) are ignored: firmware has set up the UART */
	len = end ? (size_t)(end - path) : strlen(path);
	if (path[0] != '/') {
		const char *full = alias_path(fdt, path, len);

		node = full ? fdt_find(fdt, full, strlen(full)) : -1;
	} else {
		node = fdt_find(fdt, path, len);
	}
	if (node < 0)
		refuse(why, ENOENT, "stdout-path=%.60s names no node", path);
	return node;
}

/* If there is no stdout-path, U-Boot's console is the device with the alias serial0. */
int fdt_serial0(const void *fdt)
{
	int chosen = fdt_find(fdt, "/chosen", 7);
	const char *path = alias_path(fdt, "serial0", 7);

	if (!path || (chosen >= 0 && fdt_prop(fdt, chosen, "stdout-path", NULL)))
		return -1;
	return fdt_find(fdt, path, strlen(path));
}

/* The hardware id of a CPU node; false if the node is not a well-formed CPU node. */
static bool cpu_hwid(const void *fdt, int cpus, int node, u64 *hwid)
{
	const char *type = string_prop(fdt, node, "device_type");
	int len, cells = fdt_cells_address(fdt, cpus);
	const fdt32_t *reg = fdt_prop(fdt, node, "reg", &len);

	if (!type || strcmp(type, "cpu") || !reg || cells < 1 || cells > 2 || len < cells * 4)
		return false;
	*hwid = cells == 2 ? (u64)fdt32_ld(reg) << 32 | fdt32_ld(reg + 1) : fdt32_ld(reg);
	return true;
}

/* Why a CPU must not be started, or NULL.  The mmu-type of a hart without S-mode is absent or
 * "riscv,none".  The status is not sufficient, because firmware marks such monitor harts "okay"
 * too. */
static const char *cpu_unusable(const void *fdt, int node)
{
	const char *mmu = string_prop(fdt, node, "mmu-type");
	bool hart = fdt_prop(fdt, node, "riscv,isa", NULL) ||
		    fdt_prop(fdt, node, "riscv,isa-extensions", NULL);

	if (!fdt_node_okay(fdt, node))
		return "its status is not okay";
	if (hart && !mmu)
		return "it has no mmu-type, so no S-mode";
	return hart && !strcmp(mmu, "riscv,none") ? "its mmu-type is riscv,none" : NULL;
}

/* cpu-release-addr of spin-table CPUs, one or two cells; 0: absent or malformed. */
static u64 cpu_release(const void *fdt, int node)
{
	int len;
	const fdt32_t *p = fdt_prop(fdt, node, "cpu-release-addr", &len);

	if (!p || (len != 4 && len != 8))
		return 0;
	return len == 8 ? (u64)fdt32_ld(p) << 32 | fdt32_ld(p + 1) : fdt32_ld(p);
}

/* enable-method of the CPU, or else of /cpus. */
static const char *cpu_method(const void *fdt, int cpus, int node)
{
	const char *own = string_prop(fdt, node, "enable-method");

	return own ? own : string_prop(fdt, cpus, "enable-method");
}

void fdt_each_cpu(const void *fdt, void (*fn)(const struct fdt_cpu *, void *arg), void *arg)
{
	int node, len, cpus = fdt_find(fdt, "/cpus", 5);
	struct fdt_cpu c;

	if (cpus < 0)
		return;
	for (node = fdt_child_after(fdt, cpus, -1); node >= 0;
	     node = fdt_child_after(fdt, cpus, node)) {
		const fdt32_t *numa = fdt_prop(fdt, node, "numa-node-id", &len);

		if (!cpu_hwid(fdt, cpus, node, &c.hwid))
			continue;
		c.node = numa && len == 4 ? fdt32_ld(numa) : 0;
		c.method = cpu_method(fdt, cpus, node);
		c.release = cpu_release(fdt, node);
		c.unusable = cpu_unusable(fdt, node);
		fn(&c, arg);
	}
}

struct cpu_array {
	struct fdt_cpu *out;
	unsigned nr, max;
};

/* Callback of fdt_each_cpu(): CPUs beyond `max` are dropped. */
static void fdt_collect_cpu(const struct fdt_cpu *c, void *arg)
{
	struct cpu_array *a = arg;

	if (a->nr < a->max)
		a->out[a->nr++] = *c;
}

unsigned fdt_cpus(const void *fdt, struct fdt_cpu *out, unsigned max)
{
	struct cpu_array a = { .out = out, .max = max };

	fdt_each_cpu(fdt, fdt_collect_cpu, &a);
	return a.nr;
}

void fdt_cpu_extensions(const void *fdt, void (*report)(u64, const char *, size_t, u32))
{
	int node, len, size, cpus = fdt_find(fdt, "/cpus", 5);
	u64 hwid;

	if (cpus < 0)
		return;
	for (node = fdt_child_after(fdt, cpus, -1); node >= 0;
	     node = fdt_child_after(fdt, cpus, node)) {
		const char *isa = fdt_prop(fdt, node, "riscv,isa-extensions", &len);
		const fdt32_t *cbom = fdt_prop(fdt, node, "riscv,cbom-block-size", &size);

		if (!isa)
			isa = fdt_prop(fdt, node, "riscv,isa", &len);
		if (isa && len > 0 && cpu_hwid(fdt, cpus, node, &hwid))
			report(hwid, isa, (size_t)len, cbom && size == 4 ? fdt32_ld(cbom) : 0);
	}
}
