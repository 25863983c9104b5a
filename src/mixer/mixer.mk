noinst_LIBRARIES += src/mixer/libmixer.a
src_mixer_libmixer_a_CPPFLAGS = $(AM_CPPFLAGS) $(TIFF_CFLAGS)
src_mixer_libmixer_a_SOURCES = src/mixer/mixer.h src/mixer/parts.h
# messages: heading, envelope, trace
src_mixer_libmixer_a_SOURCES += src/mixer/absent.c src/mixer/address.c src/mixer/directions.c src/mixer/directions.h src/mixer/envelope.c src/mixer/envelope_822.c src/mixer/forms.c src/mixer/forms.h \
	src/mixer/heading.c src/mixer/heading_822.c src/mixer/ids.c src/mixer/rows.h src/mixer/rules.c src/mixer/trace.c src/mixer/translate.c
MIXER_SETUP = t/lib/mixer_setup.c t/lib/mixer_setup.h
MIXER_VECTORS = t/vectors/mixer/heading.txt t/vectors/mixer/ids.txt t/vectors/mixer/address.txt t/vectors/mixer/envelope.txt \
	t/vectors/mixer/trace.txt t/vectors/mixer/list.txt
EXTRA_DIST += $(MIXER_VECTORS)
check_PROGRAMS += t/unit/mixer_vectors.t
t_unit_mixer_vectors_t_SOURCES = t/unit/mixer_vectors.c $(MIXER_SETUP) $(TAP)
t_unit_mixer_vectors_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/mixer_vectors.t t/lint/rows.t
EXTRA_DIST += t/lint/rows.t
EXTRA_DIST += t/golden/mixer/1-message-from-smtp.eml t/golden/mixer/1-message-to-x400.p1.ber \
	t/golden/mixer/1-message.envelope t/golden/mixer/2-message-from-x400.p1.ber t/golden/mixer/2-message-to-smtp.eml \
	t/golden/mixer/2-message.envelope
check_PROGRAMS += t/unit/mixer_message.t
t_unit_mixer_message_t_SOURCES = t/unit/mixer_message.c $(MIXER_SETUP) $(TAP)
t_unit_mixer_message_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/mixer_message.t
if FUZZER
FUZZ_MIXER_SETUP = $(MIXER_SETUP) $(TAP)
else
FUZZ_MIXER_SETUP = $(MIXER_SETUP)
endif
check_PROGRAMS += t/fuzz/fuzz_mixer.t
t_fuzz_fuzz_mixer_t_SOURCES = t/fuzz/fuzz_mixer.c $(FUZZ_MIXER_SETUP) $(FUZZ_MAIN)
t_fuzz_fuzz_mixer_t_LDADD = $(LIBS_MIXER) $(LIBS_BASE)
t_fuzz_fuzz_mixer_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_mixer.t
EXTRA_DIST += t/fuzz/mixer
# reports, bodies, notifications
src_mixer_libmixer_a_SOURCES += src/mixer/status.c src/mixer/dsn.c src/mixer/dsn.h src/mixer/report_822.c src/mixer/report_x400.c \
	src/mixer/body_822.c src/mixer/body_x400.c src/mixer/body_files.c src/mixer/body_walk.h src/mixer/body_media.c src/mixer/body_delivery.c src/mixer/body_rules.c src/mixer/body_text.c src/mixer/body_text.h src/mixer/body_types.c src/mixer/body_types.h \
	src/mixer/notification.c src/mixer/own_dsn.c
EXTRA_DIST += t/vectors/mixer/status.tsv
check_PROGRAMS += t/unit/mixer_status.t
t_unit_mixer_status_t_SOURCES = t/unit/mixer_status.c $(TAP)
t_unit_mixer_status_t_LDADD = $(LIBS_MIXER) $(LIBS_BASE)
TESTS += t/unit/mixer_status.t
EXTRA_DIST += t/golden/mixer/3-report-from-x400.p1.ber t/golden/mixer/3-report-to-smtp.eml t/golden/mixer/4-report-from-smtp.eml \
	t/golden/mixer/4-report-to-x400.p1.ber t/golden/mixer/4-report.dump t/golden/mixer/5-ipn-from-x400.p1.ber \
	t/golden/mixer/5-ipn-to-smtp.eml t/golden/mixer/6-ipn-from-smtp.eml t/golden/mixer/6-ipn-to-x400.p1.ber \
	t/golden/mixer/tables/gate1 t/golden/mixer/tables/gate2 t/golden/mixer/tables/gateway.conf \
	t/golden/mixer/tables/mapping1.or2rfc t/golden/mixer/tables/mapping2.rfc2or
