noinst_LIBRARIES += src/sec/libsec.a
src_sec_libsec_a_SOURCES = src/sec/digest.c src/sec/digest.h
src_sec_libsec_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)

check_PROGRAMS += t/unit/sec_digest.t
t_unit_sec_digest_t_SOURCES = t/unit/sec_digest.c $(TAP)
t_unit_sec_digest_t_LDADD = $(LIBS_SEC) $(LIBS_BASE)
TESTS += t/unit/sec_digest.t
