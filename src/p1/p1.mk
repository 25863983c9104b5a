noinst_LIBRARIES += src/p1/libp1.a
src_p1_libp1_a_SOURCES = \
	src/p1/apdu.c src/p1/p1.h \
	src/p1/attributes.c src/p1/attributes.h \
	src/p1/bodypart.c src/p1/bodypart.h \
	src/p1/bodypart_media.c src/p1/bodypart_media.h \
	src/p1/content.c src/p1/content.h \
	src/p1/delivery.c src/p1/delivery.h \
	src/p1/directory_name.c \
	src/p1/downgrade.c src/p1/downgrade.h \
	src/p1/envelope.c src/p1/envelope.h \
	src/p1/extensions.c src/p1/extensions.h \
	src/p1/external.c src/p1/external.h \
	src/p1/filetransfer.c src/p1/filetransfer.h \
	src/p1/flatten.c src/p1/flatten.h \
	src/p1/heading.c src/p1/heading.h \
	src/p1/heading_extensions.c src/p1/heading_extensions.h \
	src/p1/names.c src/p1/names.h \
	src/p1/notification.c src/p1/notification.h \
	src/p1/psap.c src/p1/psap.h \
	src/p1/report.c src/p1/report.h \
	src/p1/trace.c src/p1/trace.h \
	src/p1/values.c src/p1/values.h

EXTRA_DIST += t/vectors/p1
check_PROGRAMS += t/unit/p1_vectors.t
t_unit_p1_vectors_t_SOURCES = t/unit/p1_vectors.c $(TAP)
t_unit_p1_vectors_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/p1_vectors.t

EXTRA_DIST += t/fuzz/p1
check_PROGRAMS += t/fuzz/fuzz_p1.t
t_fuzz_fuzz_p1_t_SOURCES = t/fuzz/fuzz_p1.c $(FUZZ_MAIN)
t_fuzz_fuzz_p1_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
t_fuzz_fuzz_p1_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_p1.t

EXTRA_DIST += t/fuzz/p22
check_PROGRAMS += t/fuzz/fuzz_p22.t
t_fuzz_fuzz_p22_t_SOURCES = t/fuzz/fuzz_p22.c $(FUZZ_MAIN)
t_fuzz_fuzz_p22_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
t_fuzz_fuzz_p22_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_p22.t

check_PROGRAMS += t/unit/p1_whole.t
t_unit_p1_whole_t_SOURCES = t/unit/p1_whole.c $(TAP)
t_unit_p1_whole_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/p1_whole.t

# Runs p1_whole.t and p1_vectors.t itself.
TESTS += t/golden/p1-tshark.t
EXTRA_DIST += t/golden/p1-tshark.t

check_PROGRAMS += t/unit/p1_limits.t
t_unit_p1_limits_t_SOURCES = t/unit/p1_limits.c $(TAP)
t_unit_p1_limits_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/p1_limits.t

check_PROGRAMS += t/unit/p1_forms.t
t_unit_p1_forms_t_SOURCES = t/unit/p1_forms.c $(TAP)
t_unit_p1_forms_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/p1_forms.t

# REL-048 to REL-067; make check-long runs it with P1_HOSTILE_ALL=1.
check_PROGRAMS += t/unit/p1_hostile.t
t_unit_p1_hostile_t_SOURCES = t/unit/p1_hostile.c $(TAP)
t_unit_p1_hostile_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/p1_hostile.t

check_PROGRAMS += t/unit/p1_relay.t
t_unit_p1_relay_t_SOURCES = t/unit/p1_relay.c $(TAP)
t_unit_p1_relay_t_LDADD = $(LIBS_P1) $(LIBS_BASE)
TESTS += t/unit/p1_relay.t
