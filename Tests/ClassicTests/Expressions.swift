/// Filters of every kind that pcap-filter(7) knows and that need no live device.
enum Expressions {
    static let primitives = [
        "", "ip", "ip6", "arp", "rarp", "tcp", "udp", "icmp", "icmp6", "igmp", "sctp", "esp", "ah", "pim", "vrrp",
        "carp", "igrp", "atalk", "aarp", "decnet", "iso", "stp", "ipx", "netbeui", "lat", "moprc", "mopdl", "clnp",
        "esis", "isis", "csnp", "psnp", "llc", "llc u", "llc s", "llc i", "llc rr", "llc sabme", "l1", "l2", "iih",
        "lsp", "snp",
        "host 10.0.0.1", "src host 10.0.0.1", "dst host 10.0.0.1", "host 2001:db8::1", "src host 2001:db8::1",
        "dst 2001:db8::2", "ip host 10.0.0.2", "arp host 10.0.0.1", "rarp host 10.0.0.1",
        "ether host 02:00:00:00:00:01", "ether src 02:00:00:00:00:01", "ether dst 02:00:00:00:00:02",
        "ether broadcast", "ether multicast", "ip multicast", "ip6 multicast", "broadcast", "multicast",
        "net 10.0.0.0/24", "src net 10.0.0.0/24", "dst net 10.0.0.0/24",
        "net 10.0.0.0 mask 255.255.0.0",
        "net 2001:db8::/32", "src net 2001:db8::/33", "dst net 2001:db8::/120", "port 80", "src port 80",
        "dst port 80", "tcp port 80", "udp port 53", "sctp port 80", "tcp src port 80", "udp dst port 53",
        "portrange 50-90", "src portrange 50-90", "tcp dst portrange 79-81", "udp portrange 53-54", "ip proto 6",
        "ip proto \\tcp", "ip6 proto 17", "proto 6",
        "ether proto 0x88cc", "ether proto \\ip", "ether proto 0x0800", "ether proto 100", "less 64", "greater 100",
        "vlan", "vlan 5",
        "vlan and tcp", "vlan 5 and vlan 6", "vlan and vlan and ip", "vlan and host 10.0.0.1", "vlan and ip6",
        "mpls", "mpls 100", "mpls 100 and mpls 200", "mpls and ip", "mpls and tcp port 80", "pppoed", "pppoes",
        "pppoes and ip", "pppoes 1 and tcp port 80", "geneve", "geneve 5", "vlan and mpls", "vlan and pppoes and ip6",
        "ip[0] & 0xf != 5", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "tcp[tcpflags] == tcp-syn",
        "tcp[13] & 2 != 0 and tcp[13] & 16 == 0", "icmp[icmptype] == icmp-echo", "icmp[icmpcode] = 0",
        "icmp6[icmp6type] = icmp6-echo", "ip6[6] = 6", "udp[4:2] > 20", "ether[0] & 1 = 0",
        "ether[12:2] = 0x0800", "ether[6:4] = 0x02000000", "ip[2:2] - ((ip[0] & 0xf) << 2) > 20", "len > 60",
        "len - 14 = ip[2:2]", "len % 2 = 0", "len / 7 > 9", "len * 3 - 1 & 1 = 1", "len ^ 0x55 > 70",
        "len | 1 = len", "len << 2 > 240", "len >> 3 = 8", "-len < 5", "ether[len - 1] = 0",
        "ether[len - 4:4] != 0", "ether[ether[14] & 0xf] = 0", "tcp[(tcp[12] >> 4) << 2:4] = 0x47455420",
        "ip[ip[0] & 0xf : 2] > 3", "100 / (len - 60) > 1", "100 % ether[13] > 1", "len << (ether[13] & 63) > 0",
        "len >> ether[15] = 0", "ether[20000] = 0", "ether[40000:4] != 1", "ether[65533:2] = 0",
        "ether[70000] = 0", "ether[len * 1000] = 1", "ip[8] < 64", "0x10 = ether[14] & 0xf0", "1 = 1",
        "ip[6:2] & 0x1fff = 0", "ip6[40] = 0x00", "igmp[0] = 0x11", "arp[6:2] = 1", "rarp[6:2] = 3",
        "link[0] = 2", "(ip[12:4] & 0xffffff00) = 0x0a000000", "sctp[0:2] = 80", "ether[14:4] * ether[18:4] > 5",
    ]

    static let combinations = [
        "tcp port 80 and host 10.0.0.1", "not tcp port 80", "not (host 10.0.0.1 or host 10.0.0.2)",
        "tcp or udp or icmp", "ip and not tcp and not udp", "(tcp port 80 or tcp port 443) and not src net 10.0.0.0/24",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 10.0.0.0/8",
        "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
        "icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply", "not vlan", "vlan or ip", "not ip6",
        "ip6 and udp port 53", "not arp and not port 53", "ether[0] & 1 = 0 and ip[16] >= 224",
        "(src host 10.0.0.1 and dst port 80) or (src port 80 and dst host 10.0.0.1)", "host 10.0.0.1 and host 10.0.0.2",
        "ether src 02:00:00:00:00:01 and (ip or ip6)", "len > 60 and len < 80 or portrange 1-100",
        "(vlan 5 and tcp port 80) or (vlan 6 and udp)", "not (tcp and not (port 80 or port 22))",
        "ip proto 6 and ip[6:2] & 0x3fff != 0", "udp and udp[0:2] = udp[2:2]",
        "(ether[14] + ether[15] * ether[16] - ether[17]) % (1 + ether[18]) > (len & 7)",
        "((ether[0] + ether[1]) * (ether[2] + ether[3])) / ((ether[4] | 1) + (ether[5] & 15)) != (ether[6] ^ ether[7])",
        "(((ether[0]-ether[1])-(ether[2]-ether[3]))-((ether[4]-ether[5])-(ether[6]-ether[7]))) > 1000",
    ]

    /// Long ones: many ports, addresses and networks.
    static let long = [
        (1...80).map { "port \($0 * 7)" }.joined(separator: " or "),
        (1...45).map { "host 10.0.\($0).\($0 * 3 % 250)" }.joined(separator: " or "),
        (1...20).map { "(src net 10.\($0).0.0/16 and tcp dst port \($0))" }.joined(separator: " or "),
        (1...25).map { "not (tcp port \($0) and host 10.0.0.\($0))" }.joined(separator: " and "),
        (1...20).map { "ip6 host 2001:db8::\($0)" }.joined(separator: " or "),
        (0...45).map { "ether[\($0)] != \(250 - $0)" }.joined(separator: " and "),
        (1...30).map { "tcp[\($0)] = ip[\($0)]" }.joined(separator: " or "),
    ]

    static let all = primitives + combinations + long
}
