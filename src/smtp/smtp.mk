noinst_LIBRARIES += src/smtp/libsmtp.a
src_smtp_libsmtp_a_SOURCES = \
	src/smtp/client.c src/smtp/client.h \
	src/smtp/envelope.c src/smtp/envelope.h \
	src/smtp/server.c src/smtp/server.h

check_PROGRAMS += t/unit/smtp_envelope.t
t_unit_smtp_envelope_t_SOURCES = t/unit/smtp_envelope.c $(TAP)
t_unit_smtp_envelope_t_LDADD = $(LIBS_SMTP) $(LIBS_BASE)
TESTS += t/unit/smtp_envelope.t

check_PROGRAMS += t/unit/smtp_server.t
t_unit_smtp_server_t_SOURCES = t/unit/smtp_server.c $(DIALOGUE) $(TAP)
t_unit_smtp_server_t_LDADD = $(LIBS_SMTP) $(LIBS_BASE)
TESTS += t/unit/smtp_server.t

check_PROGRAMS += t/unit/smtp_client.t
t_unit_smtp_client_t_SOURCES = t/unit/smtp_client.c $(DIALOGUE) $(TAP)
t_unit_smtp_client_t_LDADD = $(LIBS_SMTP) $(LIBS_BASE)
TESTS += t/unit/smtp_client.t

DIALOGUE = t/lib/dialogue.c t/lib/dialogue.h
EXTRA_DIST += t/vectors/smtp/server-dialogue.txt t/vectors/smtp/server-hostile.txt \
	t/vectors/smtp/client-dialogue.txt t/vectors/smtp/client-hostile.txt

check_PROGRAMS += t/fuzz/fuzz_smtp_server.t t/fuzz/fuzz_smtp_client.t
t_fuzz_fuzz_smtp_server_t_SOURCES = t/fuzz/fuzz_smtp_server.c $(FUZZ_MAIN)
t_fuzz_fuzz_smtp_server_t_LDADD = $(LIBS_SMTP) $(LIBS_BASE)
t_fuzz_fuzz_smtp_server_t_LDFLAGS = $(FUZZ_LINK)
t_fuzz_fuzz_smtp_client_t_SOURCES = t/fuzz/fuzz_smtp_client.c $(FUZZ_MAIN)
t_fuzz_fuzz_smtp_client_t_LDADD = $(LIBS_SMTP) $(LIBS_BASE)
t_fuzz_fuzz_smtp_client_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_smtp_server.t t/fuzz/fuzz_smtp_client.t
EXTRA_DIST += t/fuzz/smtp_server t/fuzz/smtp_client
