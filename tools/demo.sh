#!/usr/bin/env bash
# From nothing to a verified signature: a fresh sandbox in ./demo, an employee with a software phone, a
# signed file, and everything checked with openssl and offline. `./dev demo` builds first and calls this.
#
#   tools/demo.sh [--keep]     --keep: go on serving until Ctrl-C
#
# QSS_BIN: where the programs are (default: build/release/bin).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

keep=no
for argument in "$@"; do
    case $argument in
    --keep) keep=yes ;;
    *)
        echo "usage: tools/demo.sh [--keep]" >&2
        exit 2
        ;;
    esac
done

bin=$(readlink -f "${QSS_BIN:-build/release/bin}")
demo=$PWD/demo
data=$demo/data
qss=$bin/qss
email=anna.ozola@example.com
mobile=+37120000001
[ -x "$qss" ] || { echo "no $qss; build first: ./dev build" >&2; exit 1; }

step() { printf '\033[1m%2d. %s\033[0m\n' "$((++steps))" "$*"; }
steps=0
# The text member $1 of the JSON object on standard input.
member() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'; }
# Runs quietly; its output only if it fails.
quietly() {
    "$@" >"$demo/last.log" 2>&1 || {
        echo "failed: $*" >&2
        cat "$demo/last.log" >&2
        exit 1
    }
}

serve_pid= phone_pid=
stop() {
    for pid in $phone_pid $serve_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    phone_pid= serve_pid=
}
failed() { [ ! -f "$demo/serve.log" ] || tail -n 20 "$demo/serve.log" >&2; }
trap 'status=$?; [ $status -eq 0 ] || failed; stop; exit $status' EXIT
trap 'exit 130' INT TERM

if [ -e "$demo" ]; then
    [ -f "$demo/.made-by-qss-demo" ] || { echo "$demo is not of an earlier demo: it stays as it is" >&2; exit 1; }
    rm -rf "$demo"
fi
mkdir -m 0700 "$demo"
touch "$demo/.made-by-qss-demo"

ports=()
for port in 8443 8444 9090 8080; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then # somebody has it: take any
        ports=(--mtls-port 0 --tls-port 0 --health-port 0 --public-port 0)
    fi
done
step "A sandbox: root, issuing CA, officer, operator; each key is made inside its own process"
quietly "$qss" init "$data" --rsa-3072-pool 2 --rsa-4096-pool 1 "${ports[@]}"

step "The service: qss-sam, qss-ca, qss-ocsp, qss-tsa, qss-api and the sandbox's officer"
"$qss" serve --directory "$data" >"$demo/ready.log" 2>"$demo/serve.log" &
serve_pid=$!
for _ in $(seq 300); do
    grep -q ready "$demo/ready.log" && break
    kill -0 "$serve_pid" 2>/dev/null || { echo "qss serve has ended" >&2; exit 1; }
    sleep 0.1
done
grep -q ready "$demo/ready.log" || { echo "qss serve was not ready within 30 s" >&2; exit 1; }

step "An enterprise, its service pack (RSA-3072 keys) and an application's credential"
enterprise=$("$qss" --json --directory "$data" enterprise add --name "Example SIA" --country LV | member enterprise_id)
pack=$("$qss" --json --directory "$data" pack add --enterprise "$enterprise" --name "Contracts" | member pack_id)
quietly "$qss" --directory "$data" credential add --pack "$pack" --name "Demo application" --new-key \
    --output "$demo/cred.toml"

step "An employee: the application asks, the officer signs who she is, and sends her the invitation"
quietly "$qss" user add "$email" --credential "$demo/cred.toml" --given-name Anna --surname Ozola --mobile "$mobile" \
    --identity-number PNOLV-010180-12345

step "Her phone (in software): invitation, two one-time codes, device key and authenticator"
quietly "$qss" authenticator register --directory "$demo/phone" --sandbox "$data" --email "$email" --mobile "$mobile"
"$qss" authenticator run --directory "$demo/phone" --auto-approve >"$demo/phone.log" 2>&1 &
phone_pid=$!

step "Her signing key, made in qss-sam, and its certificate, issued by qss-ca on the SAM's attestation"
identity=("$qss" user identity "$email" --credential "$demo/cred.toml" --certificate "$demo/signer.pem"
    --ocsp "$demo/signer.ocsp" --chain "$demo/chain.pem")
for _ in $(seq 20); do # an RSA key is ready as soon as the pool has made one
    "${identity[@]}" >"$demo/last.log" 2>&1 && break
    sleep 0.5
done
quietly "${identity[@]}"

document=$demo/document.md
cp "$([ -f README.md ] && echo README.md || echo LICENSE)" "$document"
step "A signature: hashed here, approved on the phone, CAdES-B-B written beside the file"
quietly "$qss" sign "$document" --credential "$demo/cred.toml" --user "$email" --label "Demo document"

root=$data/pki/root.pem
step "openssl cms -verify: the signature holds up to the root"
quietly openssl cms -verify -cades -binary -inform DER -in "$document.p7s" -content "$document" -CAfile "$root" \
    -purpose any -out /dev/null
step "openssl verify -x509_strict: so does the certificate's chain"
quietly openssl verify -x509_strict -CAfile "$root" -untrusted "$data/pki/issuing.pem" "$demo/signer.pem"
step "openssl ocsp -respin: the responder says that the certificate is good"
quietly openssl ocsp -respin "$demo/signer.ocsp" -issuer "$data/pki/issuing.pem" -cert "$demo/signer.pem" \
    -CAfile "$root" -verify_other "$data/pki/issuing.pem" -no_nonce
grep -q ': good' "$demo/last.log" || { cat "$demo/last.log" >&2; exit 1; }
rp_id=$(sed -n 's/^ *rp_id *= *["'"'"']\(.*\)["'"'"'].*/\1/p' "$data/qss.toml")
step "qss evidence verify: offline, from the root alone"
"$qss" evidence verify "$document.evidence" --root "$root" --rp-id "$rp_id" | sed 's/^/      /'
rm -f "$demo/last.log"

cat <<TEXT

It works. $(sed -n '2,$p' "$demo/ready.log" | sed 's/^ */  /' | sed '1s/^/\n/')

  demo/document.md, .p7s, .evidence   the file, its signature, the evidence of the approval
  demo/signer.pem, signer.ocsp        her certificate and its status
  demo/cred.toml                      the application's credential (qss sign --credential demo/cred.toml …)
  demo/phone                          her phone (qss authenticator run --directory demo/phone)
  demo/data                           the service; demo/data/pki/root.pem is the root

TEXT
if [ "$keep" = yes ]; then
    echo "Serving until Ctrl-C; the phone approves by itself."
    wait "$serve_pid"
else
    echo "To go on: $(realpath --relative-to=. "$qss") serve --directory demo/data"
fi
