# etc: the sample configuration and service units; copied by hand, never installed over an admin's files.
EXTRA_DIST += etc/mixgate.conf etc/mixgated.service etc/mixgate-milter.service
