@testable import Engine

/// What the interpreter left, once it ran, and how another outcome differs.
final class ARM64Expectation {
    var trail = ARM64Run.Trail()
    var stack: [UInt8] = []

    /// Nil where the harness left the same.
    func difference(_ outcome: ARM64Batch.Outcome, _ space: ARM64Space, comparesStack: Bool) -> String? {
        if outcome.status != 0 { return "status \(outcome.status), expected \(trail.results)" }
        var pieces = outcome.pieces[...]
        let state = pieces.removeFirst()
        let faults = pieces.removeFirst()
        if comparesStack { pieces.removeFirst() }
        let frames = pieces.removeFirst()
        let results = pieces.removeFirst()
        for (index, expected) in trail.results.enumerated() {
            let place = index * MemoryLayout<RunResult>.stride
            let value = number(results, place + Int(NativeLayout.Result.value))
            let fault = Fault(rawValue: results[place + Int(NativeLayout.Result.fault)])
            if fault != expected.fault || !isSame(value, expected.value, space) {
                return "\(value) \(fault.map(\.name) ?? "no fault"), expected \(expected)"
            }
            let ring = frames[index * MemoryLayout<FrameContext>.stride + Int(NativeLayout.Frame.ring)]
            if ring != trail.rings[index] { return "ring \(ring), expected \(trail.rings[index])" }
        }
        if outcome.words != trail.calls { return "calls \(outcome.words), expected \(trail.calls)" }
        for (index, expected) in (trail.packets + trail.values).enumerated() {
            if let place = differences(pieces.removeFirst(), expected, space).first {
                return "\(index < trail.packets.count ? "packet" : "values") at \(place)"
            }
        }
        if faults != trail.faults { return "faults \(faults), expected \(trail.faults)" }
        let faultSlot = state.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: Int(NativeLayout.State.faultSlot), as: Int32.self)
        }
        if faultSlot != trail.faultSlot { return "fault at \(faultSlot), expected at \(trail.faultSlot)" }
        let places = comparesStack ? differences(outcome.pieces[2], stack, space) : []
        return places.isEmpty ? nil : "stack at \(places)"
    }

    private func number(_ bytes: [UInt8], _ place: Int) -> UInt64 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
    }

    /// Addresses are what they are there.
    private func isSame(_ value: UInt64, _ expected: UInt64, _ space: ARM64Space) -> Bool {
        value == expected || value == UInt64(space.addresses(UInt(expected)))
    }

    /// Bytes that differ, in words that are no addresses.
    private func differences(_ bytes: [UInt8], _ expected: [UInt8], _ space: ARM64Space) -> [Int] {
        guard bytes != expected else { return [] }
        var places: [Int] = []
        for word in stride(from: 0, to: bytes.count, by: 8) {
            if word + 8 <= bytes.count, isSame(number(bytes, word), number(expected, word), space) { continue }
            // Of an address some of whose bytes were written over the others are left.
            places += (word..<min(word + 8, bytes.count)).filter {
                bytes[$0] != expected[$0] && !space.isByteOfAddress($0 - word, expected[$0], there: bytes[$0])
            }
        }
        return places
    }
}
