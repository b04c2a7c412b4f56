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
        let shape = pair.shape
        // As many as there are entries, so that no cache holds what they lead to.
        let count = max(pair.entries, 1 << 16)
        let random = { RandomNumbers(seed: 88_172_645_463_325_252, below: pair.entries, count: count) }
        let hits = KeyList(random(), shape, stored: false)
        let misses = KeyList(random().lazy.map { $0 | MapShape.never }, shape, stored: false)
        let stored = KeyList(random(), shape, stored: true)
        let spare = UInt32(shape.spare(entries: pair.entries))
        // Each once, in an order that is not that of memory.
        let numbers = (0..<spare).lazy.map { UInt32(pair.entries) + ($0 &* 0x9e37_79b1 & (spare - 1)) }
        let absent = KeyList(numbers, shape, stored: true)

        for threads in [1, MapPair.threads] {
            try user(["lookup hit, user"], threads, hits) { try $0.lookUp($1, isHit: true) }
            try user(["lookup miss, user"], threads, misses) { try $0.lookUp($1, isHit: false) }
            try user(["update, user"], threads, stored) { try $0.update($1, isNew: false) }
            guard shape.canInsert else { continue }
            try user(
                ["insert, user", "delete, user"], threads, absent, { try $0.update($1, isNew: true) },
                { try $0.delete($1) })
            try user(["insert + delete, user"], threads, absent) { try $0.pair($1) }
        }
        try readBatches()
        try user(["update, user, batch"], 1, stored) { try $0.updateBatch($1) }
        guard shape.canInsert else { return }
        try user(
            ["insert, user, batch", "delete, user, batch"], 1, absent, { try $0.updateBatch($1) },
            { try $0.deleteBatch($1) })
    }

    /// Each kind of side, a side for each thread.
    private func sides(_ threads: Int) throws -> [[any UserSide]] {
        let swale = (0..<threads).map { _ in SwaleUser(pair) as any UserSide }
        guard let kernel = pair.kernel else { return [swale] }
        return [swale, try (0..<threads).map { _ in try KernelUser(pair, kernel) }]
    }

    /// Work on a block of keys; how many operations did not end as expected.
    private typealias BlockWork = (any UserSide, UnsafeRawBufferPointer) throws -> Int

    /// Operations on the same block, one after the other, each timed. Threads have blocks of their own.
    private func user(_ names: [String], _ threads: Int, _ keys: KeyList, _ works: BlockWork...) throws {
        let subjects = try sides(threads).map { sides in
            let cursors = (0..<threads).map { BlockCursor(first: $0, stride: threads) }
            return Subject.onThreads(threads) { thread, repeats in
                var times = works.map { _ in 0.0 }
                for _ in 0..<repeats {
                    let block = keys.block(cursors[thread].next(), size: UserBlock.size)
                    for (index, work) in works.enumerated() {
                        var failures = 0
                        times[index] += try Clock.time { failures = try work(sides[thread], block) }
                        report(failures, names[index])
                    }
                }
                return times.map { $0 / Double(repeats * UserBlock.size) }
            }
        }
        addUser(names, threads, try plan.interleave(subjects))
    }

    /// A walk over the map, a batch at a time.
    private func readBatches() throws {
        let subjects = try sides(1).map { sides in
            Subject { repeats in
                var elements = 0
                let time = try Clock.time { for _ in 0..<repeats { elements += try sides[0].readBatch() } }
                return [time / Double(max(elements, 1))]
            }
        }
        addUser(["lookup, user, batch"], 1, try plan.interleave(subjects))
    }

    private func addUser(_ names: [String], _ threads: Int, _ samples: [[Samples]]) {
        for (part, name) in names.enumerated() {
            let figures = samples.map { Figure($0[part]) }
            let suffix = threads == 1 ? "" : ", \(threads) threads"
            add("\(pair.name) \(name)\(suffix)", threads: threads, figures[0], figures.count > 1 ? figures[1] : nil)
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
