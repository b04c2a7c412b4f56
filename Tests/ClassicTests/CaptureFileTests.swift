import Capture
import TestSupport
import Testing

struct CaptureFileTests {
    /// A pcap file of frames of these lengths, microseconds, little endian.
    static func pcap(_ lengths: [Int]) -> [UInt8] {
        func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 255) } }
        let head: [UInt8] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0] + word(0) + word(0) + word(65_535) + word(1)
        return lengths.reduce(head) { file, length in
            file + word(1) + word(2) + word(length) + word(length) + [UInt8](repeating: 7, count: length)
        }
    }

    @Test func framesAreReadUpToALimit() throws {
        let file = Self.pcap([60, 0, 1500])
        #expect(try CaptureFile.frames(file, limit: 3).map(\.count) == [60, 0, 1500])
        #expect(throws: CaptureError.self) { try CaptureFile.frames(file, limit: 2) }
        #expect(try CaptureFile.frames(Self.pcap([]), limit: 0).isEmpty)
        #expect(throws: CaptureError.self) { try CaptureFile.frames(path: "/nonexistent/file.pcap") }
    }

    /// Frames or an error, whatever the bytes are.
    @Test func brokenFilesEndInAnError() {
        let file = Self.pcap([60, 14, 100])
        for count in 0..<file.count {
            let frames = try? CaptureFile.frames(Array(file[..<count]), limit: 10)
            #expect((frames?.count ?? 0) < 3)
        }
        var generator = SplitMix(seed: 3)
        for _ in 0..<2000 {
            var broken = file
            for _ in 0..<4 {
                broken[Int(generator.next() % UInt64(broken.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            let frames = try? CaptureFile.frames(broken, limit: 10)
            #expect((frames?.reduce(0) { $0 + $1.count } ?? 0) <= broken.count)
        }
    }
}
