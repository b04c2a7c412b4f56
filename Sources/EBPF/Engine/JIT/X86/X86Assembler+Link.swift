/// Machine code whose places are final.
struct LinkedX86Code {
    var bytes: [UInt8]
    /// Offset of each label; -1 of one that was never bound.
    var labels: [Int32]
    /// Offset and text of each instruction, in a listing.
    var lines: [(offset: Int32, text: String)]
}

extension X86Assembler {
    /// Rounds in which long jumps may turn out to be short.
    private static let rounds = 4

    /// Chooses the lengths of jumps and puts all in its place. Takes time in proportion to the code.
    mutating func link() -> LinkedX86Code {
        var starts = [Int32](repeating: 0, count: sites.count + 1)
        place(&starts)
        for _ in 0..<Self.rounds where shorten(starts) { place(&starts) }
        // Where code shrank, what is aligned may have moved away by as much as a line.
        while lengthen(starts) { place(&starts) }
        return write(starts)
    }

    /// For each site the bytes that the sites before it take.
    private mutating func place(_ starts: inout [Int32]) {
        var sum: Int32 = 0
        for index in sites.indices {
            starts[index] = sum
            if sites[index].kind == .alignment {
                let missing = -(sites[index].position + sum) & 15
                sites[index].size = missing > 10 ? 0 : UInt8(missing)
            } else if sites[index].kind == .dataAlignment {
                sites[index].size = UInt8(-(sites[index].position + sum) & 15)
            }
            sum += Int32(sites[index].size)
        }
        starts[sites.count] = sum
    }

    @inline(__always)
    private func offset(_ place: Place, _ starts: [Int32]) -> Int32 { place.position + starts[Int(place.site)] }

    /// From the end of a site to its label.
    @inline(__always)
    private func distance(_ index: Int, _ starts: [Int32]) -> Int32 {
        let site = sites[index]
        return offset(labels[Int(site.label)], starts) - (site.position + starts[index] + Int32(site.size))
    }

    private mutating func shorten(_ starts: [Int32]) -> Bool {
        var changed = false
        for index in sites.indices where sites[index].size > 2 {
            guard sites[index].kind == .jump || sites[index].kind == .conditionalJump else { continue }
            let target = labels[Int(sites[index].label)]
            var distance = distance(index, starts)
            if sites[index].kind == .jump, target.position == sites[index].position, target.site == index + 1 {
                sites[index].size = 0
                changed = true
                continue
            }
            // Backward, the jump's own length is part of the way.
            if distance < 0 { distance += Int32(sites[index].size) - 2 }
            guard Int8(exactly: distance) != nil else { continue }
            sites[index].size = 2
            changed = true
        }
        return changed
    }

    private mutating func lengthen(_ starts: [Int32]) -> Bool {
        var changed = false
        for index in sites.indices where sites[index].size == 2 {
            guard sites[index].kind == .jump || sites[index].kind == .conditionalJump,
                Int8(exactly: distance(index, starts)) == nil
            else { continue }
            sites[index].size = sites[index].kind == .jump ? 5 : 6
            changed = true
        }
        return changed
    }

    private mutating func write(_ starts: [Int32]) -> LinkedX86Code {
        let count = buffer.count + Int(starts[sites.count])
        let tableStart = labels.isEmpty ? 0 : offset(labels[Int(table.number)], starts)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { output, written in
            buffer.withUnsafeBufferPointer { input in
                guard let to = output.baseAddress, let from = input.baseAddress else { return }
                var writer = LinkWriter(output: to)
                var done = 0
                for index in sites.indices {
                    let site = sites[index]
                    let position = Int(site.position)
                    writer.copy(from + done, position - done)
                    done = position
                    switch site.kind {
                    case .alignment: writer.nops(Int(site.size))
                    case .dataAlignment: for _ in 0..<site.size { writer.byte(0xCC) }
                    case .tableEntry: writer.int32(offset(labels[Int(site.label)], starts) - tableStart)
                    case .distance: writer.int32(distance(index, starts))
                    case .jump, .conditionalJump, .call: writer.jump(site, distance(index, starts))
                    }
                }
                writer.copy(from + done, input.count - done)
                written = writer.count
            }
        }
        return LinkedX86Code(
            bytes: bytes, labels: labels.map { $0.position < 0 ? -1 : offset($0, starts) },
            lines: (lines ?? []).map { (offset($0.place, starts), text($0, starts)) })
    }

    private func text(_ line: Line, _ starts: [Int32]) -> String {
        guard let target = line.target else { return line.text }
        let place = "0x" + String(offset(labels[Int(target)], starts), radix: 16)
        guard let mark = line.text.firstIndex(of: "@") else { return line.text + " " + place }
        return line.text[..<mark] + place + line.text[line.text.index(after: mark)...]
    }
}

/// Writes linked code into memory that is large enough.
private struct LinkWriter {
    let output: UnsafeMutablePointer<UInt8>
    var count = 0

    mutating func copy(_ from: UnsafePointer<UInt8>, _ bytes: Int) {
        (output + count).update(from: from, count: bytes)
        count += bytes
    }

    mutating func byte(_ byte: UInt8) {
        output[count] = byte
        count += 1
    }

    mutating func int32(_ value: Int32) {
        for shift in stride(from: 0, to: 32, by: 8) { byte(UInt8(truncatingIfNeeded: value >> Int32(shift))) }
    }

    mutating func jump(_ site: X86Assembler.Site, _ distance: Int32) {
        if site.size == 2 {
            byte(site.kind == .jump ? 0xEB : 0x70 | site.condition.rawValue)
            byte(UInt8(truncatingIfNeeded: distance))
        } else if site.size > 2 {
            switch site.kind {
            case .call: byte(0xE8)
            case .jump: byte(0xE9)
            default:
                byte(0x0F)
                byte(0x80 | site.condition.rawValue)
            }
            int32(distance)
        }
    }

    /// `nop` of up to 10 bytes, as the manual recommends them.
    mutating func nops(_ bytes: Int) {
        guard bytes > 0 else { return }
        let prefixes = max(bytes - 8, 0)
        for _ in 0..<prefixes { byte(0x66) }
        let forms: [[UInt8]] = [
            [0x90], [0x66, 0x90], [0x0F, 0x1F, 0x00], [0x0F, 0x1F, 0x40, 0], [0x0F, 0x1F, 0x44, 0, 0],
            [0x66, 0x0F, 0x1F, 0x44, 0, 0], [0x0F, 0x1F, 0x80, 0, 0, 0, 0], [0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0],
        ]
        for part in forms[bytes - prefixes - 1] { byte(part) }
    }
}
