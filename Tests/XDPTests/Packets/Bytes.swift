import Glibc

// Keys, values and headers as bytes.

/// In the host's order, as C lays out numbers here.
func u16(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }
func u32(_ value: UInt32) -> [UInt8] { u16(UInt16(truncatingIfNeeded: value)) + u16(UInt16(value >> 16)) }
func u64(_ value: UInt64) -> [UInt8] { u32(UInt32(truncatingIfNeeded: value)) + u32(UInt32(value >> 32)) }

/// In network order.
func be16(_ value: UInt16) -> [UInt8] { u16(value.byteSwapped) }
func be32(_ value: UInt32) -> [UInt8] { u32(value.byteSwapped) }

func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

/// One behind the other.
func bytes(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap(\.self) }

/// `10.0.0.1`
func ip(_ text: String) -> [UInt8] { address(text, AF_INET, bytes: 4) }

/// `fd00::1`
func ip6(_ text: String) -> [UInt8] { address(text, AF_INET6, bytes: 16) }

private func address(_ text: String, _ family: Int32, bytes count: Int) -> [UInt8] {
    var bytes = zeros(count)
    precondition(inet_pton(family, text, &bytes) == 1, "\(text) is no address")
    return bytes
}

/// A host's address: `02:00:00:00:00:n`.
func mac(_ number: UInt8) -> [UInt8] { [2, 0, 0, 0, 0, number] }

let broadcast = [UInt8](repeating: 0xff, count: 6)
