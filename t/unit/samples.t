#!/bin/sh
# samples.t - etc/mixgate.conf and all of mappings/ load as they are, and with every commented line put into force.
. "${srcdir:-.}/t/lib/tap.sh"
dir=$(mktemp -d /tmp/mixgate-samples.XXXXXX)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/var"
mixgate=${builddir:-.}/mixgate
adapt() { sed -e "s,/etc/mixgate,$dir,g; s,/var/lib/mixgate,$dir/var,g"; }

adapt <"$srcdir/etc/mixgate.conf" >"$dir/mixgate.conf"
cp "$srcdir"/mappings/* "$dir"
run_ok "the sample loads" "$mixgate" check --config "$dir/mixgate.conf"
run_ok "and mixgated takes it" "${builddir:-.}/mixgated" --check --config "$dir/mixgate.conf"
run_ok "and the milter" "${builddir:-.}/mixgate-milter" --check --config "$dir/mixgate.conf"
like "with one peer and no routes everything goes there" "$("$mixgate" addr --config "$dir/mixgate.conf" Jo.Doe@lab.sales.x400.example)" 'route: peer viat'
is "the address that mapping2 promises" \
    "$("$mixgate" addr --config "$dir/mixgate.conf" Jo.Doe@lab.sales.x400.example | sed -n 's/^  x400: //p')" \
    "/G=Jo/S=Doe/OU=lab/O=sales/PRMD=Example Org/ADMD= /C=XA/"
is "the address that mapping1 promises" \
    "$("$mixgate" addr --config "$dir/mixgate.conf" '/G=Jo/S=Doe/O=sales/PRMD=Example Org/ADMD= /C=XA/' | sed -n 's/^  rfc822: //p')" \
    Jo.Doe@sales.x400.example

# Commented settings have a "=", commented rules a "#" at their end or a ":".
echo first >"$dir/viat.ours"
echo second >"$dir/viat.theirs"
sed -E 's/^( *)# ([a-z0-9_]+ = )/\1\2/' "$dir/mixgate.conf" >"$dir/full.conf"
sed -E -i 's/name = "viat";/name = "net";/' "$dir/full.conf"
for table in gate1 gate2 routes; do
    sed -E 's/^# (([A-Z]+\$|[a-z.]+#|default : rej).*)/\1/' "$srcdir/mappings/$table" >"$dir/$table"
    ok "$table has a rule to put into force" grep -Eq '^[^#!]' "$dir/$table"
done
out=$("$mixgate" check --config "$dir/full.conf" 2>&1)
is "the full sample has nothing to complain about" "$out" "$dir/full.conf: good, 0 warnings"
like "gate1 is used" "$("$mixgate" addr --config "$dir/full.conf" '/S=Doe/PRMD=Far/ADMD=Net/C=XB/')" 'rfc822: .*@gateway\.example'
like "gate2 is used" "$("$mixgate" addr --config "$dir/full.conf" jo@partner.example)" 'x400: .*/O=gateway/PRMD=Partner/ADMD= /C=XB/'
like "a route to a peer" "$("$mixgate" addr --config "$dir/full.conf" '/S=Doe/PRMD=Far/ADMD=Net/C=XB/')" 'route: peer net \('
like "a route that refuses" "$("$mixgate" addr --config "$dir/full.conf" Doe@closed.x400.example)" 'route: reject 5\.1\.2 this organisation'
is "mail for Internet users goes to the mail side" \
    "$("$mixgate" addr --config "$dir/full.conf" '/RFC-822=jo(a)mail.example/PRMD=EXAMPLE/ADMD= /C=DE/' | sed -n 's/^  route: \([a-z]*\).*/\1/p')" smtp
sed -i '/: smtp$/d' "$dir/routes"
like "without its line mixgate check says what will happen" "$("$mixgate" check --config "$dir/full.conf" 2>&1)" \
    '^warning: routes:[0-9]+: rejects our own O/R address .*: smtp'
echo 'jo@mail.example#/S=Jo/PRMD=EXAMPLE/ADMD= /C=DE/# size=5000 bodies=ia5,ftbp' >"$dir/users"
sed "s|^mapping = {|mapping = { users = { files = [\"$dir/users\"]; };|" "$dir/mixgate.conf" >"$dir/users.conf"
like "mixgate addr says what a user takes" "$("$mixgate" addr --config "$dir/users.conf" jo@mail.example)" '^  takes: 5000 octets; ia5, ftbp \(users:1\)$'
done_testing
