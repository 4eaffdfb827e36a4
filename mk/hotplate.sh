#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The command hotplate of an installation: tools/hotplate with the installed images.  BUILD=DIR has its logs, and links
# to these images; without it, they are in the user's directory for the state of programs.
set -eu
prefix=@PREFIX@
BUILD=$(realpath -m "${BUILD:-${XDG_STATE_HOME:-${HOME:?}/.local/state}/hotplate}")
export BUILD
mkdir -p "$BUILD/machine"
cp -rsf "$prefix/lib/hotplate/." "$BUILD"
for program in "$prefix"/bin/worst-*; do
	[ ! -e "$program" ] || ln -sf "$program" "$BUILD/machine"
done
exec /usr/bin/python3 -B "$prefix/share/hotplate/tools/hotplate" "$@"
