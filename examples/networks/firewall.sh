#!/usr/bin/env bash
# A firewall between two hosts: examples/xdp_firewall.c at the port of the outside, a learning bridge behind it.
#
#     sudo examples/networks/firewall.sh
. "$(dirname "$0")/lab.sh"

heading "Two hosts"
start_lab
host outside 02:00:00:00:00:01 10.77.0.1/24
host inside 02:00:00:00:00:02 10.77.0.2/24
on inside python3 -m http.server 80 --directory examples >/dev/null 2>&1 &
on inside python3 -m http.server 8000 --directory examples >/dev/null 2>&1 &
on inside iperf3 --server >/dev/null &
wait_until 10 on inside curl --silent --output /dev/null http://10.77.0.2/ || die "no web server"
wait_until 10 on inside curl --silent --output /dev/null http://10.77.0.2:8000/ || die "no web server"

heading "A learning bridge, and the firewall in front of it"
run swale switch put lab
run swale program put bridge build/examples/learning_bridge.o
run swale program put firewall build/examples/xdp_firewall.o
run swale port put lab inside
run swale port put lab outside --xdp firewall
run swale switch attach lab bridge

heading "Nothing is open yet"
web() { on outside curl --silent --fail --max-time "${2:-1}" --output /dev/null "http://10.77.0.2:$1/"; }
works "ping" on outside ping -c 2 -i 0.2 -W 2 10.77.0.2
fails "a page from port 80" web 80

heading "Ports 80 and 5201 are opened"
run swale map update firewall.open '{"protocol": 6, "port": 80}' '{"packets": 0, "bytes": 0}'
run swale map update firewall.open '{"protocol": 6, "port": 5201}' '{"packets": 0, "bytes": 0}'
works "a page from port 80" web 80 5
fails "a page from port 8000" web 8000
echo "iperf3: $(on outside iperf3 --client 10.77.0.2 --time 2 --json |
    jq '.end.sum_received.bits_per_second / 1e9 * 100 | round / 100') Gbit/s"
says "connections that port 80 has had" 1 \
    sh -c "ip netns exec $lab $swale map lookup --json firewall.open '{\"protocol\": 6, \"port\": 80}' | jq -r .value.packets"

heading "A network is blocked"
run swale map update firewall.blocked '{"bits": 24, "address": [10, 77, 0, 0]}' 0
fails "ping" on outside ping -c 2 -i 0.2 -W 1 10.77.0.2
run swale map remove firewall.blocked '{"bits": 24, "address": [10, 77, 0, 0]}'
works "ping, after it was let go" on outside ping -c 2 -i 0.2 -W 2 10.77.0.2

heading "What the firewall did"
run swale map dump --sum firewall.outcomes
[ "$(counter firewall.outcomes '"CLOSED"' | jq -r .packets)" -ge 2 ] || die "no packet was dropped at a closed port"
run swale stats lab
