noinst_LIBRARIES += src/dir/libdir.a
src_dir_libdir_a_SOURCES = \
	src/dir/dir.c src/dir/dir.h \
	src/dir/directory.c src/dir/directory.h \
	src/dir/dns.c src/dir/dns.h \
	src/dir/ldap_value.c src/dir/ldap_value.h \
	src/dir/px_answer.c src/dir/px_answer.h \
	src/dir/rule.h \
	src/dir/users.c src/dir/users.h

LIVE_TESTS += t/live/dns.t t/live/ldap.t t/live/directory.t
EXTRA_DIST += t/live/dns.t t/live/ldap.t t/live/directory.t etc/directory/mixgate.schema etc/directory/mcgam.ldif mappings/users t/lib/mute.pl t/live/dns.zone t/lib/badns.pl t/lib/servers.sh etc/directory/px.zone

check_PROGRAMS += t/unit/dir_values.t
t_unit_dir_values_t_SOURCES = t/unit/dir_values.c $(TAP)
t_unit_dir_values_t_LDADD = $(LIBS_DIR) $(LIBS_BASE)
TESTS += t/unit/dir_values.t
check_PROGRAMS += t/unit/dir_dns.t
t_unit_dir_dns_t_SOURCES = t/unit/dir_dns.c $(TAP)
t_unit_dir_dns_t_LDADD = $(LIBS_DIR) $(LIBS_BASE)
TESTS += t/unit/dir_dns.t

check_PROGRAMS += t/fuzz/fuzz_dns.t t/fuzz/fuzz_ldap.t
t_fuzz_fuzz_dns_t_SOURCES = t/fuzz/fuzz_dns.c $(FUZZ_MAIN)
t_fuzz_fuzz_dns_t_LDADD = $(LIBS_DIR) $(LIBS_BASE)
t_fuzz_fuzz_dns_t_LDFLAGS = $(FUZZ_LINK)
t_fuzz_fuzz_ldap_t_SOURCES = t/fuzz/fuzz_ldap.c $(FUZZ_MAIN)
t_fuzz_fuzz_ldap_t_LDADD = $(LIBS_DIR) $(LIBS_BASE)
t_fuzz_fuzz_ldap_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_dns.t t/fuzz/fuzz_ldap.t
EXTRA_DIST += t/fuzz/dns t/fuzz/ldap
check_PROGRAMS += t/fuzz/fuzz_users.t
t_fuzz_fuzz_users_t_SOURCES = t/fuzz/fuzz_users.c $(FUZZ_MAIN)
t_fuzz_fuzz_users_t_LDADD = $(LIBS_DIR) $(LIBS_BASE)
t_fuzz_fuzz_users_t_LDFLAGS = $(FUZZ_LINK)
FUZZ_SEEDED_TESTS += t/fuzz/fuzz_users.t
EXTRA_DIST += t/fuzz/users
