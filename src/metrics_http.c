/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes requests, gives a page. Does not wait for anybody, and does not link libmicrohttpd, which brings a dozen
 * libraries that no other use of exittrace needs: it is loaded when somebody wants to be listened to.
 */
#include "metrics_http.h"

#include "log.h"

#ifdef NO_LOADING /* a static program cannot, and Debian has no static GnuTLS to go with libmicrohttpd */

bool metrics_http__is_possible(void)
{
	return false;
}

struct metrics_http *metrics_http__new(int fd, metrics_page_fn page, void *ctx)
{
	(void)fd;
	(void)page;
	(void)ctx;
	log__error("--metrics-listen: not in a static build");
	return NULL;
}

void metrics_http__free(struct metrics_http *h)
{
	(void)h;
}

int metrics_http__fd(const struct metrics_http *h)
{
	(void)h;
	return -1;
}

void metrics_http__run(struct metrics_http *h)
{
	(void)h;
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel.h"
#include "metrics.h"

#define LIBRARY "libmicrohttpd.so.12"
#define CONNECTIONS 8
#define SILENT_S 5	      /* without a byte */
#define LONGEST_NS 10000000000ULL /* all in all: a byte now and then does not help */
#define REQUEST_BYTES 8192
#define TURNS 16 /* then the recorder's own work is due */

#define FUNCTIONS(F)                                                                   \
	F(start_daemon) F(stop_daemon) F(run) F(get_timeout) F(get_daemon_info)         \
	F(get_connection_info) F(create_response_from_buffer) F(destroy_response)       \
	F(add_response_header) F(queue_response)

struct guest {
	struct MHD_Connection *connection; /* NULL: free */
	int fd;
	uint64_t since_ns;
};

struct metrics_http {
#define FUNCTION(name) __typeof__(MHD_##name) *name;
	FUNCTIONS(FUNCTION)
#undef FUNCTION
	struct MHD_Daemon *daemon;
	int epoll_fd;
	metrics_page_fn page;
	void *ctx;
	struct buf text;
	struct guest guests[CONNECTIONS];
};

bool metrics_http__is_possible(void)
{
	return true;
}

static bool load(struct metrics_http *h)
{
	void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return false;
#define FUNCTION(name) h->name = (__typeof__(MHD_##name) *)dlsym(lib, "MHD_" #name);
	FUNCTIONS(FUNCTION)
#undef FUNCTION
#define FUNCTION(name) && h->name
	return true FUNCTIONS(FUNCTION);
#undef FUNCTION
}

/* ---- answers ---- */

static enum MHD_Result answer(struct metrics_http *h, struct MHD_Connection *c, unsigned int status, const char *type,
			      struct text body)
{
	struct MHD_Response *r =
		h->create_response_from_buffer(body.len, (void *)(uintptr_t)body.bytes, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	h->add_response_header(r, "Content-Type", type);
	h->add_response_header(r, "X-Content-Type-Options", "nosniff");
	h->add_response_header(r, "Connection", "close"); /* who stays would take the place of others */
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		h->add_response_header(r, "Allow", "GET, HEAD");
	result = h->queue_response(c, status, r);
	h->destroy_response(r);
	return result;
}

static enum MHD_Result answer_words(struct metrics_http *h, struct MHD_Connection *c, unsigned int status,
				    const char *words)
{
	return answer(h, c, status, "text/plain", text__str(words));
}

static enum MHD_Result answer_page(struct metrics_http *h, struct MHD_Connection *c)
{
	buf__reset(&h->text);
	h->page(h->ctx, &h->text);
	if (h->text.failed)
		return MHD_NO;
	return answer(h, c, MHD_HTTP_OK, METRICS_CONTENT, (struct text){ h->text.data, h->text.len });
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **state)
{
	struct metrics_http *h = ctx;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return answer_words(h, c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	if (!strcmp(url, "/metrics"))
		return answer_page(h, c);
	return answer_words(h, c, MHD_HTTP_NOT_FOUND, "exittrace: there is /metrics\n");
}

/* ---- who is there ---- */

static struct guest *find_guest(struct metrics_http *h, const struct MHD_Connection *c)
{
	for (struct guest *g = h->guests; g < h->guests + CONNECTIONS; g++)
		if (g->connection == c)
			return g;
	return NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode what)
{
	struct metrics_http *h = ctx;
	const bool comes = what == MHD_CONNECTION_NOTIFY_STARTED;
	const union MHD_ConnectionInfo *info =
		comes ? h->get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD) : NULL;
	struct guest *g = find_guest(h, comes ? NULL : c);

	(void)state;
	if (g)
		*g = info ? (struct guest){ c, info->connect_fd, kernel__boot_ns() } : (struct guest){ 0 };
}

static void cut_off(struct metrics_http *h)
{
	const uint64_t now = kernel__boot_ns();

	for (struct guest *g = h->guests; g < h->guests + CONNECTIONS; g++)
		if (g->connection && now - g->since_ns > LONGEST_NS)
			shutdown(g->fd, SHUT_RDWR);
}

/* ---- the whole ---- */

static int start(struct metrics_http *h, int fd)
{
	const union MHD_DaemonInfo *info;

	h->daemon = h->start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
				    MHD_OPTION_LISTEN_SOCKET, fd,
				    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
				    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SILENT_S,
				    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
				    MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
	if (!h->daemon)
		return -EIO;
	info = h->get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	h->epoll_fd = info ? info->epoll_fd : -1;
	return h->epoll_fd < 0 ? -EIO : 0;
}

struct metrics_http *metrics_http__new(int fd, metrics_page_fn page, void *ctx)
{
	struct metrics_http *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->page = page;
	h->ctx = ctx;
	if (!load(h))
		log__error("--metrics-listen needs libmicrohttpd.so.12 (Debian: libmicrohttpd12)");
	else if (start(h, fd))
		log__error("--metrics-listen: libmicrohttpd does not start");
	else
		return h;
	metrics_http__free(h);
	return NULL;
}

void metrics_http__free(struct metrics_http *h)
{
	if (!h)
		return;
	if (h->daemon)
		h->stop_daemon(h->daemon);
	buf__free(&h->text);
	free(h);
}

int metrics_http__fd(const struct metrics_http *h)
{
	return h->epoll_fd;
}

void metrics_http__run(struct metrics_http *h)
{
	MHD_UNSIGNED_LONG_LONG left;

	cut_off(h);
	/* what it has read and not looked at yet is nothing that epoll tells of */
	for (unsigned int i = 0; i < TURNS; i++) {
		h->run(h->daemon);
		if (h->get_timeout(h->daemon, &left) != MHD_YES || left)
			return;
	}
}

#endif
