noinst_LIBRARIES += src/relay/librelay.a
src_relay_librelay_a_SOURCES = \
	src/relay/assoc.c src/relay/assoc.h src/relay/assoc_in.c src/relay/assoc_out.c src/relay/assoc_receive.c src/relay/assoc_send.c \
	src/relay/archive.c src/relay/archive.h \
	src/relay/board.c src/relay/board.h \
	src/relay/broker.c src/relay/carry.c src/relay/carry.h src/relay/children.c src/relay/doors.c src/relay/parent.c src/relay/parent.h \
	src/relay/capability.c src/relay/capability.h \
	src/relay/claims.c src/relay/claims.h \
	src/relay/dial.c src/relay/dial.h \
	src/relay/exchange.c src/relay/exchange.h \
	src/relay/fault.c src/relay/fault.h \
	src/relay/hand_over.c \
	src/relay/ipc.c src/relay/ipc.h \
	src/relay/journal_client.c src/relay/journal_client.h \
	src/relay/journal_pack.c src/relay/journal_pack.h \
	src/relay/journal_writer.c \
	src/relay/link.c src/relay/link.h \
	src/relay/lmtp.c src/relay/lookup.c \
	src/relay/mapped.c src/relay/mapped.h \
	src/relay/options.c src/relay/options.h \
	src/relay/pack.c src/relay/pack.h \
	src/relay/processes.h \
	src/relay/protocol.h \
	src/relay/setup.c src/relay/setup.h \
	src/relay/sockets.c src/relay/sockets.h \
	src/relay/strangers.c src/relay/strangers.h \
	src/relay/subject.c src/relay/subject.h src/relay/tables.c \
	src/relay/inbound.h src/relay/submit.c src/relay/to_822.c src/relay/to_822_report.c src/relay/to_x400.c \
	src/relay/tap.c src/relay/tap.h src/relay/transit.c src/relay/trust.c src/relay/trust.h src/relay/twin.c src/relay/twin.h \
	src/relay/twin_make.c src/relay/twin_make.h src/relay/twin_store.c src/relay/twin_store.h src/relay/wait.c src/relay/wait.h \
	src/relay/worker.c src/relay/worker.h
LIBS_RELAY = src/relay/librelay.a $(LIBS_SEC)

check_PROGRAMS += t/unit/relay_ipc.t
t_unit_relay_ipc_t_SOURCES = t/unit/relay_ipc.c $(TAP)
t_unit_relay_ipc_t_LDADD = $(LIBS_RELAY) $(LIBS_BASE)
TESTS += t/unit/relay_ipc.t

check_PROGRAMS += t/unit/relay_journal.t
t_unit_relay_journal_t_SOURCES = t/unit/relay_journal.c $(TAP)
t_unit_relay_journal_t_LDADD = $(LIBS_RELAY) $(LIBS_JOURNAL) $(LIBS_MSG) $(LIBS_BASE)
TESTS += t/unit/relay_journal.t

check_PROGRAMS += t/unit/relay_strangers.t
t_unit_relay_strangers_t_SOURCES = t/unit/relay_strangers.c $(TAP)
t_unit_relay_strangers_t_LDADD = $(LIBS_RELAY) $(LIBS_BASE)
TESTS += t/unit/relay_strangers.t

check_PROGRAMS += t/unit/relay_options.t
t_unit_relay_options_t_SOURCES = t/unit/relay_options.c $(TAP)
t_unit_relay_options_t_LDADD = $(LIBS_ALL)
TESTS += t/unit/relay_options.t

# a line each, so that several can add theirs
RELAY_LIVE = \
	t/live/p1-loop.t \
	t/live/twins.t t/live/soak.t \
	t/live/relay.t \
	t/live/reload.t \
	t/live/tables.t \
	t/live/refuse.t \
	t/live/poison.t t/live/failures.t \
	t/live/hostile-apdu.t t/live/hostile.t t/live/hostile-responder.t \
	t/live/kill.t \
	t/live/ping.t \
	t/live/turns.t t/live/p1-84.t t/live/strangers.t \
	t/live/transit.t t/live/settings.t \
	t/live/sockets.t
LIVE_TESTS += $(RELAY_LIVE)
EXTRA_DIST += $(RELAY_LIVE) t/lib/mta.pl t/lib/rawpeer.pl
check_PROGRAMS += t/unit/capability.t
t_unit_capability_t_SOURCES = t/unit/capability.c $(TAP)
t_unit_capability_t_LDADD = $(LIBS_ALL)
TESTS += t/unit/capability.t
