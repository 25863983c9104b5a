# servers.sh - a real name server and a real LDAP server on loopback, each in a folder of its own; sourced after tap.sh.
#
#   nsd_start DIR ZONEFILE...      the files together are the root zone; NSD_PORT is set.  broken.test has no data: SERVFAIL
#   slapd_start DIR LDIF...        schema of etc/directory; LDAP_PORT, LDAPI (ldapi:// URI) are set; SLAPD_CONF: more lines
#   server_stop DIR                by pid
PATH=$PATH:/usr/sbin:/sbin

free_port() {
    perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0) or die $!; print $s->sockport'
}

# until_listening PORT SECONDS: something listens there, TCP.
until_listening() {
    perl -MIO::Socket::INET -e 'my $end = time + $ARGV[1]; do { exit 0 if IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]);
        select undef, undef, undef, 0.05 } while time < $end; exit 1' "$1" "${2:-10}"
}

nsd_start() {
    nsd_dir=$1
    shift
    mkdir -p "$nsd_dir"
    cat "$@" >"$nsd_dir/root.zone"
    NSD_PORT=$(free_port)
    cat >"$nsd_dir/nsd.conf" <<CONF
server:
    ip-address: 127.0.0.1
    port: $NSD_PORT
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "$nsd_dir"
    database: ""
    pidfile: "$nsd_dir/pid"
    logfile: "$nsd_dir/log"
    zonelistfile: "$nsd_dir/zone.list"
    xfrdfile: "$nsd_dir/xfrd.state"
    xfrdir: "$nsd_dir"
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "root.zone"
zone:
    name: "broken.test"
    zonefile: "there-is-none.zone"
CONF
    nsd -c "$nsd_dir/nsd.conf" || return 1
    until_listening "$NSD_PORT"
}

slapd_start() {
    slapd_dir=$1
    shift
    mkdir -p "$slapd_dir/db"
    LDAP_PORT=$(free_port)
    LDAPI="ldapi://$(echo "$slapd_dir/sock" | sed 's,/,%2F,g')"
    cat >"$slapd_dir/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include $srcdir/etc/directory/mixgate.schema
pidfile $slapd_dir/pid
moduleload back_mdb
modulepath /usr/lib/ldap
${SLAPD_CONF:-}
database mdb
maxsize 1073741824
suffix "o=test"
directory $slapd_dir/db
rootdn "cn=admin,o=test"
rootpw secret
index objectClass,mail,mhsORAddresses eq
${SLAPD_DB_CONF:-}
CONF
    for ldif in "$@"; do
        slapadd -q -f "$slapd_dir/slapd.conf" -l "$ldif" >>"$slapd_dir/log" 2>&1 || return 1
    done
    slapd_again "$slapd_dir"
}

# slapd_again DIR: once more, on the same port and data.
slapd_again() {
    slapd -f "$1/slapd.conf" -h "ldap://127.0.0.1:$LDAP_PORT/ $LDAPI ${SLAPD_URLS:-}" >>"$1/log" 2>&1 || return 1
    until_listening "$LDAP_PORT"
}

server_stop() {
    server_pid=$(cat "$1/pid" 2>/dev/null) || return 0
    kill "$server_pid" 2>/dev/null
    server_tries=0
    while kill -0 "$server_pid" 2>/dev/null && [ $server_tries -lt 100 ]; do
        sleep 0.05
        server_tries=$((server_tries + 1))
    done
    kill -KILL "$server_pid" 2>/dev/null
    rm -f "$1/pid"
}
