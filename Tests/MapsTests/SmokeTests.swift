import Maps
import Object
import Testing

@Test func smoke() throws {
    let domain = WorkerDomain(workers: 2)
    let map = try Map(MapAttributes(type: .hash, keySize: 6, valueSize: 8, maxEntries: 4), domain: domain)
    try map.update([1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 0, 0, 0])
    #expect(try map.lookup([1, 2, 3, 4, 5, 6]) == [1, 0, 0, 0, 0, 0, 0, 0])
    #expect(try map.nextKey(after: nil) == [1, 2, 3, 4, 5, 6])
    try map.delete([1, 2, 3, 4, 5, 6])
    #expect(map.entryCount == 0)
}
