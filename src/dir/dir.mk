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
