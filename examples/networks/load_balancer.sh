#!/usr/bin/env bash
# A load balancer: examples/xdp_load_balancer.c spreads connections to 10.77.0.100 over two servers, which answer
# directly; a learning bridge carries the rest.
#
#     sudo examples/networks/load_balancer.sh
. "$(dirname "$0")/lab.sh"

heading "A client and two servers that both have 10.77.0.100"
mkdir -p build/lab/server1 build/lab/server2
head -c 16M /dev/urandom >build/lab/file
start_lab
host client 02:00:00:00:00:01 10.77.0.1/24
for n in 1 2; do
    host "server$n" "02:00:00:00:01:0$n" "10.77.0.1$n/24"
    on "server$n" ip addr add 10.77.0.100/32 dev lo
    # What is asked about the client is asked in the server's own name.
    on "server$n" sysctl -qw net.ipv4.conf.all.arp_announce=2
    ln -f build/lab/file "build/lab/server$n/file"
    echo "server $n" >"build/lab/server$n/index.html"
    on "server$n" python3 -m http.server 80 --directory "build/lab/server$n" >/dev/null 2>&1 &
    on "server$n" iperf3 --server >/dev/null &
    wait_until 10 on "server$n" curl --silent --output /dev/null http://10.77.0.100/ || die "no web server"
done

heading "A learning bridge, and the load balancer at the client's port"
run swale switch put lab
run swale program put bridge build/examples/learning_bridge.o
run swale program put balancer build/examples/xdp_load_balancer.o --set 'address=[10,77,0,100]' --set servers=2
run swale map update balancer.server 0 '{"mac": [2, 0, 0, 0, 1, 1], "unused": 0, "packets": 0}'
run swale map update balancer.server 1 '{"mac": [2, 0, 0, 0, 1, 2], "unused": 0, "packets": 0}'
for port in server1 server2; do run swale port put lab $port; done
run swale port put lab client --xdp balancer
run swale switch attach lab bridge

heading "Forty connections to one address"
for _ in $(seq 40); do on client curl --silent --fail --max-time 5 http://10.77.0.100/; done | sort | uniq -c | tee build/lab/spread
[ "$(wc -l <build/lab/spread)" = 2 ] || die "not both servers were asked"
says "connections that the balancer knows" 40 \
    sh -c "ip netns exec $lab $swale map dump --json balancer.flows | jq '.items | length'"

heading "The pool shrinks while transfers run: a new object keeps the tables, and connections their servers"
transfer() { on client curl --silent --fail --max-time 60 --limit-rate 6M http://10.77.0.100/file | cmp - build/lab/file; }
transfers=()
for _ in $(seq 8); do
    transfer &
    transfers+=($!)
done
sleep 0.5
run swale program put balancer build/examples/xdp_load_balancer.o --set 'address=[10,77,0,100]' --set servers=1
for _ in $(seq 5); do on client curl --silent --fail --max-time 5 http://10.77.0.100/; done | sort -u | tee build/lab/spread
[ "$(cat build/lab/spread)" = "server 1" ] || die "server 2 was asked, which is not in the pool"
for pid in "${transfers[@]}"; do wait "$pid" || die "a transfer broke"; done
echo "eight transfers of 16 MiB came whole"

# Not earlier: iperf3 makes two connections, which must meet the same server.
heading "What is left of the pool takes everything"
on client iperf3 --client 10.77.0.100 --time 2 --json >build/lab/iperf.json || die "$(jq -r .error build/lab/iperf.json)"
echo "iperf3: $(jq '.end.sum_received.bits_per_second / 1e9 * 100 | round / 100' build/lab/iperf.json) Gbit/s"
works "ping past the balancer" on client ping -c 2 -i 0.2 -W 2 10.77.0.12

for n in 0 1; do run swale map lookup balancer.server $n; done
