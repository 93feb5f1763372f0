/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* version.h: what --version and `hello` say. */
#ifndef EXITTRACE_VERSION_H
#define EXITTRACE_VERSION_H

#ifndef EXITTRACE_VERSION
#define EXITTRACE_VERSION "0.1.0"
#endif

#endif
