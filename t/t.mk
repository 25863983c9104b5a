# Tests speak TAP; prove t/ and make check run the same files.  A module's tests stand in its own fragment
# (src/addr/addr.mk: check_PROGRAMS += t/unit/addr_text.t ...); here is what they share.
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' ; export srcdir builddir ;
TAP = t/lib/tap.c t/lib/tap.h
EXTRA_DIST += t/lib/tap.c t/lib/tap.h
