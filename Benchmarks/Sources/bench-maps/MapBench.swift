import Measuring
import Subjects

/// Every operation on one pair of maps.
struct MapBench {
    let pair: MapPair
    let plan: Plan
    let table: ResultTable

    func run() throws {
        for threads in [1, MapPair.threads] { try inPrograms(threads: threads) }
        try fromUserSpace()
    }

    // MARK: from inside a program

    private func inPrograms(threads: Int) throws {
        let side = ProgramSide(pair: pair, threads: threads)
        try inProgram(side, "lookup_hit", ["lookup hit"])
        try inProgram(side, "lookup_miss", ["lookup miss"])
        try inProgram(side, "update", ["update"])
        guard pair.shape.canInsert else { return }
        try inProgram(side, "blocks", ["insert", "delete"], timesItself: true)
        try inProgram(side, "pair", ["insert + delete"])
    }

    /// What the program's loop takes is measured by a program without the operation, and left out.
    private func inProgram(
        _ side: ProgramSide, _ program: String, _ operations: [String], timesItself: Bool = false
    ) throws {
        let names = [timesItself ? "empty_blocks" : "empty", program]
        var subjects = try names.map { try side.swale($0, timesItself: timesItself) }
        if let kernel = pair.kernel {
            subjects += try names.map { try side.kernel(kernel, $0, timesItself: timesItself) }
        }
        let samples = try plan.interleave(subjects)
        let threads = side.threads == 1 ? "" : ", \(side.threads) threads"
        for (part, operation) in operations.enumerated() {
            add(
                "\(pair.name) \(operation), program\(threads)", threads: side.threads,
                Figure(samples[1][part], in: samples[0][part]),
                pair.kernel.map { _ in Figure(samples[3][part], in: samples[2][part]) })
        }
    }

    // MARK: from user space

    private func fromUserSpace() throws {
        var sides: [any UserSide] = [SwaleUser(pair)]
        if let kernel = pair.kernel { sides.append(try KernelUser(pair, kernel)) }
        let shape = pair.shape
        let random = { RandomNumbers(seed: 88_172_645_463_325_252, below: pair.entries, count: 1 << 16) }
        let hits = KeyList(random(), shape, stored: false)
        let misses = KeyList(random().lazy.map { $0 | MapShape.never }, shape, stored: false)
        let stored = KeyList(random(), shape, stored: true)

        try user(sides, "lookup hit, user", hits) { side, keys in try side.lookUp(keys, isHit: true) }
        try user(sides, "lookup miss, user", misses) { side, keys in try side.lookUp(keys, isHit: false) }
        try user(sides, "update, user", stored) { side, keys in try side.update(keys, isNew: false) }
        try readBatches(sides)
        try user(sides, "update, user, batch", stored) { side, keys in
            try side.updateBatch(keys)
            return 0
        }
        guard shape.canInsert else { return }
        let spare = UInt32(shape.spare(entries: pair.entries))
        // Each once, in an order that is not that of memory.
        let numbers = (0..<spare).lazy.map { UInt32(pair.entries) + ($0 &* 0x9e37_79b1 & (spare - 1)) }
        let absent = KeyList(numbers, shape, stored: true)
        try userBlocks(sides, ["insert, user", "delete, user"], absent) { side, keys in
            try side.update(keys, isNew: true)
        } _: { side, keys in
            try side.delete(keys)
        }
        try user(sides, "insert + delete, user", absent) { side, keys in try side.pair(keys) }
        try userBlocks(sides, ["insert, user, batch", "delete, user, batch"], absent) { side, keys in
            try side.updateBatch(keys)
            return 0
        } _: { side, keys in
            try side.deleteBatch(keys)
            return 0
        }
    }

    /// Work on a block of keys; how many operations did not end as expected.
    private typealias BlockWork = (any UserSide, UnsafeRawBufferPointer) throws -> Int

    private func user(
        _ sides: [any UserSide], _ name: String, _ keys: KeyList, _ work: @escaping BlockWork
    ) throws {
        let subjects = sides.map { side in
            var block = 0
            return Subject.timed(operations: UserBlock.size) { repeats in
                for _ in 0..<repeats {
                    report(try work(side, keys.block(block, size: UserBlock.size)), name)
                    block += 1
                }
            }
        }
        addUser([name], try plan.interleave(subjects))
    }

    /// Two operations on the same block, one after the other, each timed.
    private func userBlocks(
        _ sides: [any UserSide], _ names: [String], _ keys: KeyList, _ first: @escaping BlockWork,
        _ second: @escaping BlockWork
    ) throws {
        let subjects = sides.map { side in
            var block = 0
            return Subject { repeats in
                var times = [0.0, 0.0]
                for _ in 0..<repeats {
                    let keys = keys.block(block, size: UserBlock.size)
                    times[0] += try Clock.time { report(try first(side, keys), names[0]) }
                    times[1] += try Clock.time { report(try second(side, keys), names[1]) }
                    block += 1
                }
                return times.map { $0 / Double(repeats * UserBlock.size) }
            }
        }
        addUser(names, try plan.interleave(subjects))
    }

    /// A walk over the map, a batch at a time.
    private func readBatches(_ sides: [any UserSide]) throws {
        let subjects = sides.map { side in
            Subject { repeats in
                var elements = 0
                let time = try Clock.time { for _ in 0..<repeats { elements += try side.readBatch() } }
                return [time / Double(max(elements, 1))]
            }
        }
        addUser(["lookup, user, batch"], try plan.interleave(subjects))
    }

    private func addUser(_ names: [String], _ samples: [[Samples]]) {
        for (part, name) in names.enumerated() {
            let figures = samples.map { Figure($0[part]) }
            add("\(pair.name) \(name)", threads: 1, figures[0], figures.count > 1 ? figures[1] : nil)
        }
    }

    private func add(_ name: String, threads: Int, _ swale: Figure, _ other: Figure?) {
        let baseline = KernelObject.missing.map { "\(KernelObject.name): \($0)" } ?? KernelObject.name
        table.add(name, swale: swale, baseline: baseline, other)
        table.addRate(name, threads: threads, swale: swale, baseline: baseline, other)
    }

    private func report(_ failures: Int, _ name: String) {
        if failures > 0 { Progress.say("\(pair.name) \(name): \(failures) operations did not end as expected") }
    }
}
