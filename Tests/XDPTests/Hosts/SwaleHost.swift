import Engine
import Glibc
import Maps
import Object

/// Swale with one worker.
final class SwaleHost: XDPHost {
    private let domain = WorkerDomain(workers: 1)
    private let trace = TraceLog(capacity: 16)
    private let object: LoadedObject
    private let program: Program
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)

    /// What Linux runs a program on in BPF_PROG_TEST_RUN: a page, with `XDP_PACKET_HEADROOM` in front and a
    /// `struct skb_shared_info` behind. Longer packets have fragments there, and are in one piece here.
    private static let frameBytes = 4096 - 320
    private static let headroom = 256
    /// `lo`
    private static let ifindex: UInt32 = 1

    init(_ elf: [UInt8], scenario: Scenario, engine: Program.Engine) throws {
        let domain = domain
        let fib = scenario.network.map { FIBTable($0.contents, domain: domain) }
        let options = LoadOptions(constants: scenario.constants, program: .init(engine: engine, fib: fib))
        object = try LoadedObject(elf: elf, options: options, domain: domain, trace: trace)
        program = try object.program(function: scenario.function, type: .xdp)
        guard program.engine == engine else { throw HostError("\(program.name) is not run by \(engine)") }
    }

    deinit { memory.deallocate() }

    private func map(_ name: String) throws -> LoadedObject.LoadedMap {
        guard let map = object.maps.first(where: { $0.definition.name == name }) else {
            throw HostError("no map \(name)")
        }
        return map
    }

    func write(_ entry: Scenario.Entry) throws {
        let map = try map(entry.map).map
        switch entry.content {
        case .value(let bytes):
            let padding = map.isPerCPU ? map.userValueSize - bytes.count : 0
            try map.update(entry.key, bytes + [UInt8](repeating: 0, count: padding))
        case .map(let entries):
            guard let attributes = map.inner else { throw HostError("no maps are in \(entry.map)") }
            let inner = try Map(attributes, domain: domain, name: entry.map)
            for (key, value) in entries { try inner.update(key, value) }
            try map.setMap(entry.key, inner)
        }
    }

    func run(_ packet: Packet) throws -> XDPOutcome {
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        let data = memory.baseAddress! + Self.headroom
        data.copyMemory(from: packet.bytes, byteCount: packet.bytes.count)
        (data - packet.metadata.count).copyMemory(from: packet.metadata, byteCount: packet.metadata.count)
        var frame = FrameContext(
            data: data, length: packet.bytes.count, headroom: Self.headroom,
            tailroom: max(Self.frameBytes - Self.headroom - packet.bytes.count, 0), ingressIfindex: Self.ifindex)
        frame.dataMeta = data - packet.metadata.count
        var result = RunResult()
        domain.online(0)
        program.executable.run(&frame, count: 1, results: &result, slot: 0)
        domain.offline(0)
        guard result.fault == .none else { throw HostError("a run ended by \(result.fault)") }
        let bytes = UnsafeRawBufferPointer(start: frame.data, count: frame.dataEnd - frame.data)
        let metadata = UnsafeRawBufferPointer(start: frame.dataMeta, count: max(frame.data - frame.dataMeta, 0))
        return XDPOutcome(
            verdict: XDPVerdict(UInt32(truncatingIfNeeded: result.value)),
            packet: Packet(Array(bytes), metadata: Array(metadata)))
    }

    func contents(of name: String) throws -> MapContents? {
        let map = try map(name).map
        switch map.attributes.type {
        case .ringbuf: return numbered(try map.takeRecords(limit: .max).map(\.bytes))
        case .perfEventArray: return numbered(try map.takeRecords(limit: .max).map { Self.padded($0.bytes) })
        case .queue, .stack:
            var elements: [[UInt8]] = []
            while let element = try? map.pop() { elements.append(element) }
            return numbered(elements)
        case .hashOfMaps, .arrayOfMaps:
            var contents: MapContents = [:]
            for element in map.allReferences {
                guard let inner = map.innerMap(element.key) else { continue }
                for (key, value) in try Self.contents(inner) ?? [:] { contents[element.key + key] = value }
            }
            return contents
        default: return try Self.contents(map)
        }
    }

    /// As long as the kernel makes a record of a perf event: a whole number of words with its length.
    private static func padded(_ record: [UInt8]) -> [UInt8] {
        record + zeros((record.count + 4 + 7) / 8 * 8 - 4 - record.count)
    }

    private static func contents(_ map: Map) throws -> MapContents? {
        guard map.attributes.type.isReadable else { return nil }
        let bytes = map.attributes.valueSize
        var contents: MapContents = [:]
        try map.forEach { key, value in
            let first = Array(value.prefix(bytes))
            if !map.attributes.type.isArray || first.contains(where: { $0 != 0 }) { contents[Array(key)] = first }
            return true
        }
        return contents
    }
}
