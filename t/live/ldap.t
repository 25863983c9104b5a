#!/bin/sh
# ldap.t - mapping rules and users in LDAP (RFC 2164, 2294) and users in a file: a real slapd with etc/directory, and servers
# that go wrong.  A-240 .. A-249, A-016.
. "${srcdir:-.}/t/lib/tap.sh"
. "${srcdir:-.}/t/lib/servers.sh"
skip_unless_root_and slapd slapadd ldapmodify openssl perl
dir=$(mktemp -d /tmp/mixgate-ldap.XXXXXX)
bad=
cleanup() {
    server_stop "$dir/ldap"
    [ -z "$bad" ] || kill "$bad" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
base='ou=MIXER MCGAMs,o=test'

# conf LINES of mapping.ldap, LINES of mapping.users, SOURCES
conf() {
    cat >"$dir/mixgate.conf" <<CONF
local = { mta_name = "MIXGATE"; domain = "gw.example"; gdi = "/PRMD=MIXGATE/ADMD=ACME/C=GB/"; or_address = "/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"; };
mapping = { sources = ${3:-[\"ldap\"]}; ldap = { bases = ["$base"]; $1 }; users = { ${2:-} }; };
log = { target = "stderr"; };
CONF
}
addr() { "$builddir/mixgate" addr --config "$dir/mixgate.conf" --explain "$@" 2>"$dir/stderr"; }
mapped() { addr "$@" >"$dir/out"; sed -n 's/^  \(x400\|rfc822\): //p' "$dir/out"; }
to() { is "$1" "$(mapped "$2")" "$3"; }
refused() { mapped "$2" >/dev/null; like "$1" "$(cat "$dir/out" "$dir/stderr")" "$3"; }
within() { # within SECONDS TEXT ADDRESS REGEX
    begin=$(date +%s)
    refused "$2" "$3" "$4"
    took=$(($(date +%s) - begin))
    ok "... within $1 s (took $took)" test "$took" -le "$1"
}
modify() { ldapmodify -x -H "$LDAPI" -D cn=admin,o=test -w secret >"$dir/modify.log" 2>&1 || diag "$(cat "$dir/modify.log")"; }

# a CA, a good certificate and one of nobody
{
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout "$dir/ca.key" -out "$dir/ca.pem"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other-ca -keyout "$dir/other.key" -out "$dir/other.pem"
    openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout "$dir/server.key" -out "$dir/server.csr"
    echo 'subjectAltName = IP:127.0.0.1' >"$dir/ext"
    openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 -extfile "$dir/ext" -out "$dir/server.pem"
} >"$dir/openssl.log" 2>&1 || diag "$(cat "$dir/openssl.log")"
LDAPS_PORT=$(free_port)
SLAPD_URLS="ldaps://127.0.0.1:$LDAPS_PORT/"
SLAPD_CONF="TLSCACertificateFile $dir/ca.pem
TLSCertificateFile $dir/server.pem
TLSCertificateKeyFile $dir/server.key"
ok "slapd takes the schema and the tree" slapd_start "$dir/ldap" "$srcdir/etc/directory/mcgam.ldif" || { cat "$dir/ldap/log"; done_testing; exit 1; }
conf "uri = \"ldap://127.0.0.1:$LDAP_PORT\";"
gw=/PRMD=MIXGATE/ADMD=ACME/C=GB/

# ---- rules
to "A-243: RFC 2164's example" Doe@isode.com "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/"
like "... and where that came from" "$(cat "$dir/out")" 'ldap:DC=isode,DC=com,CN=RFC 822 to X\.400,ou=MIXER MCGAMs,o=test'
to "A-241: longest match by matchedDN" Doe@a.b.isode.com "/S=Doe/OU=a/O=b/PRMD=Isode/ADMD=Mailnet/C=FI/"
to "A-243: a gateway below a mapping" Doe@x.smtp.isode.com "/RFC-822=Doe(a)x.smtp.isode.com/O=gw/PRMD=Isode/ADMD=Mailnet/C=FI/"
to "A-244: an omitted level" Doe@omit.example "/S=Doe/OU=lab/PRMD=uni/ADMD= /C=XA/"
to "an entry without a rule, no parent with one" Doe@nobody.example "/RFC-822=Doe(a)nobody.example/O=gw$gw"
to "no entry at all" Doe@nobody.invalid "/RFC-822=Doe(a)nobody.invalid/O=gw$gw"
to "A-242: O/R address to domain" "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/" "Doe@isode.com"
to "A-242: with a label below" "/S=Doe/O=lab/PRMD=Isode/ADMD=Mailnet/C=FI/" "Doe@lab.isode.com"
to "A-011: an entry without a rule passes on to its parent" "/S=Doe/O=Sales/PRMD=Isode/ADMD=Mailnet/C=FI/" "Doe@Sales.isode.com"
to "A-244: an omitted level in the tree" "/S=Doe/OU=lab/PRMD=uni/ADMD= /C=XA/" "Doe@omit.example"
to "A-242, A-168: gate 1, of several always the same" "/S=Doe/PRMD=other/ADMD=Mailnet/C=FI/" "/S=Doe/PRMD=other/ADMD=Mailnet/C=FI/@gw1.mailnet.example"
to "A-249: the numeric country is an alias" "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=246/" "Doe@isode.com"
like "special characters of names (RFC 4514)" "$(mapped '/S=Doe/O=a, b + (c)/PRMD=Isode/ADMD=Mailnet/C=FI/')" '@isode\.com$'

like "table query names the entry" "$("$builddir/mixgate" table query --config "$dir/mixgate.conf" PRMD\$Isode.ADMD\$Mailnet.C\$FI 2>&1)" '^mapping1 +used +3 .*isode\.com#  \(ldap:PRMD=Isode,ADMD=Mailnet,C=FI,CN=X\.400 to RFC 822'

# ---- several bases, missing bases
{
    printf 'dn: ou=second,o=test\nchangetype: add\nobjectClass: organizationalUnit\nou: second\n\n'
    for s in 'RFC 822 to X.400' 'X.400 to RFC 822'; do printf 'dn: cn=%s,ou=second,o=test\nchangetype: add\nobjectClass: organizationalRole\ncn: %s\n\n' "$s" "$s"; done
    p='cn=RFC 822 to X.400,ou=second,o=test'
    printf 'dn: dc=com,%s\nchangetype: add\nobjectClass: rFC822ToX400Mapping\ndc: com\n\n' "$p"
    printf 'dn: dc=isode,dc=com,%s\nchangetype: add\nobjectClass: rFC822ToX400Mapping\ndc: isode\n\n' "$p"
    printf 'dn: dc=lab,dc=isode,dc=com,%s\nchangetype: add\nobjectClass: rFC822ToX400Mapping\ndc: lab\nassociatedORAddress: PRMD=Second,ADMD=Mailnet,C=FI\n\n' "$p"
} | modify
sed -i "s/bases = .*MCGAMs,o=test\"\]/bases = [\"$base\", \"ou=second,o=test\"]/" "$dir/mixgate.conf"
to "A-245: the longest match of all bases" Doe@lab.isode.com "/S=Doe/PRMD=Second/ADMD=Mailnet/C=FI/"
to "A-245: the only match of all bases" Doe@isode.com "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/"
sed -i 's/ou=second,o=test/ou=missing,o=test/' "$dir/mixgate.conf"
refused "a subtree that is not there is no answer" Doe@isode.com 'No such object'

# ---- what may be wrong in an entry
conf "uri = \"$LDAPI\";"
to "ldapi" Doe@isode.com "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/"
printf 'dn: dc=bad,dc=com,cn=RFC 822 to X.400,%s\nchangetype: add\nobjectClass: rFC822ToX400Mapping\ndc: bad\nassociatedORAddress: cn=somebody,o=test\n\n' "$base" | modify
refused "a name that is no O/R name: no answer, never a wrong mapping" Doe@bad.com 'LDAP entry is wrong'
printf 'dn: dc=both,dc=com,cn=RFC 822 to X.400,%s\nchangetype: add\nobjectClass: rFC822ToX400Mapping\ndc: both\nassociatedORAddress: C=XA\nassociatedX400Gateway: /C=XA/ADMD= /\n\n' "$base" | modify
refused "A-243: a mapping and a gateway" Doe@both.com 'has a mapping and a gateway'
printf 'dn: dc=text,dc=com,cn=RFC 822 to X.400,%s\nchangetype: add\nobjectClass: rFC822ToX400Mapping\ndc: text\nassociatedX400Gateway: no address\n\n' "$base" | modify
refused "A-243: a gateway that is no O/R address" Doe@text.com 'is no O/R address'
printf 'dn: dc=ref,dc=com,cn=RFC 822 to X.400,%s\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\ndc: ref\nref: ldap://127.0.0.1:%s/dc=ref,dc=com\n\n' "$base" "$LDAP_PORT" | modify
refused "referrals are not followed" Doe@ref.com 'LDAP directory'

# ---- users
conf "uri = \"$LDAPI\";" "ldap_base = \"ou=people,o=test\"; validated = [\"x400.example\", \"/PRMD=WIDGET/ADMD=ACME/C=GB/\"];" '["text"]'
to "a user, mail to O/R address" jo.doe@x400.example "/G=Jo/S=Doe/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/"
like "... and where that came from" "$(cat "$dir/out")" 'ldap:cn=Jo Doe,ou=people,o=test'
to "case does not count" JO.Doe@X400.Example "/G=Jo/S=Doe/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/"
to "O/R address to mail" "/g=jo/S=DOE/O=Sales/PRMD=widget/ADMD=acme/C=gb/" "jo.doe@x400.example"
to "an O/R address written otherwise in the directory: mail to O/R" ann@users.example "/G=Ann/S=Smith/PRMD=WIDGET/ADMD=ACME/C=GB/"
refused "an unknown user of a validated domain" nobody@x400.example 'no such user'
refused "an unknown user of a validated O/R domain" "/S=nobody/PRMD=WIDGET/ADMD=ACME/C=GB/" 'no such user'
to "another domain" nobody@users.example "/RFC-822=nobody(a)users.example/O=gw$gw"
like "as originator the rules hold" "$(mapped --role originator nobody@x400.example)" '/RFC-822=nobody\(a\)x400\.example/'
for a in '*@x400.example' 'a)(mail=*@x400.example' 'jo\\2edoe@x400.example' 'x*)(objectClass=*@x400.example'; do
    refused "nothing gets into the filter: $a" "$a" 'no such user|not a mail address'
done
printf 'dn: cn=Twin,ou=people,o=test\nchangetype: add\nobjectClass: person\nobjectClass: mixgateUser\ncn: Twin\nsn: Twin\nmail: jo.doe@x400.example\nmhsORAddresses: /S=Twin/PRMD=WIDGET/ADMD=ACME/C=GB/\n\n' | modify
refused "two entries with one address are no answer" jo.doe@x400.example 'have the same address'
printf 'dn: cn=Twin,ou=people,o=test\nchangetype: delete\n\n' | modify

# Our functions must not take the place of liblber's, which has a ber_put_boolean too.
is "no function of ours is in the way of libldap" "$(nm -D --defined-only "$builddir/mixgated" | grep -c ' [TDB] ber_')" 0

# ---- users of a file
cat >"$dir/users" <<'USERS'
!version 1
# comment
jo.doe@x400.example#/G=File/S=Doe/PRMD=WIDGET/ADMD=ACME/C=GB/# size=20M bodies=ia5,ftbp
first@f.example#/S=F/PRMD=WIDGET/ADMD=ACME/C=GB/#
second@f.example#/S=F/PRMD=WIDGET/ADMD=ACME/C=GB/#
USERS
conf "uri = \"$LDAPI\";" "files = [\"$dir/users\"]; ldap_base = \"ou=people,o=test\";" '["text"]'
to "the file comes before LDAP" jo.doe@x400.example "/G=File/S=Doe/PRMD=WIDGET/ADMD=ACME/C=GB/"
like "... file and line" "$(cat "$dir/out")" 'users:3'
to "what the file has not, LDAP has" ann@users.example "/G=Ann/S=Smith/PRMD=WIDGET/ADMD=ACME/C=GB/"
to "of two mail addresses the first" "/S=f/PRMD=WIDGET/ADMD=ACME/C=GB/" "first@f.example"
to "the second leads there too" second@f.example "/S=F/PRMD=WIDGET/ADMD=ACME/C=GB/"
for line in 'no sharps' 'a@b#/S=x/#' 'a@b#nothing#' 'a b@c#/S=x/PRMD=p/ADMD=a/C=GB/#' 'a@b#/S=x/PRMD=p/ADMD=a/C=GB/# size=x' 'first@f.example#/S=x/PRMD=p/ADMD=a/C=GB/#'; do
    { cat "$dir/users"; echo "$line"; } >"$dir/wrong"
    conf "uri = \"$LDAPI\";" "files = [\"$dir/wrong\"];" '["text"]'
    refused "a wrong line is an error with its number: $line" a@b 'wrong:6: '
done

# ---- TLS, bind
conf "uri = \"ldaps://127.0.0.1:$LDAPS_PORT\"; ca_file = \"$dir/ca.pem\";"
to "ldaps" Doe@isode.com "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/"
conf "uri = \"ldaps://127.0.0.1:$LDAPS_PORT\"; ca_file = \"$dir/other.pem\";"
refused "ldaps: nobody vouches for the certificate" Doe@isode.com 'LDAP directory'
conf "uri = \"ldap://127.0.0.1:$LDAP_PORT\"; ca_file = \"$dir/ca.pem\"; starttls = true;"
to "StartTLS" Doe@isode.com "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/"
conf "uri = \"ldap://127.0.0.1:$LDAP_PORT\"; ca_file = \"$dir/other.pem\"; starttls = true;"
refused "StartTLS: nobody vouches for the certificate" Doe@isode.com 'StartTLS'
conf "uri = \"ldap://127.0.0.1:$LDAP_PORT\"; ca_file = \"$dir/none.pem\"; starttls = true;"
refused "a CA file that is not there" Doe@isode.com 'ca_file'
echo secret >"$dir/password"
conf "uri = \"$LDAPI\"; bind_dn = \"cn=admin,o=test\"; password_file = \"$dir/password\";"
to "bind with a password" Doe@isode.com "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/"
echo wrong >"$dir/password"
refused "a wrong password" Doe@isode.com 'bind: Invalid credentials'
: >"$dir/password"
refused "an empty password is no anonymous bind" Doe@isode.com 'password_file is empty'
conf "uri = \"$LDAPI\"; bind_dn = \"cn=admin,o=test\"; password_file = \"$dir/nonexistent\";"
refused "a password file that is not there" Doe@isode.com 'password file'
conf 'uri = "http://127.0.0.1";'
refused "no LDAP URI" Doe@isode.com 'no LDAP URI'

# ---- servers that go wrong (reliability, table F 106)
with() {
    [ -z "$bad" ] || { kill "$bad"; wait "$bad" 2>/dev/null; }
    rm -f "$dir/port"
    perl "$srcdir/t/lib/mute.pl" "$1" >"$dir/port" &
    bad=$!
    wait_for 5 test -s "$dir/port"
}
with mute
conf "uri = \"ldap://127.0.0.1:$(cat "$dir/port")\"; timeout = 2;"
within 3 "A-016: a mute server" Doe@isode.com 'no answer from the LDAP directory'
conf "uri = \"ldap://127.0.0.1:$(cat "$dir/port")\"; timeout = 2; starttls = true;"
within 3 "a mute server, StartTLS" Doe@isode.com 'no answer from the LDAP directory'
conf "uri = \"ldaps://127.0.0.1:$(cat "$dir/port")\"; timeout = 2;"
within 4 "a mute server, ldaps" Doe@isode.com 'no answer from the LDAP directory'
with noise
conf "uri = \"ldap://127.0.0.1:$(cat "$dir/port")\"; timeout = 2;"
within 3 "noise" Doe@isode.com 'no answer from the LDAP directory'
with drip
conf "uri = \"ldap://127.0.0.1:$(cat "$dir/port")\"; timeout = 2;"
within 3 "a message of 2 GB, an octet a second" Doe@isode.com 'no answer from the LDAP directory'
server_stop "$dir/ldap"
conf "uri = \"ldap://127.0.0.1:$LDAP_PORT\"; timeout = 2;"
within 1 "nobody listens" Doe@isode.com "Can't contact LDAP server"
ok "slapd is back" slapd_again "$dir/ldap"
to "... and answers" Doe@isode.com "/S=Doe/PRMD=Isode/ADMD=Mailnet/C=FI/"
done_testing
