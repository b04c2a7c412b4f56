/// Machine code whose places are final.
struct LinkedARM64Code {
    /// Empty where a jump does not reach its target.
    var bytes: [UInt8]
    /// Offset of each label; -1 of one that was never bound.
    var labels: [Int32]
    /// Offset and text of each instruction, in a listing.
    var lines: [(offset: Int32, text: String)]
}

extension ARM64Assembler {
    /// Distances in words that a conditional jump and a jump reach.
    private static let conditionalReach: Range<Int32> = -(1 << 18)..<(1 << 18)
    private static let reach: Range<Int32> = -(1 << 25)..<(1 << 25)

    /// Makes two of jumps that are too short and puts all in its place.
    func link() -> LinkedARM64Code {
        var isFar = [Bool](repeating: false, count: sites.count)
        var starts = [Int32](repeating: 0, count: sites.count + 1)
        // A jump that became two may take others out of reach; none ever shrinks.
        while widen(&isFar, starts) { place(isFar, &starts) }
        let tableStart = labels.isEmpty ? 0 : offset(labels[Int(table.number)], starts)
        var words: [UInt32] = []
        words.reserveCapacity(buffer.count + Int(starts[sites.count]))
        var done = 0
        var isWithin = true
        for index in sites.indices {
            let site = sites[index]
            let position = Int(site.position)
            words.append(contentsOf: buffer[done..<position])
            let word = buffer[position]
            let distance = distance(index, starts)
            done = position + 1
            switch site.kind {
            case .jump:
                isWithin = isWithin && Self.reach.contains(distance)
                words.append(word | UInt32(bitPattern: distance) & 0x03FF_FFFF)
            case .conditionalJump where isFar[index]:
                isWithin = isWithin && Self.reach.contains(distance - 1)
                words.append(Self.inverse(word) | 2 << 5)
                words.append(0x1400_0000 | UInt32(bitPattern: distance - 1) & 0x03FF_FFFF)
            case .conditionalJump:
                words.append(word | (UInt32(bitPattern: distance) & 0x7FFFF) << 5)
            case .distance:
                // From the instruction in front of this one.
                let bytes = UInt32(bitPattern: (distance + 1) * 4)
                words.append(word | (bytes & 0xFFFF) << 5)
                words.append(buffer[position + 1] | (bytes >> 16) << 5)
                done += 1
            case .tableEntry:
                let target = offset(labels[Int(site.label)], starts)
                words.append(UInt32(bitPattern: (target - tableStart) * 4))
            }
        }
        words.append(contentsOf: buffer[done...])
        return LinkedARM64Code(
            bytes: isWithin ? Self.bytes(words) : [],
            labels: labels.map { $0.position < 0 ? -1 : offset($0, starts) * 4 },
            lines: (lines ?? []).map { (offset($0.place, starts) * 4, text($0, starts)) })
    }

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.withUnsafeBytes { Array($0) }
    }

    /// The jump under the opposite condition, without its distance.
    private static func inverse(_ word: UInt32) -> UInt32 {
        word >> 24 == 0x54 ? word ^ 1 : word ^ 1 << 24
    }

    /// For each site the words that were added before it.
    private func place(_ isFar: [Bool], _ starts: inout [Int32]) {
        var sum: Int32 = 0
        for index in sites.indices {
            starts[index] = sum
            if isFar[index] { sum += 1 }
        }
        starts[sites.count] = sum
    }

    @inline(__always)
    private func offset(_ place: Place, _ starts: [Int32]) -> Int32 { place.position + starts[Int(place.site)] }

    /// From a site to its label.
    @inline(__always)
    private func distance(_ index: Int, _ starts: [Int32]) -> Int32 {
        offset(labels[Int(sites[index].label)], starts) - (sites[index].position + starts[index])
    }

    private func widen(_ isFar: inout [Bool], _ starts: [Int32]) -> Bool {
        guard buffer.count + Int(starts[sites.count]) > Self.conditionalReach.upperBound else { return false }
        var changed = false
        for index in sites.indices where sites[index].kind == .conditionalJump && !isFar[index] {
            guard !Self.conditionalReach.contains(distance(index, starts)) else { continue }
            isFar[index] = true
            changed = true
        }
        return changed
    }

    private func text(_ line: Line, _ starts: [Int32]) -> String {
        guard let target = line.target else { return line.text }
        return line.text + " 0x" + String(offset(labels[Int(target)], starts) * 4, radix: 16)
    }
}
