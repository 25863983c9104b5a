# house.sh - the whole house on loopback, for live tests, quickstart and bench; sourced.
#
#   house_start DIR     a private Postfix, mixgated, the milter and a P1 sink, each in DIR, on free ports
#   house_stop          stops them by pid; the folder stays (house_destroy removes it)
#
# alice@mail.example has a mailbox behind Postfix.  x400.example is X.400: /PRMD=WIDGET/ADMD=ACME/C=GB/, served by the sink,
# which stands for the peer MTA "SINK".  The gateway is gw.example, MTA name "MIXGATE".
# Read: HOUSE_MIXGATED (arguments for mixgated), HOUSE_SINK (arguments for the sink), HOUSE_CONF (lines for mixgate.conf),
# HOUSE_MILTER (for its milter group), HOUSE_PEER (lines for the peer), HOUSE_FILTER (a milter in front of ours), PF_MILTER_AFTER (one behind it),
# HOUSE_MTA (postfix or sendmail: the script here that runs it), PF_* of that script.
# Set: HOUSE, P1_PORT, LMTP_PORT, SCREEN_PORT, CARRY_PORT, MILTER_PORT, SINK_PORT, SUBMIT_PORT, and the variables of $HOUSE/pf/env.

house_bin=${builddir:-.}
house_lib=${srcdir:-.}/t/lib
house_mta=${HOUSE_MTA:-postfix}

house_ports() {
    perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0) or die $! } 1 .. shift;
        print join(" ", map { $_->sockport } @s)' "$1"
}

# house_wait PORT SECONDS: until something listens there (read from /proc: a connection would be an event for it).
house_wait() {
    perl -e 'my ($p, $s) = @ARGV; my $end = time + $s; my $hex = sprintf ":%04X", $p;
        for (;;) { for my $f ("/proc/net/tcp", "/proc/net/tcp6") { open my $h, "<", $f or next; while (<$h>) { my @w = split; exit 0 if $w[1] =~ /$hex$/ && $w[3] eq "0A" } }
            exit 1 if time > $end; select undef, undef, undef, 0.03 }' "$1" "${2:-10}"
}

house_tables() {
    mkdir -p "$HOUSE/tables"
    echo 'PRMD$WIDGET.ADMD$ACME.C$GB#x400.example#' >"$HOUSE/tables/mapping1"
    echo 'x400.example#PRMD$WIDGET.ADMD$ACME.C$GB#' >"$HOUSE/tables/mapping2"
    {
        echo 'PRMD$WIDGET.ADMD$ACME.C$GB : peer=sink'
        echo 'PRMD$MIXGATE.ADMD$ACME.C$GB : smtp'
        echo 'default : smtp'
    } >"$HOUSE/tables/routes"
}

house_conf() {
    house_carry=
    [ -z "${CARRY_PORT:-}" ] || house_carry="carry = \"inet:$CARRY_PORT@127.0.0.1\";"
    cat <<CONF
local = { mta_name = "MIXGATE"; domain = "gw.example"; gdi = "/PRMD=MIXGATE/ADMD=ACME/C=GB/"; or_address = "/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"; };
listen = { host = "127.0.0.1"; port = $P1_PORT; };
lmtp = { socket = "inet:$LMTP_PORT@127.0.0.1"; screen = "inet:$SCREEN_PORT@127.0.0.1"; $house_carry spooldir = "$HOUSE/spool"; workers = ${HOUSE_WORKERS:-4}; trusted = ["127.0.0.0/8"]; };
milter = { socket = "inet:$MILTER_PORT@127.0.0.1"; trusted = ["127.0.0.0/8"]; ${HOUSE_MILTER:-} };
smtp_out = { host = "127.0.0.1"; port = $PF_REINJECT_PORT; };
peers = ( { name = "sink"; host = "127.0.0.1"; port = $SINK_PORT; rmta = "SINK"; ${HOUSE_PEER:-} } );
routes = "$HOUSE/tables/routes";
mapping = { compiled = "$HOUSE/tables.tbl"; or2rfc = ["$HOUSE/tables/mapping1"]; rfc2or = ["$HOUSE/tables/mapping2"]; };
journal = { path = "$HOUSE/journal.db"; };
archive = { dir = "$HOUSE/archive"; };
log = { target = "stderr"; level = "info"; };
${HOUSE_CONF:-}
CONF
}

