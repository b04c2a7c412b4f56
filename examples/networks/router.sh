#!/usr/bin/env bash
# A router between two networks, IPv4 and IPv6: examples/xdp_router.c at both ports, routes and neighbours from the FIB.
#
#     sudo examples/networks/router.sh
. "$(dirname "$0")/lab.sh"

heading "Two networks with a host each"
start_lab
host left 02:00:00:00:00:01 10.1.0.2/24
host right 02:00:00:00:00:02 10.2.0.2/24
n=0
for side in left right; do
    ((++n))
    on $side ip -6 addr add "fd00:$n::2/64" dev eth0 nodad
    on $side ip route add default via "10.$n.0.1"
    on $side ip -6 route add default via "fd00:$n::1"
done
on right python3 -m http.server 80 --directory examples >/dev/null 2>&1 &
on right iperf3 --server >/dev/null &
wait_until 10 on right curl --silent --output /dev/null http://10.2.0.2/ || die "no web server"

heading "The router at both ports"
api=http://127.0.0.1:8080/v1
run swale switch put lab
run swale program put router build/examples/xdp_router.o
n=0
for side in left right; do
    ((++n))
    run swale port put lab $side --xdp router
    port=$(in_lab curl --silent $api/switches/lab/ports/$side)
    run swale map update router.interfaces "$(jq -r .status.ifindex <<<"$port")" \
        "{\"mac\": $(jq .status.mac <<<"$port"), \"unused\": [0, 0], \"address\": \"10.$n.0.1\", \"address6\": \"fd00:$n::1\"}"
    put=(run curl --silent --show-error --fail-with-body --output /dev/null -X PUT)
    "${put[@]}" $api/fib/routes/$side-4 --json "{\"prefix\": \"10.$n.0.0/24\", \"port\": \"lab/$side\"}"
    "${put[@]}" $api/fib/routes/$side-6 --json "{\"prefix\": \"fd00:$n::/64\", \"port\": \"lab/$side\"}"
    for address in "10.$n.0.2" "fd00:$n::2"; do
        "${put[@]}" "$api/fib/neighbours/$side-${address//[.:]/-}" \
            --json "{\"address\": \"$address\", \"mac\": \"02:00:00:00:00:0$n\", \"port\": \"lab/$side\"}"
    done
done

heading "Pings"
works "to the router" on left ping -c 2 -i 0.2 -W 2 10.1.0.1
works "to the router, IPv6" on left ping -c 2 -i 0.2 -W 2 fd00:1::1
works "through it" on left ping -c 2 -i 0.2 -W 2 10.2.0.2
works "through it, IPv6" on left ping -c 2 -i 0.2 -W 2 fd00:2::2
works "through it, the other way" on right ping -c 2 -i 0.2 -W 2 10.1.0.2
fails "to where there is no route" on left ping -c 1 -W 1 10.9.0.1
says "who says that time to live has ended" 10.1.0.1 \
    sh -c "ip netns exec $lab-left ping -c 1 -t 1 -W 2 -n 10.2.0.2 | sed -n 's/^From \([0-9.]*\).*exceeded/\1/p'"

heading "A page and a transfer"
works "the page" on left curl --silent --fail --max-time 5 --output /dev/null http://10.2.0.2/
for address in 10.2.0.2 fd00:2::2; do
    echo "iperf3 to $address: $(on left iperf3 --client "$address" --time 2 --json |
        jq '.end.sum_received.bits_per_second / 1e9 * 100 | round / 100') Gbit/s"
done

heading "What the router did"
run swale map dump --sum router.outcomes
[ "$(counter router.outcomes '"NO_ROUTE"')" -ge 1 ] || die "no packet was without a route"
run swale stats lab
