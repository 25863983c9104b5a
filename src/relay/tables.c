/*
 * relay/tables.c - the helper process that reads the mapping, gateway and route tables at start and at a reload.
 *
 * It finds the compiled tables when they fit the texts, else reads the texts and compiles them, hands the open file over
 * and ends.  The parent maps the file and parses nothing, so neither a wrong text nor its size can harm it; every process
 * forked later shares the pages.  What is wrong with a text is logged here, with file, line and column.
 */
#include <unistd.h>

#include "base/log.h"
#include "relay/ipc.h"
#include "relay/pack.h"
#include "relay/processes.h"
#include "relay/protocol.h"

int tables_main(const struct setup *s, int channel)
{
	struct addr_tables_source src;
	struct buf b = BUF_INIT(4096);
	struct err e = {0};
	int fd[2] = {-1, -1}, rc; /* tables; users */

	addr_tables_source_config(s->config, &src);
	if (addr_tables_build(&src, &fd[0], &e) == 0 && dir_build_users(s->config, &fd[1], &e) == 0) {
		rc = ipc_send(channel, T_READY, NULL, fd, fd[1] < 0 ? 1 : 2, &e);
	} else {
		pack_err(&b, &e);
		rc = ipc_send(channel, T_FAILED, &b, NULL, 0, &e);
	}
	if (rc != 0)
		log_err(LOG_LEVEL_ERROR, "tables", &e, NULL);
	return rc == 0 ? 0 : 1;
}
