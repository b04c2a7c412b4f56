import Foundation
import PacketIO
import Switching
import TestSupport
import Testing

@testable import Capture

/// Ports that play and write files.
struct PcapPortTests {
    /// A switch whose port `file` is on files, and whose port `p0` is in memory.
    private final class Bench {
        let test: CaptureFixture
        let port: PcapPort
        let folder: Folder

        init(_ folder: Folder, _ options: PcapPort.Options) throws {
            self.folder = folder
            test = try CaptureFixture(ports: 1)
            port = PcapPort(options, in: folder.directory)
            try test.vale.addPort("file", .memory(port.memory), number: 9)
            try port.start()
        }

        deinit {
            port.stopReplay()
            _ = try? test.vale.removePort("file")
            port.close()
        }

        func finish() {
            #expect(eventually { !port.status.isReplaying })
            #expect(eventually { port.memory.injectedCount == 0 })
            test.settle()
        }
    }

    private static let frames = (1...5).map { CaptureFixture.frame(to: 0, $0, length: 59 + $0) }

    /// A pcap file in microseconds (little endian), a packet each 20 ms.
    private static func pcap(_ frames: [[UInt8]], linkType: UInt32 = 1, gap: UInt32 = 20_000) -> [UInt8] {
        func words(_ values: [UInt32]) -> [UInt8] {
            values.flatMap { value in (0..<4).map { UInt8(value >> (8 * UInt32($0)) & 255) } }
        }
        var bytes = words([0xA1B2_C3D4, 0x0004_0002, 0, 0, 262_144, linkType])
        for (index, frame) in frames.enumerated() {
            let time = UInt32(index) * gap
            bytes += words([1_700_000_000 + time / 1_000_000, time % 1_000_000])
            bytes += words([UInt32(frame.count), UInt32(frame.count)]) + frame
        }
        return bytes
    }

    private static func pcapng(_ frames: [[UInt8]]) -> [UInt8] {
        var writer = PcapngWriter()
        writer.section(application: "test")
        let interface = writer.interface(name: "x", snaplen: 65_536)
        for (index, frame) in frames.enumerated() {
            frame.withUnsafeBytes {
                writer.packet(
                    interface: interface, nanoseconds: 1_700_000_000_000_000_000 + UInt64(index) * 20_000_000,
                    captured: $0, length: frame.count, .init(comment: [], direction: .inbound))
            }
        }
        return writer.bytes
    }

    @Test(
        arguments: [PcapPortTests.pcap(PcapPortTests.frames), PcapPortTests.pcapng(PcapPortTests.frames)],
        [PcapPort.Options.Timing.recorded, .none])
    func aFileIsPlayed(file: [UInt8], timing: PcapPort.Options.Timing) throws {
        let folder = try Folder()
        try folder.write("in", file)
        let begin = ContinuousClock.now
        let bench = try Bench(folder, .init(replay: "in", timing: timing))
        bench.finish()
        #expect(bench.test.ports[0].drain() == Self.frames)
        #expect(bench.port.status == .init(replayed: 5, loops: 1))
        // Four gaps; a machine that is busy may take longer, none may be faster.
        if timing == .recorded { #expect(ContinuousClock.now - begin >= .milliseconds(80)) }
    }

    @Test func aFileIsPlayedAgainAndAgain() throws {
        let folder = try Folder()
        try folder.write("in", Self.pcap(Self.frames))
        let three = try Bench(folder, .init(replay: "in", timing: .none, loop: 3))
        three.finish()
        #expect(three.test.ports[0].drain() == Self.frames + Self.frames + Self.frames)
        let endless = try Bench(folder, .init(replay: "in", timing: .none, loop: 0))
        var count = 0
        #expect(
            eventually {
                count += endless.test.ports[0].drain().count
                return count > 20_000
            })
        endless.port.stopReplay()
        endless.finish()
        #expect(endless.port.status.replayFailure == nil)
    }

