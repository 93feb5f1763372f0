/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* serve.h: exittrace serve, a service that remembers. Gives an exit status. */
#ifndef EXITTRACE_SERVE_H
#define EXITTRACE_SERVE_H

#include "options.h"

int serve__run(const struct options *o);

#endif
