import Glibc

/// SYN cookies for programs that answer SYNs by themselves. They are good for the process that made them.
enum CookieHelpers {
    static let entries = [
        HelperEntry(.tcpRawGenSyncookieIPv4, arguments: 3, price: .fixed(cost)) { call throws(Fault) in
            try generate(call, .ipv4)
        },
        HelperEntry(.tcpRawGenSyncookieIPv6, arguments: 3, price: .fixed(cost)) { call throws(Fault) in
            try generate(call, .ipv6)
        },
        HelperEntry(.tcpRawCheckSyncookieIPv4, arguments: 2, price: .fixed(cost)) { call throws(Fault) in
            try check(call, .ipv4)
        },
        HelperEntry(.tcpRawCheckSyncookieIPv6, arguments: 2, price: .fixed(cost)) { call throws(Fault) in
            try check(call, .ipv6)
        },
    ]

    private static let cost = 128
    private static let tcpHeader = 20

    /// `bpf_tcp_raw_gen_syncookie_ipv4(iph, th, th_len)`: the cookie in 32 bits, the MSS above.
    private static func generate(_ call: HelperCall, _ family: SYNCookie.Family) throws(Fault) -> UInt64 {
        let ip = try call.readable(1, bytes: family.headerBytes)
        let tcp = try call.readable(2, bytes: Int(call.u32(3)))
        guard tcp.count >= tcpHeader, tcp.count == Int(tcp[12] >> 4) * 4 else { return HelperCall.error(EINVAL) }
        let cookie = SYNCookie(family, ip, tcp)
        return cookie.make(mss: maximumSegment(UnsafeRawBufferPointer(rebasing: tcp[tcpHeader...])))
    }

    /// `bpf_tcp_raw_check_syncookie_ipv4(iph, th)`: whether the ACK answers a cookie.
    private static func check(_ call: HelperCall, _ family: SYNCookie.Family) throws(Fault) -> UInt64 {
        let ip = try call.readable(1, bytes: family.headerBytes)
        let tcp = try call.readable(2, bytes: tcpHeader)
        return SYNCookie(family, ip, tcp).isAcknowledged ? 0 : HelperCall.error(EACCES)
    }

    /// `TCP_MSS_DEFAULT`
    private static let defaultMSS: UInt16 = 536

    /// What the options of a SYN say.
    private static func maximumSegment(_ options: UnsafeRawBufferPointer) -> UInt16 {
        var mss: UInt16 = 0
        var index = 0
        while index < options.count {
            let kind = options[index]
            // End of the options, and padding.
            if kind == 0 { break }
            if kind == 1 {
                index += 1
                continue
            }
            guard index + 1 < options.count else { break }
            let size = Int(options[index + 1])
            guard size >= 2, index + size <= options.count else { break }
            if kind == 2, size == 4 {
                let value = UInt16(options[index + 2]) << 8 | UInt16(options[index + 3])
                if value != 0 { mss = value }
            }
            index += size
        }
        return mss == 0 ? defaultMSS : mss
    }
}

/// The cookie of a connection: its addresses and ports, the peer's sequence number, the minute and the MSS, hashed with a
/// secret. As Linux lays it out: 8 bits of the minute above 24 of a hash to which one of four MSSs is added.
struct SYNCookie {
    enum Family {
        case ipv4, ipv6

        var headerBytes: Int { self == .ipv4 ? 20 : 40 }
        var addresses: Range<Int> { self == .ipv4 ? 12..<20 : 8..<40 }

        /// MSSs that a cookie can hold, ascending.
        var sizes: [UInt16] { self == .ipv4 ? [536, 1300, 1440, 1460] : [1220, 1420, 1440, 8940] }
    }

    private let family: Family
    private let ip: UnsafeRawBufferPointer
    private let tcp: UnsafeRawBufferPointer

    private static let secret = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))
    private static let mask: UInt32 = 0xFF_FFFF
    /// Minutes for which a cookie is good: `MAX_SYNCOOKIE_AGE`.
    private static let mostAge: UInt32 = 2

    init(_ family: Family, _ ip: UnsafeRawBufferPointer, _ tcp: UnsafeRawBufferPointer) {
        self.family = family
        self.ip = ip
        self.tcp = tcp
    }

    private func word(_ offset: Int) -> UInt32 {
        UInt32(bigEndian: tcp.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    private var sequence: UInt32 { word(4) }
    private var acknowledgement: UInt32 { word(8) }

    private static var minute: UInt32 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt32(truncatingIfNeeded: time.tv_sec / 60)
    }

    private func hash(_ count: UInt32, _ part: UInt8) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(Self.secret.0)
        hasher.combine(Self.secret.1)
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: ip[family.addresses]))
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: tcp[0..<4]))
        hasher.combine(count)
        hasher.combine(part)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    func make(mss: UInt16) -> UInt64 {
        let sizes = family.sizes
        let index = sizes.lastIndex { $0 <= mss } ?? 0
        let minute = Self.minute
        let cookie =
            hash(0, 0) &+ sequence &+ minute << 24 &+ ((hash(minute, 1) &+ UInt32(index)) & Self.mask)
        return UInt64(cookie) | UInt64(sizes[index]) << 32
    }

    /// Whether this, an ACK, acknowledges a cookie that is not too old.
    var isAcknowledged: Bool {
        let cookie = acknowledgement &- 1 &- hash(0, 0) &- (sequence &- 1)
        let minute = Self.minute
        let age = (minute &- cookie >> 24) & 0xFF
        guard age < Self.mostAge else { return false }
        return (cookie &- hash(minute &- age, 1)) & Self.mask < UInt32(family.sizes.count)
    }
}
