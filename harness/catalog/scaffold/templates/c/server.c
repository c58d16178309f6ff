/* @NAME@ answers the rows hello, json and echo. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* body is what has arrived of a request's body. */
struct body {
	char *bytes;
	size_t length;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, const void *bytes, size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length, (void *)bytes, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	enum MHD_Result queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result document(struct MHD_Connection *connection)
{
	const char *id = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "id");
	char json[256];
	int length = snprintf(json, sizeof json,
		"{\"id\":%d,\"status\":\"ok\",\"data\":{\"name\":\"%s\",\"version\":\"%s\",\"flags\":[\"%s\",\"%s\",\"%s\",\"%s\"]}}",
		id ? atoi(id) : 1, "joust", "1.0.0", "fast", "correct", "measured", "repeatable");
	return answer(connection, MHD_HTTP_OK, "application/json", json, (size_t)length);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **request)
{
	(void)arg;
	(void)version;
	struct body *body = *request;
	if (body == NULL) { /* the head alone has arrived */
		*request = calloc(1, sizeof *body);
		return *request ? MHD_YES : MHD_NO;
	}
	if (*upload_size > 0) {
		char *more = realloc(body->bytes, body->length + *upload_size);
		if (more == NULL)
			return MHD_NO;
		memcpy(more + body->length, upload, *upload_size);
		body->bytes = more;
		body->length += *upload_size;
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") == 0 && strcmp(url, "/") == 0)
		return answer(connection, MHD_HTTP_OK, "text/plain", "alive\r\n", 7);
	if (strcmp(method, "GET") == 0 && strcmp(url, "/json") == 0)
		return document(connection);
	if (strcmp(method, "POST") == 0 && strcmp(url, "/echo") == 0)
		return answer(connection, MHD_HTTP_OK, "application/octet-stream", body->bytes, body->length);
	return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain", "not found\n", 10);
}

static void completed(void *arg, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)connection;
	(void)why;
	struct body *body = *request;
	if (body)
		free(body->bytes);
	free(body);
	*request = NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(MHD_get_version());
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: server PORT THREADS\n");
		return 2;
	}
	sigset_t ending;
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, 0, NULL, NULL, handle, NULL,
		MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned)atoi(argv[2]), MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_END);
	if (daemon == NULL) {
		perror("cannot listen");
		return 1;
	}
	int got;
	sigwait(&ending, &got);
	MHD_stop_daemon(daemon);
	return 0;
}
