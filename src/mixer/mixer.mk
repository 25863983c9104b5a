noinst_LIBRARIES += src/mixer/libmixer.a
src_mixer_libmixer_a_SOURCES = src/mixer/mixer.h src/mixer/parts.h
# messages: heading, envelope, trace
src_mixer_libmixer_a_SOURCES += src/mixer/address.c src/mixer/envelope.c src/mixer/envelope_822.c src/mixer/forms.c src/mixer/forms.h \
	src/mixer/heading.c src/mixer/heading_822.c src/mixer/ids.c src/mixer/rows.h src/mixer/rules.c src/mixer/trace.c src/mixer/translate.c
# reports, bodies, notifications
src_mixer_libmixer_a_SOURCES += src/mixer/status.c src/mixer/dsn.c src/mixer/dsn.h src/mixer/report_822.c src/mixer/report_x400.c \
	src/mixer/body_822.c src/mixer/body_x400.c src/mixer/body_text.c src/mixer/body_text.h src/mixer/body_types.c src/mixer/body_types.h \
	src/mixer/notification.c src/mixer/own_dsn.c
EXTRA_DIST += t/vectors/mixer/status.tsv
check_PROGRAMS += t/unit/mixer_status.t
t_unit_mixer_status_t_SOURCES = t/unit/mixer_status.c $(TAP)
t_unit_mixer_status_t_LDADD = $(LIBS_MIXER) $(LIBS_BASE)
TESTS += t/unit/mixer_status.t
