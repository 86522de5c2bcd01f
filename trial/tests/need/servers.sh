#!/usr/bin/env bash
# Starts somebody else's S3 server for a test: servers.sh <ceph|garage|s3s> <empty folder>.
#
# Says `ready <port> <key id> <secret> <region>` once it serves and has a bucket named `region`, and ends everything when its
# standard input ends, so that nothing outlives the test that started it. Loopback only, free ports, nothing outside the folder.
set -u
kind=$1
home=$2
server=${SERVER:-}
bucket=region
started=()
cd "$home" || exit 1
mkdir -p log

end() { kill -9 "${started[@]}" 2>/dev/null; wait 2>/dev/null; }
trap end EXIT
fail() { echo "failed $*"; exit 1; }
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
start() { local name=$1; shift; "$@" >"log/$name.out" 2>&1 & started+=($!); }
# until <tries> <command...>: every tenth of a second.
until_holds() { local tries=$1; shift; for _ in $(seq "$tries"); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1; }
answers() { curl -s -o /dev/null "http://127.0.0.1:$1/"; }
make_bucket() {
    local status
    status=$(curl -s -o log/bucket.out -w '%{http_code}' --aws-sigv4 "aws:amz:$region:s3" --user "$id:$secret" -H "x-amz-content-sha256: $no_body" -X PUT "http://127.0.0.1:$port/$bucket")
    [ "$status" = 200 ] || fail "the bucket: $status"
}

id=GK0123456789abcdef01234567
secret=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
no_body=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
region=us-east-1
port=$(free)

ceph_conf() {
    local mon_2 mon_1
    mon_2=$(free)
    mon_1=$(free)
    mon_at="[v2:127.0.0.1:$mon_2,v1:127.0.0.1:$mon_1]"
    fsid=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p mon osd rgw run
    cat >ceph.conf <<CONF
[global]
fsid = $fsid
run dir = $home/run
admin socket = $home/run/\$name.asok
pid file = $home/run/\$name.pid
log file = $home/log/\$name.log
mon host = $mon_at
keyring = $home/keyring
auth allow insecure global id reclaim = false
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data = $home/mon
mon data avail crit = 1
mon data avail warn = 1
osd data = $home/osd
osd objectstore = memstore
memstore device bytes = 1073741824
[osd]
keyring = $home/osd/keyring
[client]
rgw data = $home/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw run sync thread = false
rgw enable usage log = false
rgw gc max objs = 8
rgw lc max objs = 4
CONF
}

# A monitor, one storage daemon that keeps all in memory, and the gateway. WHY cephx: without keys the gateway of 16.2 never connects.
ceph_up() {
    export CEPH_CONF=$home/ceph.conf
    ceph_conf
    monmaptool --create --fsid "$fsid" --addv x "$mon_at" --set-min-mon-release 16 monmap
    ceph-authtool --create-keyring keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
    ceph-authtool --create-keyring mon.keyring --gen-key -n mon. --cap mon 'allow *'
    ceph-authtool mon.keyring --import-keyring keyring
    ceph-authtool --create-keyring osd/keyring --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
    ceph-mon -i x --mkfs --keyring mon.keyring --monmap monmap
    start mon ceph-mon -i x -f
    until_holds 200 timeout 5 ceph --connect-timeout 3 mon stat || fail "the monitor"
    local uuid
    uuid=$(cat /proc/sys/kernel/random/uuid)
    ceph osd new "$uuid"
    ceph auth add osd.0 -i osd/keyring
    ceph osd require-osd-release pacific --yes-i-really-mean-it
    ceph-osd -i 0 --mkfs --osd-uuid "$uuid" --monmap monmap
    start osd ceph-osd -i 0 -f
    timeout 60 radosgw-admin user create --uid=epic --display-name=epic --access-key="$id" --secret-key="$secret" || fail "the user"
    start rgw radosgw -n client.admin -f
    until_holds 600 answers "$port" || fail "the gateway"
    make_bucket
}

garage_up() {
    local rpc admin node
    rpc=$(free)
    admin=$(free)
    cat >garage.toml <<CONF
metadata_dir = "$home/meta"
data_dir = "$home/data"
db_engine = "lmdb"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:$rpc"
rpc_public_addr = "127.0.0.1:$rpc"
rpc_secret = "$secret"
[s3_api]
s3_region = "$region"
api_bind_addr = "127.0.0.1:$port"
[admin]
api_bind_addr = "127.0.0.1:$admin"
CONF
    garage() { "$server" -c garage.toml "$@"; }
    start garage "$server" -c garage.toml server
    until_holds 200 garage status || fail "garage"
    node=$(garage node id -q | cut -d@ -f1)
    garage layout assign -z here -c 1G "$node"
    garage layout apply --version 1
    garage key import --yes -n epic "$id" "$secret"
    garage bucket create "$bucket"
    garage bucket allow --read --write --owner "$bucket" --key epic
    until_holds 200 answers "$port" || fail "garage's S3"
}

s3s_up() {
    mkdir -p data
    start s3s "$server" --host 127.0.0.1 --port "$port" --access-key "$id" --secret-key "$secret" data
    until_holds 200 answers "$port" || fail "s3s-fs"
    make_bucket
}

"${kind}_up" >log/up.out 2>&1 || fail "$(tail -n 1 log/up.out)"
echo "ready $port $id $secret $region"
cat >/dev/null
