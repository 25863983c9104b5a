noinst_LIBRARIES += src/osi/libosi.a
src_osi_libosi_a_SOURCES = \
	src/osi/acse.c src/osi/acse.h \
	src/osi/association.c src/osi/association.h \
	src/osi/bind.c src/osi/bind.h \
	src/osi/cotp.c src/osi/cotp.h \
	src/osi/explain.c src/osi/explain.h \
	src/osi/opening.c src/osi/opening.h \
	src/osi/pdata.c src/osi/pdata.h \
	src/osi/presentation.c src/osi/presentation.h \
	src/osi/rtse.c src/osi/rtse.h \
	src/osi/rtse_pdu.c src/osi/rtse_pdu.h \
	src/osi/session.c src/osi/session.h \
	src/osi/session_pdu.c src/osi/session_pdu.h \
	src/osi/table.c src/osi/table.h \
	src/osi/tlv.c src/osi/tlv.h \
	src/osi/tpkt.c src/osi/tpkt.h
src_osi_libosi_a_CPPFLAGS = $(AM_CPPFLAGS) -isystem $(top_builddir) -isystem $(top_builddir)/asn1gen

EXTRA_DIST += t/vectors/osi t/vectors/captures t/replay/osi t/replay/README t/lib/hex.h
check_PROGRAMS += t/replay/osi_replay.t
t_replay_osi_replay_t_SOURCES = t/replay/replay.c $(TAP)
t_replay_osi_replay_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_replay_osi_replay_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
TESTS += t/replay/osi_replay.t
check_PROGRAMS += t/unit/osi_loopback.t
t_unit_osi_loopback_t_SOURCES = t/unit/osi_loopback.c $(TAP)
t_unit_osi_loopback_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_unit_osi_loopback_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
TESTS += t/unit/osi_loopback.t
EXTRA_DIST += t/fuzz/osi_drive.h t/fuzz/osi_responder t/fuzz/osi_initiator
check_PROGRAMS += t/fuzz/fuzz_osi_responder.t t/fuzz/fuzz_osi_initiator.t
t_fuzz_fuzz_osi_responder_t_SOURCES = t/fuzz/fuzz_osi_responder.c $(FUZZ_MAIN)
t_fuzz_fuzz_osi_responder_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_fuzz_fuzz_osi_responder_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
t_fuzz_fuzz_osi_responder_t_LDFLAGS = $(FUZZ_LINK)
t_fuzz_fuzz_osi_initiator_t_SOURCES = t/fuzz/fuzz_osi_initiator.c $(FUZZ_MAIN)
t_fuzz_fuzz_osi_initiator_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_fuzz_fuzz_osi_initiator_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
t_fuzz_fuzz_osi_initiator_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_osi_responder.t t/fuzz/fuzz_osi_initiator.t
EXTRA_DIST += t/fuzz/osi_transport t/fuzz/osi_session t/fuzz/osi_pdus
check_PROGRAMS += t/fuzz/fuzz_osi_transport.t
t_fuzz_fuzz_osi_transport_t_SOURCES = t/fuzz/fuzz_osi_transport.c $(FUZZ_MAIN)
t_fuzz_fuzz_osi_transport_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_fuzz_fuzz_osi_transport_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
t_fuzz_fuzz_osi_transport_t_LDFLAGS = $(FUZZ_LINK)
check_PROGRAMS += t/fuzz/fuzz_osi_session.t
t_fuzz_fuzz_osi_session_t_SOURCES = t/fuzz/fuzz_osi_session.c $(FUZZ_MAIN)
t_fuzz_fuzz_osi_session_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_fuzz_fuzz_osi_session_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
t_fuzz_fuzz_osi_session_t_LDFLAGS = $(FUZZ_LINK)
check_PROGRAMS += t/fuzz/fuzz_osi_pdus.t
t_fuzz_fuzz_osi_pdus_t_SOURCES = t/fuzz/fuzz_osi_pdus.c $(FUZZ_MAIN)
t_fuzz_fuzz_osi_pdus_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_fuzz_fuzz_osi_pdus_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
t_fuzz_fuzz_osi_pdus_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_osi_transport.t t/fuzz/fuzz_osi_session.t t/fuzz/fuzz_osi_pdus.t
check_PROGRAMS += t/unit/osi_cotp.t t/unit/osi_session.t t/unit/osi_pdata.t
t_unit_osi_cotp_t_SOURCES = t/unit/osi_cotp.c $(TAP)
t_unit_osi_cotp_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_unit_osi_cotp_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
t_unit_osi_session_t_SOURCES = t/unit/osi_session.c $(TAP)
t_unit_osi_session_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_unit_osi_session_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
t_unit_osi_pdata_t_SOURCES = t/unit/osi_pdata.c $(TAP)
t_unit_osi_pdata_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_unit_osi_pdata_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
TESTS += t/unit/osi_cotp.t t/unit/osi_session.t t/unit/osi_pdata.t
check_PROGRAMS += t/unit/osi_roles.t
t_unit_osi_roles_t_SOURCES = t/unit/osi_roles.c $(TAP)
t_unit_osi_roles_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_unit_osi_roles_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
TESTS += t/unit/osi_roles.t
check_PROGRAMS += t/unit/osi_pdus.t
t_unit_osi_pdus_t_SOURCES = t/unit/osi_pdus.c $(TAP)
t_unit_osi_pdus_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_unit_osi_pdus_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
TESTS += t/unit/osi_pdus.t
check_PROGRAMS += t/lint/states.t
t_lint_states_t_SOURCES = t/lint/states.c $(TAP)
t_lint_states_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_lint_states_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
TESTS += t/lint/states.t
# Graphs of the state tables: states-NAME.dot, and .svg where Graphviz is installed.
states: t/lint/states.t
	for t in cotp session rtse; do t/lint/states.t --dot $$t >states-$$t.dot || exit 1; \
		if command -v dot >/dev/null; then dot -Tsvg -o states-$$t.svg states-$$t.dot || exit 1; fi; done
.PHONY: states
CLEANFILES += states-cotp.dot states-session.dot states-rtse.dot states-cotp.svg states-session.svg states-rtse.svg
check_PROGRAMS += t/unit/osi_tables.t
t_unit_osi_tables_t_SOURCES = t/unit/osi_tables.c $(TAP)
t_unit_osi_tables_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
t_unit_osi_tables_t_LDADD = $(LIBS_OSI) $(LIBS_BASE)
TESTS += t/unit/osi_tables.t
