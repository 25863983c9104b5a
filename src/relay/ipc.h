/*
 * relay/ipc.h - messages with descriptors between the processes of mixgated, over SOCK_SEQPACKET socket pairs.
 *
 * A message is whole or not there at all; the end of the channel is the death of the other side, which is how every
 * process learns of it.  A body that does not fit into one packet (a saved header, ten thousand recipients) travels as a
 * sealed memory file.  What a type means, who sends it and what the body holds stands in relay/protocol.h.
 */
#ifndef MIXGATE_RELAY_IPC_H
#define MIXGATE_RELAY_IPC_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define IPC_INLINE 16384 /* longer bodies go through a memory file */
#define IPC_BODY_MAX (64 << 20)
#define IPC_FDS 4

struct ipc_message {
	uint32_t type;
	struct octets body;   /* valid until ipc_done */
	int fds[IPC_FDS];     /* -1: none or taken */
	size_t fd_count;
	void *map;            /* the memory file, NULL: body stands in hold */
	uint8_t hold[IPC_INLINE];
};

enum ipc_result { IPC_MESSAGE, IPC_CLOSED, IPC_TIMEOUT };

int ipc_pair(int out[static 2], struct err *e) MUST_USE;
/* body NULL: empty.  The descriptors stay open here.  Never waits for room: a process that does not read its channel is
 * as good as dead, and the caller treats -1 as such. */
int ipc_send(int fd, uint32_t type, const struct buf *body, const int *fds, size_t n, struct err *e) MUST_USE;
/* Waits until deadline (monotonic ms; 0: do not wait). A malformed packet counts as closed. */
enum ipc_result ipc_receive(int fd, int64_t deadline, struct ipc_message *m) MUST_USE;
/* The descriptor now belongs to the caller; -1: there was none. */
int ipc_take_fd(struct ipc_message *m, size_t i);
/* Closes what was not taken. */
void ipc_done(struct ipc_message *m);

#endif
