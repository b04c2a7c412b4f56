import Foundation
import Maps
import Object
import TestSupport
import Testing

/// Rings under several writers and one reader.
@Suite struct RecordRingTests {
    /// Every record that found room comes out once, whole, and in the order of who wrote it; the reader sleeps whenever it
    /// finds none, so that a wake-up that is missed ends the test.
    @Test func writersOfARingBuffer() throws {
        let attributes = MapAttributes(type: .ringbuf, keySize: 0, valueSize: 0, maxEntries: 4096)
        let map = try Map(attributes, domain: WorkerDomain())
        let writers = 3
        let each = 20_000
        let discarded = 7
        inParallel(writers + 1) { thread in
            if thread == writers {
                read(map, writers: writers, each: each, discarded: discarded)
                return
            }
            var random = SplitMix(seed: UInt64(thread))
            var number = 0
            while number < each {
                let words = Int.random(in: 2...9, using: &random)
                guard let record = map.core.reserveRecord(words * 8) else {
                    sched_yield()
                    continue
                }
                let place = record.assumingMemoryBound(to: UInt64.self)
                let mark = UInt64(thread) << 32 | UInt64(number)
                for word in 0..<words { place[word] = mark &+ UInt64(word) << 40 }
                map.core.commitRecord(record, discard: number % discarded == 0, flags: 0)
                number += 1
            }
        }
        #expect(try map.takeRecords(limit: 10).isEmpty)
        #expect(map.core.queryRecords(0) == 0)
    }

    private func read(_ map: Map, writers: Int, each: Int, discarded: Int) {
        var next = [Int](repeating: 1, count: writers)
        var left = writers * (each - (each + discarded - 1) / discarded)
        while left > 0 {
            let records = (try? map.takeRecords(limit: 64)) ?? []
            for record in records {
                let words = record.bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
                let (writer, number) = (Int(words[0] >> 32), Int(words[0] & 0xFFFF_FFFF))
                check(writer < writers && number == next[writer], "\(writer): \(number)")
                check(words.enumerated().allSatisfy { $0.element == words[0] &+ UInt64($0.offset) << 40 })
                next[writer] = number + ((number + 1) % discarded == 0 ? 2 : 1)
            }
            left -= records.count
            guard records.isEmpty, left > 0, map.waitsForRecords() else { continue }
            var descriptor = pollfd(fd: map.recordsDescriptor ?? -1, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 30_000) == 1 else { return check(false, "\(left) records do not come") }
        }
    }
}