check_PROGRAMS += t/unit/mixer_report.t
t_unit_mixer_report_t_SOURCES = t/unit/mixer_report.c $(MIXER_SETUP) $(TAP)
t_unit_mixer_report_t_LDADD = $(LIBS_MIXER) $(LIBS_BASE)
TESTS += t/unit/mixer_report.t
EXTRA_DIST += t/vectors/mixer/body.txt t/vectors/body
check_PROGRAMS += t/unit/mixer_body.t
t_unit_mixer_body_t_SOURCES = t/unit/mixer_body.c $(MIXER_SETUP) $(TAP)
t_unit_mixer_body_t_LDADD = $(LIBS_MIXER) $(LIBS_BASE)
TESTS += t/unit/mixer_body.t
EXTRA_DIST += t/vectors/mixer/body-pending.txt t/vectors/mixer/body-settings.txt
check_PROGRAMS += t/unit/body_settings.t
t_unit_body_settings_t_SOURCES = t/unit/body_settings.c $(MIXER_SETUP) $(TAP)
t_unit_body_settings_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/body_settings.t
check_PROGRAMS += t/unit/mixer_golden.t
t_unit_mixer_golden_t_SOURCES = t/unit/mixer_golden.c $(MIXER_SETUP) $(TAP)
t_unit_mixer_golden_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/mixer_golden.t
check_PROGRAMS += t/fuzz/fuzz_mixer_mail.t
t_fuzz_fuzz_mixer_mail_t_SOURCES = t/fuzz/fuzz_mixer_mail.c $(MIXER_SETUP) $(FUZZ_MAIN)
if FUZZER
t_fuzz_fuzz_mixer_mail_t_SOURCES += $(TAP)
endif
t_fuzz_fuzz_mixer_mail_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
t_fuzz_fuzz_mixer_mail_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_mixer_mail.t
EXTRA_DIST += t/fuzz/mixer_mail
check_PROGRAMS += t/fuzz/fuzz_mixer_p1.t
t_fuzz_fuzz_mixer_p1_t_SOURCES = t/fuzz/fuzz_mixer_p1.c $(MIXER_SETUP) $(FUZZ_MAIN)
if FUZZER
t_fuzz_fuzz_mixer_p1_t_SOURCES += $(TAP)
endif
t_fuzz_fuzz_mixer_p1_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
t_fuzz_fuzz_mixer_p1_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_mixer_p1.t
EXTRA_DIST += t/fuzz/mixer_p1
check_PROGRAMS += t/unit/body_1984.t
t_unit_body_1984_t_SOURCES = t/unit/body_1984.c $(MIXER_SETUP) $(TAP)
t_unit_body_1984_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/body_1984.t
# real mail, for check-long
EXTRA_PROGRAMS += t/long/corpora
t_long_corpora_SOURCES = t/long/corpora.c $(MIXER_SETUP) $(TAP)
t_long_corpora_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
EXTRA_DIST += t/long/corpora.sh
check_PROGRAMS += t/fuzz/fuzz_body.t
t_fuzz_fuzz_body_t_SOURCES = t/fuzz/fuzz_body.c $(MIXER_SETUP) $(FUZZ_MAIN)
if FUZZER
t_fuzz_fuzz_body_t_SOURCES += $(TAP)
endif
t_fuzz_fuzz_body_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
t_fuzz_fuzz_body_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_body.t
EXTRA_DIST += t/fuzz/body
check_PROGRAMS += t/unit/body_fax.t
t_unit_body_fax_t_SOURCES = t/unit/body_fax.c $(MIXER_SETUP) $(TAP)
t_unit_body_fax_t_CPPFLAGS = $(AM_CPPFLAGS) $(TIFF_CFLAGS)
t_unit_body_fax_t_LDADD = $(LIBS_MIXER) $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/body_fax.t
# Every row of err.def in the languages of both sides; t/lint/errors.t holds each against the test that meets it.
check_PROGRAMS += t/unit/errors.t
t_unit_errors_t_SOURCES = t/unit/errors.c $(MIXER_SETUP) $(TAP)
t_unit_errors_t_LDADD = $(LIBS_ALL)
TESTS += t/unit/errors.t
EXTRA_DIST += t/vectors/errors.tsv
