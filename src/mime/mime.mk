noinst_LIBRARIES += src/mime/libmime.a
src_mime_libmime_a_SOURCES = \
	src/mime/address.c \
	src/mime/codec.c src/mime/codec.h \
	src/mime/compose.c src/mime/digest.c src/mime/digest.h \
	src/mime/date.c \
	src/mime/field.c src/mime/field.h \
	src/mime/guard.c src/mime/guard.h \
	src/mime/mime.h \
	src/mime/msgid.c \
	src/mime/param.c src/mime/param.h \
	src/mime/parse.c \
	src/mime/second.c src/mime/second.h \
	src/mime/structure.c src/mime/structure.h \
	src/mime/word.c \
	src/mime/write.c
src_mime_libmime_a_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS)

check_PROGRAMS += t/unit/mime_parse.t
t_unit_mime_parse_t_SOURCES = t/unit/mime_parse.c $(TAP)
t_unit_mime_parse_t_LDADD = $(LIBS_MIME) $(LIBS_BASE)
TESTS += t/unit/mime_parse.t
EXTRA_DIST += t/vectors/mime

check_PROGRAMS += t/unit/mime_values.t
t_unit_mime_values_t_SOURCES = t/unit/mime_values.c $(TAP)
t_unit_mime_values_t_LDADD = $(LIBS_MIME) $(LIBS_BASE)
TESTS += t/unit/mime_values.t

check_PROGRAMS += t/unit/mime_write.t
t_unit_mime_write_t_SOURCES = t/unit/mime_write.c $(TAP)
t_unit_mime_write_t_LDADD = $(LIBS_MIME) $(LIBS_BASE)
TESTS += t/unit/mime_write.t

check_PROGRAMS += t/fuzz/fuzz_mime.t t/fuzz/fuzz_mime_fields.t
t_fuzz_fuzz_mime_t_SOURCES = t/fuzz/fuzz_mime.c $(FUZZ_MAIN)
t_fuzz_fuzz_mime_t_LDADD = $(LIBS_MIME) $(LIBS_BASE)
t_fuzz_fuzz_mime_t_LDFLAGS = $(FUZZ_LINK)
t_fuzz_fuzz_mime_fields_t_SOURCES = t/fuzz/fuzz_mime_fields.c $(FUZZ_MAIN)
t_fuzz_fuzz_mime_fields_t_LDADD = $(LIBS_MIME) $(LIBS_BASE)
t_fuzz_fuzz_mime_fields_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_mime.t t/fuzz/fuzz_mime_fields.t
EXTRA_DIST += t/fuzz/mime t/fuzz/mime_fields

check_PROGRAMS += t/unit/mime_hostile.t
t_unit_mime_hostile_t_SOURCES = t/unit/mime_hostile.c $(TAP)
t_unit_mime_hostile_t_LDADD = $(LIBS_MIME) $(LIBS_BASE)
TESTS += t/unit/mime_hostile.t

check_PROGRAMS += t/unit/mime_gmime.t
t_unit_mime_gmime_t_SOURCES = t/unit/mime_gmime.c $(TAP)
t_unit_mime_gmime_t_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS)
t_unit_mime_gmime_t_LDADD = $(LIBS_MIME) $(LIBS_BASE)
TESTS += t/unit/mime_gmime.t
