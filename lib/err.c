/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/err.c - names of error codes, and the one way to refuse: a code and a sentence.
 *
 * May be called from anywhere, also before any console exists.
 */
#include <lib/err.h>
#include <lib/printf.h>

static const struct {
	u8 code;
	char name[15];
} err_names[] = {
	{ EPERM, "-EPERM" },           { ENOENT, "-ENOENT" },       { EIO, "-EIO" },
	{ ENXIO, "-ENXIO" },           { EAGAIN, "-EAGAIN" },       { ENOMEM, "-ENOMEM" },
	{ EFAULT, "-EFAULT" },         { EBUSY, "-EBUSY" },         { EEXIST, "-EEXIST" },
	{ ENODEV, "-ENODEV" },         { EINVAL, "-EINVAL" },       { ERANGE, "-ERANGE" },
	{ EOPNOTSUPP, "-EOPNOTSUPP" }, { ETIMEDOUT, "-ETIMEDOUT" }, { ECANCELED, "-ECANCELED" },
};

const char *err_name(int code)
{
	if (!code)
		return "ok";
	for (size_t i = 0; i < ARRAY_SIZE(err_names); i++)
		if (err_names[i].code == -code)
			return err_names[i].name;
	return "-E?";
}

int refuse(struct why *why, int code, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return -code;
	why->code = -code;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -code;
}
