/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_order/shapes.c - shapes and their verdicts, by the rules of RVWMO (numbers of
 * the preserved program order rules) and, for store-release and load-acquire, of Armv8.
 */
#include "shapes.h"

#define ALL2 "00 01 10 11"

const struct shape shapes[] = {
	/* Store buffering: nothing orders a store and a later load but a fence w,r. */
	{ "SB", "Wx1 Ry | Wy1 Rx", "", ALL2 },
	{ "SB+fence.rw.rws", "Wx1 F** Ry | Wy1 F** Rx", "", "01 10 11" },
	{ "SB+fence.w.rs", "Wx1 Fwr Ry | Wy1 Fwr Rx", "", "01 10 11" },
	{ "SB+fence.w.ws", "Wx1 Fww Ry | Wy1 Fww Rx", "", ALL2 },
	{ "SB+fence.r.rs", "Wx1 Frr Ry | Wy1 Frr Rx", "", ALL2 },
	{ "SB+fence.rw.rw+po", "Wx1 F** Ry | Wy1 Rx", "", ALL2 },
	/* A load that is given the CPU's own store is not ordered behind it. */
	{ "SB+rfi-addrs", "Wx1 Rx Ry@a | Wy1 Ry Rx@c", "", "1010 1011 1110 1111" },
	/* Message passing: w,w on one side (4), r,r or an address (4, 9) on the other. */
	{ "MP", "Wx1 Wy1 | Ry Rx", "", ALL2 },
	{ "MP+fence.w.w+po", "Wx1 Fww Wy1 | Ry Rx", "", ALL2 },
	{ "MP+po+fence.r.r", "Wx1 Wy1 | Ry Frr Rx", "", ALL2 },
	{ "MP+po+addr", "Wx1 Wy1 | Ry Rx@a", "", ALL2 },
	{ "MP+fence.w.w+fence.r.r", "Wx1 Fww Wy1 | Ry Frr Rx", "", "00 01 11" },
	{ "MP+fence.w.w+addr", "Wx1 Fww Wy1 | Ry Rx@a", "", "00 01 11" },
	{ "MP+fence.rw.rws", "Wx1 F** Wy1 | Ry F** Rx", "", "00 01 11" },
	{ "MP+fence.w.w+fence.r.w", "Wx1 Fww Wy1 | Ry Frw Rx", "", ALL2 },
	{ "MP+fence.r.w+fence.r.r", "Wx1 Frw Wy1 | Ry Frr Rx", "", ALL2 },
	/* A walker's read: the access that it translates is behind it, and nothing else is. */
	{ "MP+fence.w.w+walk", "Wx1 Fww Wy1 | Vy Rx@a", "", "00 01 11" },
	{ "MP+fence.w.w+walk+po", "Wx1 Fww Wy1 | Vy Rx", "", ALL2 },
	{ "MP+po+walk", "Wx1 Wy1 | Vy Rx@a", "", ALL2 },
	/* A walk goes on from what it has read, so each step is behind all before; y stays 0. */
	{ "MP+fence.w.w+walk+walk", "Wz1 Fww Wx1 | Vx Vy@a Vz@b", "", "000 001 101" },
	{ "MP+fence.w.w+walk+walk+load", "Wz1 Fww Wx1 | Vx Vy@a Rz@b", "", "000 001 101" },
	/* Acquire and release (5, 6); one alone is not enough. */
	{ "MP+amo.rl+amo.aq", "Wx1 Xy1r | Xy0a Rx", "", "000 001 011" },
	{ "MP+amo+amo.aq", "Wx1 Xy1 | Xy0a Rx", "", "000 001 010 011" },
	{ "MP+amo.rl+amo", "Wx1 Xy1r | Xy0 Rx", "", "000 001 010 011" },
	{ "CoRR+lr+po", "Wx1 | Lx Rx", "", "00 01 11" },
	{ "MP+stlr+ldar", "Wx1 Sy1 | Ay Rx", "", "00 01 11" },
	{ "MP+stlr+ld", "Wx1 Sy1 | Ry Rx", "", ALL2 },
	{ "MP+st+ldar", "Wx1 Wy1 | Ay Rx", "", ALL2 },
	{ "SB+stlr+ldars", "Sx1 Ay | Sy1 Ax", "", "01 10 11" },
	{ "SB+amo.aqrls", "Xx1ar Ry | Xy1ar Rx", "", "0001 0100 0101" },
	{ "SB+amos", "Xx1 Ry | Xy1 Rx", "", "0000 0001 0100 0101" },
	/* Load buffering: dependencies to stores (9 to 11, 13), fences r,w (4), acquire and release
	   (5, 6) forbid it on both sides. */
	{ "LB", "Rx Wy1 | Ry Wx1", "", ALL2 },
	{ "LB+data+data", "Rx Wy1@a | Ry Wx1@b", "", "00 01 10" },
	{ "LB+data+po", "Rx Wy1@a | Ry Wx1", "", ALL2 },
	{ "LB+ctrls", "Rx B@a Wy1 | Ry B@b Wx1", "", "00 01 10" },
	{ "LB+ctrl+po", "Rx B@a Wy1 | Ry Wx1", "", ALL2 },
	{ "LB+addr-pos", "Rx Rz@a Wy1 | Ry Rz@c Wx1", "", "0000 0010 1000" },
	{ "LB+addr-po+po", "Rx Rz@a Wy1 | Ry Wx1", "", "000 001 100 101" },
	{ "LB+fence.r.ws", "Rx Frw Wy1 | Ry Frw Wx1", "", "00 01 10" },
	{ "LB+fence.rw.rws", "Rx F** Wy1 | Ry F** Wx1", "", "00 01 10" },
	{ "LB+fence.r.w+po", "Rx Frw Wy1 | Ry Wx1", "", ALL2 },
	{ "LB+fence.w.ws", "Rx Fww Wy1 | Ry Fww Wx1", "", ALL2 },
	{ "LB+data-rfi-data+data", "Rx Wz1@a Rz Wy1@b | Ry Wx1@c", "", "010 011 110" },
	{ "LB+stlrs", "Rx Sy1 | Ry Sx1", "", "00 01 10" },
	{ "LB+stlr+po", "Rx Sy1 | Ry Wx1", "", ALL2 },
	{ "LB+amos", "Rx Xy1 | Ry Xx1", "", "0000 0010 1000 1010" },
	{ "LB+amo.rls", "Rx Xy1r | Ry Xx1r", "", "0000 0010 1000" },
	{ "LB+ldars", "Ax Wy1 | Ay Wx1", "", "00 01 10" },
	{ "LB+ldar+po", "Ax Wy1 | Ry Wx1", "", ALL2 },
	/* Another access in between: a release orders nothing with what is behind it. */
	{ "LB+po-stlr-pos", "Rx Sz1 Wy1 | Ry Sz2 Wx1", "", ALL2 },
	{ "LB+po-ldar-pos", "Rx Az Wy1 | Ry Az Wx1", "", "0000 0010 1000 1010" },
	{ "LB+po-amo-pos", "Rx Xz1 Wy1 | Ry Xz2 Wx1", "",
	  "0001 0011 0200 0210 1001 1011 1200 1210" },
	{ "LB3", "Rx Wy1 | Ry Wz1 | Rz Wx1", "", "000 001 010 011 100 101 110 111" },
	{ "LB3+data+data+data", "Rx Wy1@a | Ry Wz1@b | Rz Wx1@c", "",
	  "000 001 010 011 100 101 110" },
	/* A store forwards what its data or address depends on (12), not what control does. */
	{ "PPOAA", "Wx1 Fww Wy1 | Ry Wz1@a Rz Rx@b", "", "010 011 111" },
	{ "PPOAA, through memory", "Wx1 Fww Wy1 | Ry Wz1@a D Rz Rx@b", "", "010 011 111" },
	{ "PPOCA", "Wx1 Fww Wy1 | Ry Wz1 Rz Rx@b", "", "010 011 110 111" },
	/* A load that is given what the CPU's own AMO wrote is behind it (3). */
	{ "SB+fence.rw.rw+amo+addr", "Wx1 F** Ry | Xy1 Ry Rx@c", "", "0011 1010 1011" },
	/* One location: coherence (1, 2, 3). */
	{ "CoRR", "Wx1 | Rx Rx", "", "00 01 11" },
	{ "CoRR+ldar", "Wx1 | Rx Ax", "", "00 01 11" },
	{ "CoRR2", "Wx1 Wx2 | Rx Rx", "", "00 01 02 11 12 22" },
	{ "CoRR+twowriters", "Wx1 | Wx2 | Rx Rx", "x",
	  "001 002 011 012 021 022 111 112 122 211 221 222" },
	{ "CoWW", "Wx1 Wx2", "x", "2" },
	{ "CoRW", "Rx Wx1 | Wx2", "x", "01 02 21" },
	{ "CoWW+amo", "Wx1 Xx2", "x", "12" },
	{ "CoRW+amo", "Rx Xx1 | Wx2", "x", "002 021 221" },
	{ "CoWR", "Wx1 Rx | Wx2", "x", "11 12 22" },
	/* Other CPUs see a store at once (multi-copy atomicity). */
	{ "WRC+data+addr", "Wx1 | Rx Wy1@a | Ry Rx@b", "", "000 001 010 011 100 101 111" },
	{ "WRC+po+addr", "Wx1 | Rx Wy1 | Ry Rx@b", "", "000 001 010 011 100 101 110 111" },
	{ "WRC+data+po", "Wx1 | Rx Wy1@a | Ry Rx", "", "000 001 010 011 100 101 110 111" },
	{ "IRIW", "Wx1 | Wy1 | Rx Ry | Ry Rx", "",
	  "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111" },
	{ "IRIW+addrs", "Wx1 | Wy1 | Rx Ry@a | Ry Rx@c", "",
	  "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111" },
	{ "IRIW+fence.r.rs", "Wx1 | Wy1 | Rx Frr Ry | Ry Frr Rx", "",
	  "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111" },
	/* Final values. */
	{ "2+2W", "Wx1 Wy2 | Wy1 Wx2", "xy", "11 12 21 22" },
	{ "2+2W+fence.w.ws", "Wx1 Fww Wy2 | Wy1 Fww Wx2", "xy", "12 21 22" },
	{ "2+2W+fence.w.w+po", "Wx1 Fww Wy2 | Wy1 Wx2", "xy", "11 12 21 22" },
	{ "S", "Wx2 Wy1 | Ry Wx1@a", "x", "01 02 11 12" },
	{ "S+fence.w.w+po", "Wx2 Fww Wy1 | Ry Wx1", "x", "01 02 11 12" },
	{ "S+fence.w.w+data", "Wx2 Fww Wy1 | Ry Wx1@a", "x", "01 02 11" },
	{ "R", "Wx1 Wy1 | Wy2 Rx", "y", "01 02 11 12" },
	{ "R+fence.rw.rws", "Wx1 F** Wy1 | Wy2 F** Rx", "y", "01 11 12" },
	{ "R+fence.w.w+po", "Wx1 Fww Wy1 | Wy2 Rx", "y", "01 02 11 12" },
	{ 0, 0, 0, 0 },
};
