import Capture
import HTTP

/// What a test run is asked for: the query of `POST .../test-run`, and the frames of its body.
struct TestRunRequest {
    enum MapsChoice: String, CaseIterable { case copy, live }

    /// Bytes of a frame, at most: what IPv4 allows, an Ethernet header, a VLAN tag.
    static let frameLimit = 65_535 + 14 + 4
    static let framesLimit = 10_000
    static let repeatLimit = 10_000_000
    static let query = ["function", "type", "repeat", "maps", "port", "ring", "ifindex", "format", "trace"]
    /// Instructions of a run that are told, at most.
    static let traceLimit = 100_000

    let frames: [[UInt8]]
    let repetitions: Int
    let maps: MapsChoice
    let port: UInt32
    let ring: UInt8
    let ifindex: UInt32
    let format: EntryCodec.Format?
    /// Instructions to tell of each run; 0 where none are asked for.
    let trace: Int

    init(_ context: Context) throws(Problem) {
        repetitions = try context.integer("repeat", in: 1...Self.repeatLimit) ?? 1
        maps = try context.choice("maps") ?? .copy
        port = UInt32(try context.integer("port", in: 0...253) ?? 0)
        ring = UInt8(try context.integer("ring", in: 0...255) ?? 0)
        ifindex = UInt32(try context.integer("ifindex", in: 1...Int(Int32.max)) ?? 1)
        format = try context.choice("format")
        trace = try context.integer("trace", in: 1...Self.traceLimit) ?? 0
        if trace > 0 && repetitions > 1 { throw .parameter("trace", "only a run that is not repeated is traced") }
        if trace > 0 && maps == .live { throw .parameter("trace", "only runs on copies of the maps are traced") }
        frames = try Self.frames(context)
    }

    private static func frames(_ context: Context) throws(Problem) -> [[UInt8]] {
        guard context.request.contentType == "application/octet-stream" else {
            let packet = try context.json().members(known: ["packet"]).required("packet")
            guard let frame = Hex.bytes(try packet.string()) else {
                throw packet.refusal("not 0x and an even number of hexadecimal digits")
            }
            guard frame.count <= frameLimit else {
                throw packet.refusal("\(frame.count) bytes are more than the \(frameLimit) of a frame")
            }
            return [frame]
        }
        let frames: [[UInt8]]
        do {
            frames = try CaptureFile.frames(context.request.body, limit: framesLimit)
        } catch {
            throw Problem(.invalid, "the capture file: \(error)")
        }
        if let index = frames.firstIndex(where: { $0.count > frameLimit }) {
            throw Problem(
                .invalid,
                "the capture file: frame \(index + 1) has \(frames[index].count) bytes, more than \(frameLimit)")
        }
        return frames
    }
}