# house_spawn NAME COMMAND...: in the background, output to $HOUSE/NAME.log, pid to $HOUSE/NAME.pid
house_spawn() {
    name=$1
    shift
    "$@" >>"$HOUSE/$name.log" 2>&1 &
    echo $! >"$HOUSE/$name.pid"
}

house_kill() {
    pid=$(cat "$HOUSE/$1.pid" 2>/dev/null) || return 0
    kill "${2:--TERM}" "$pid" 2>/dev/null
    i=0
    while kill -0 "$pid" 2>/dev/null && [ $i -lt 200 ]; do
        sleep 0.05
        i=$((i + 1))
    done
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    rm -f "$HOUSE/$1.pid"
}

house_mixgated() {
    # shellcheck disable=SC2086 # arguments are words
    house_spawn mixgated "$house_bin/mixgated" --config "$HOUSE/mixgate.conf" --foreground ${HOUSE_MIXGATED:-}
    house_wait "$P1_PORT" && house_wait "$LMTP_PORT"
}

house_sink() {
    # shellcheck disable=SC2086
    house_spawn sink "$house_bin/mixgate-sink" -d "$HOUSE/sink" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ --report-to "127.0.0.1:$P1_PORT" ${HOUSE_SINK:-} "127.0.0.1:$SINK_PORT"
    house_wait "$SINK_PORT"
}

house_start() {
    HOUSE=$1
    # shellcheck disable=SC2046 # six numbers
    set -- $(house_ports 6)
    P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 CARRY_PORT=$6
    mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
    chmod 755 "$HOUSE"
    house_tables
    PF_MILTER="${HOUSE_FILTER:-}${HOUSE_FILTER:+ }inet:127.0.0.1:$MILTER_PORT" \
        PF_TRANSPORT="x400.example lmtp:inet:127.0.0.1:$LMTP_PORT
.x400.example lmtp:inet:127.0.0.1:$LMTP_PORT
gw.example lmtp:inet:127.0.0.1:$LMTP_PORT
${PF_TRANSPORT:-}" sh "$house_lib/$house_mta.sh" create "$HOUSE/pf" || return 1
    . "$HOUSE/pf/env"
    SUBMIT_PORT=$PF_SUBMIT_PORT
    house_conf >"$HOUSE/mixgate.conf"
    sh "$house_lib/$house_mta.sh" start "$HOUSE/pf" || return 1
    house_mixgated || return 1
    house_sink || return 1
    house_spawn milter "$house_bin/mixgate-milter" --config "$HOUSE/mixgate.conf" --foreground
    house_wait "$MILTER_PORT"
}

house_stop() {
    set +e # a server that is gone already must not keep the others alive
    sh "$house_lib/$house_mta.sh" stop "$HOUSE/pf"
    house_kill milter
    house_kill mixgated
    house_kill sink
}

house_destroy() {
    house_stop
    rm -rf "$HOUSE"
}

# Files the sink has written, messages of alice.
house_sunk() { find "$HOUSE/sink" -name '*.p1' | wc -l; }
house_mails() { find "$PF_MAIL/$1/new" -type f 2>/dev/null | wc -l; }
# house_until SECONDS COMMAND...
house_until() {
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# house_small DIR: no Postfix and no milter: an SMTP server that keeps what it is given in $HOUSE/captured (mta.pl), and the
# settings; what else a test wants it starts itself, and house_small_destroy ends it.
house_small() {
    HOUSE=$1
    # shellcheck disable=SC2046 # seven numbers
    set -- $(house_ports 7)
    P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6 CARRY_PORT=$7
    mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
    house_tables
    : >"$HOUSE/captured"
    house_smtpd
    house_conf >"$HOUSE/mixgate.conf"
}

house_smtpd() {
    house_spawn smtpd perl "$house_lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
    house_wait "$PF_REINJECT_PORT"
}

# house_gate [SED]: mixgated anew, with the settings that the sed script makes of the usual ones
house_gate() {
    house_kill mixgated
    : >"$HOUSE/mixgated.log"
    house_conf | sed "${1:-}" >"$HOUSE/mixgate.conf"
    house_mixgated
}

house_small_destroy() {
    for f in "$HOUSE"/*.pid; do
        [ ! -f "$f" ] || house_kill "$(basename "$f" .pid)"
    done
    rm -rf "$HOUSE"
}

house_logged() { grep -qE -- "$1" "$HOUSE/mixgated.log"; }
