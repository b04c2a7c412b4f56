import Engine
import Maps
import Synchronization

/// The programs that a map's elements hold, by their ids: those of the objects of today, and older ones, which the map
/// keeps when their object was replaced or deleted.
final class ProgramNames: Sendable {
    private let map: Map
    private let state: ControlState
    private let known = Mutex<[UInt32: Program]>([:])

    init(_ map: Map, _ state: ControlState) {
        self.map = map
        self.state = state
    }

    /// Nil where no element has held it since the first one was asked for.
    subscript(_ id: UInt32) -> Program? {
        if let program = known.withLock({ $0[id] }) { return program }
        let held = map.allReferences.compactMap { $0.reference?.object as? Program }
        return known.withLock { known in
            for program in held { known[program.id] = program }
            return known[id]
        }
    }

    /// One that a request names, and that no element may hold yet.
    func add(_ program: Program) { known.withLock { $0[program.id] = program } }

    /// Whether it is still what its object's name stands for.
    func isCurrent(_ program: Program) -> Bool {
        state.programs[program.objectName]?.object.madePrograms.contains { $0 === program } ?? false
    }
}
