/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The smallest program there is to exec: takes an exit code, ends with it. */
#include <stdlib.h>

int main(int argc, char **argv)
{
	return argc > 1 ? atoi(argv[1]) : 0;
}
