import PacketIO
import Switching
import TestSupport
import Testing

/// What a switch should do with random frames and changes, beside what it does.
@Suite("Ledger") struct LedgerTests {
    struct Model {
        var present: Set<Int> = []
        var disabled: Set<Int> = []
        var drops: [DropReason: UInt64] = [:]
        var received: UInt64 = 0
        var generated: UInt64 = 0
        var sent: [Int: [UInt64]] = [:]

        mutating func frame(from ingress: Int, verdict: UInt64, length: Int, tag: UInt64) {
            received += 1
            if disabled.contains(ingress) && length >= 14 { return drop(.ingressDisabled) }
            switch verdict {
            case _ where length < 14: drop(.runt)
            case Source.crash: drop(.programFault)
            case Source.loop: drop(.programOutOfFuel)
            case UInt64(ingress): drop(.backToIngress)
            case 0..<254:
                let egress = Int(verdict)
                if !present.contains(egress) { return drop(.noSuchPort) }
                if disabled.contains(egress) { return drop(.egressDisabled) }
                sent[egress, default: []].append(tag)
            case 254:
                let egresses = present.subtracting(disabled).subtracting([ingress])
                if egresses.isEmpty { return drop(.noOtherPort) }
                generated += UInt64(egresses.count - 1)
                for egress in egresses { sent[egress, default: []].append(tag) }
            case 255: drop(.programDrop)
            default: drop(.invalidVerdict)
            }
        }

        private mutating func drop(_ reason: DropReason) { drops[reason, default: 0] += 1 }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func matchesTheModel(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let test = try TestSwitch(ports: 0)
        try test.vale.setProgram(try test.program(Source.directed))
        var model = Model()
        let memory = (0..<8).map { _ in MemoryPort(receiveFrames: 8192, transmitFrames: 8192, bytes: 1 << 20) }
        defer { memory.forEach { $0.close() } }
        defer { test.dataplane.stop() }
        var next: UInt64 = 0
        for _ in 0..<60 {
            for number in 0..<8 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0...2 where !model.present.contains(number):
                    try test.vale.addPort("p\(number)", .memory(memory[number]), number: UInt8(number))
                    model.present.insert(number)
                    model.disabled.remove(number)
                case 3 where model.present.contains(number):
                    try test.vale.removePort("p\(number)")
                    model.present.remove(number)
                case 4...5 where model.present.contains(number):
                    let up = Bool.random(using: &random)
                    try test.vale.setAdminState("p\(number)", isUp: up)
                    if up { model.disabled.remove(number) } else { model.disabled.insert(number) }
                default: break
                }
            }
            model.disabled.formIntersection(model.present)
            // One ingress at a time, so that the order at an egress is the order of injection.
            guard let ingress = model.present.sorted().randomElement(using: &random) else { continue }
            for _ in 0..<Int.random(in: 1...600, using: &random) {
                let verdicts: [UInt64] = [
                    0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 253, 254, 254, 255, 256, 0x1_0000_0003, .max, Source.crash,
                    Source.loop,
                ]
                let verdict = verdicts.randomElement(using: &random)!
                let isRunt = Int.random(in: 0..<20, using: &random) == 0
                let bytes =
                    isRunt
                    ? [UInt8](repeating: 1, count: Int.random(in: 1..<14, using: &random))
                    : frame(verdict: verdict, tag: next, length: Int.random(in: 60...200, using: &random))
                #expect(memory[ingress].inject(bytes))
                model.frame(from: ingress, verdict: verdict, length: bytes.count, tag: next)
                next += 1
            }
            #expect(eventually { memory[ingress].injectedCount == 0 })
            for number in 0..<8 {
                #expect(memory[number].drain().map(tag(of:)) == model.sent.removeValue(forKey: number) ?? [])
            }
            let ledger = test.expectBalance()
            #expect(ledger.received == model.received)
            #expect(ledger.generated == model.generated)
            #expect(ledger.drops == model.drops)
        }
    }
}