    @Test func nothingIsLostOfALongFile() throws {
        let folder = try Folder()
        let frames = (0..<20_000).map { CaptureFixture.frame(to: 255, $0, length: 200) }
        try folder.write("in", Self.pcap(frames))
        let bench = try Bench(folder, .init(replay: "in", timing: .none))
        bench.finish()
        #expect(bench.test.vale.port(named: "file")?.counters.rxFrames == 20_000)
        #expect(bench.port.status.replayed == 20_000)
    }

    @Test func whatIsSentToItIsInTheFile() throws {
        let folder = try Folder()
        let frames = (0..<300).map { CaptureFixture.frame(to: 9, $0, length: 60 + $0) }
        do {
            let bench = try Bench(folder, .init(write: "out.pcap"))
            for frame in frames { while !bench.test.ports[0].inject(frame) {} }
            bench.test.settle()
            #expect(eventually { bench.port.status.written == 300 })
            #expect(try Dissection.bytes("\(folder.path)/out.pcap") == frames)
            #expect(bench.test.vale.port(named: "file")?.counters.txFrames == 300)
            #expect(throws: CaptureError.self) { try folder.directory.open("none/out.pcap", for: .write) }
        }
        // Begun anew.
        do { _ = try Bench(folder, .init(write: "out.pcap")) }
        #expect(try Dissection.bytes("\(folder.path)/out.pcap").isEmpty)
    }

    @Test func filesThatAreNoneAreRefused() throws {
        let folder = try Folder()
        try folder.write("text", Array("this is no capture file at all".utf8))
        try folder.write("empty", [])
        try folder.write("wifi", Self.pcap(Self.frames, linkType: 105))
        try FileManager.default.createDirectory(atPath: "\(folder.path)/folder", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "/etc/passwd")
        try Command.check(["mkfifo", "\(folder.path)/pipe"])
        for name in ["text", "empty", "wifi", "folder", "link", "pipe", "none", "../x", ".hidden", "", "a\0b"] {
            #expect(PcapPort.refusal(ofReplay: name, in: folder.directory) != nil, "\(name)")
        }
        for name in ["folder", "link", "pipe", "../x", ".hidden", ""] {
            #expect(throws: CaptureError.self, "\(name)") { try folder.directory.open(name, for: .write) }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: "/etc/passwd")).isEmpty == false)
    }

    @Test func aFileThatBreaksOffIsPlayedUpToThere() throws {
        let folder = try Folder()
        try folder.write("in", Array(Self.pcap(Self.frames).dropLast(10)))
        let bench = try Bench(folder, .init(replay: "in", timing: .none, loop: 0))
        bench.finish()
        #expect(bench.test.ports[0].drain() == Array(Self.frames.dropLast()))
        #expect(bench.port.status.replayFailure?.contains("truncated") == true, "\(bench.port.status)")
    }

    @Test func whateverAFileHoldsThePlayEnds() throws {
        var random = SystemRandomNumberGenerator()
        let folder = try Folder()
        for round in 0..<150 {
            var bytes = round % 2 == 0 ? Self.pcap(Self.frames) : Self.pcapng(Self.frames)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if round % 5 == 0 { bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))) }
            try folder.write("in", bytes)
            guard PcapPort.refusal(ofReplay: "in", in: folder.directory) == nil else { continue }
            let bench = try Bench(folder, .init(replay: "in", timing: .none))
            bench.finish()
            let status = bench.port.status
            #expect(bench.test.vale.port(named: "file")?.counters.rxFrames == status.replayed, "\(bytes)")
        }
    }

    @Test func aPortThatWaitsForItsTimeCanBeTakenAway() throws {
        let folder = try Folder()
        try folder.write("in", Self.pcap(Self.frames, gap: 1_000_000_000))
        let bench = try Bench(folder, .init(replay: "in"))
        #expect(eventually { bench.port.status.replayed == 1 })
        bench.port.stopReplay()
        #expect(bench.port.status == .init(replayed: 1))
    }
}
