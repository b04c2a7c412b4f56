import ISA
import Maps

// Calls on maps that are known.
extension NativeOptimizer {
    /// A lookup in an array.
    struct Lookup {
        enum Key {
            case constant(UInt32)
            /// In the step's `src`.
            case register
            /// At `offset` from the step's `src`: r2, or r10.
            case memory
        }
        var map: Int
        var elements: ArrayLayout
        var key: Key
        /// Whether the key is always in the array, and whether it never is.
        var isWithin: Bool
        var isBeyond: Bool
    }

    /// Maps of which a compiler can write lookups, and updates of elements that are there, in line.
    enum HashLookups {
        case none
        /// Neither per-CPU nor LRU.
        case plain
        case all
    }

    /// A lookup in a hash map, or an update.
    struct HashLookup {
        var map: Int
        var layout: HashLookupLayout
        /// Where the key is, from r10; nil: where r2 points to.
        var stackOffset: Int32?
        /// What the key is put together from, by place. None crosses a word of 8 bytes.
        var pieces: [KeyPiece]
        var update: Update?
    }

    /// What an update brings.
    struct Update {
        /// Where the value is, from r10.
        var stackOffset: Int32
        /// 4 or 8.
        var bytes: Int
        /// The register that was stored there, where a lookup leaves it alone.
        var register: UInt8?
        var flags: Int64
    }

    /// A part of a key: what one store left, as a load of two stores' bytes waits until they have reached the cache.
    struct KeyPiece {
        /// From the key's start.
        var offset: Int
        /// 1, 2, 4 or 8.
        var bytes: Int
        /// The register that was stored; nil: only memory has it.
        var register: UInt8?
    }

    private static let mostPieces = 4

    mutating func rewriteHelperCall(_ index: Int) {
        guard steps[index].isMapHelper else { return }
        let call = facts.mapCalls[Int(core.pointee.wireSlots[index])]
        guard let map = call?.map ?? values.constant(1).flatMap({ core.pointee.mapIndex($0) }) else { return }
        if steps[index].imm == Int64(Helper.mapLookupElem.rawValue) {
            if let elements = core.pointee.maps[map].arrayLayout {
                return rewriteArrayLookup(index, map, elements, keys: call?.index)
            }
            if let layout = layoutInLine(map) { return rewriteHashLookup(index, map, layout) }
        }
        if steps[index].imm == Int64(Helper.mapUpdateElem.rawValue), rewriteHashUpdate(index, map) { return }
        steps[index].form = .mapCall
        steps[index].offset = Int32(truncatingIfNeeded: map)
        steps[index].dst = 0
    }

    private func layoutInLine(_ map: Int) -> HashLookupLayout? {
        guard inLine != .none, let layout = core.pointee.maps[map].hashLookupLayout else { return nil }
        let isPlain = layout.perCPU == nil && !layout.isLRU
        guard isPlain || inLine == .all, layout.perCPU == nil || map < ValueBases.count else { return nil }
        return layout
    }

    private mutating func rewriteArrayLookup(
        _ index: Int, _ map: Int, _ elements: ArrayLayout, keys: ClosedRange<UInt32>?
    ) {
        var lookup = Lookup(
            map: map, elements: elements, key: .memory, isWithin: keys.map { $0.upperBound < elements.count } ?? false,
            isBeyond: keys.map { $0.lowerBound >= elements.count } ?? false)
        var src: UInt8 = 2
        var offset: Int32 = 0
        if let key = values.stackOffset(2) {
            src = 10
            offset = Int32(truncatingIfNeeded: key)
            switch values.stored(at: key, bytes: 4, undoing: omitArgumentMoves(index, through: 2)) {
            case .constant(let value):
                lookup.key = .constant(UInt32(truncatingIfNeeded: value))
                lookup.isWithin = UInt32(truncatingIfNeeded: value) < elements.count
                lookup.isBeyond = !lookup.isWithin
                src = 11
            case .register(let register):
                lookup.key = .register
                src = register
            case nil: break
            }
        }
        steps[index].form = .lookup
        steps[index].src = src
        steps[index].dst = 0
        steps[index].offset = offset
        steps[index].imm = Int64(lookups.count)
        lookups.append(lookup)
    }

    private mutating func rewriteHashLookup(_ index: Int, _ map: Int, _ layout: HashLookupLayout) {
        var lookup = HashLookup(map: map, layout: layout, pieces: [])
        if let key = values.stackOffset(2) {
            addPieces(to: &lookup, at: key, omitArgumentMoves(index, through: 2))
        } else {
            for word in stride(from: 0, to: layout.keySize, by: 8) {
                lookup.pieces.append(KeyPiece(offset: word, bytes: min(8, layout.keySize - word)))
            }
        }
        replace(index, by: lookup, form: .hashLookup)
    }

    /// Whether it is one that can be written in line.
    private mutating func rewriteHashUpdate(_ index: Int, _ map: Int) -> Bool {
        let bytes = core.pointee.maps[map].valueSize
        guard let layout = layoutInLine(map), !layout.isLRU, bytes == 4 || bytes == 8,
            let key = values.stackOffset(2), let value = values.stackOffset(3), let flags = values.constant(4),
            flags == 0 || flags == Int64(UpdateMode.exist.rawValue)
        else { return false }
        var lookup = HashLookup(map: map, layout: layout, pieces: [])
        let moves = omitArgumentMoves(index, through: 4)
        addPieces(to: &lookup, at: key, moves)
        var update = Update(stackOffset: Int32(truncatingIfNeeded: value), bytes: bytes, register: nil, flags: flags)
        if case .register(let register)? = values.stored(at: value, bytes: bytes, undoing: moves), register > 5 {
            update.register = register
        }
        lookup.update = update
        replace(index, by: lookup, form: .hashUpdate)
        return true
    }

    private mutating func replace(_ index: Int, by lookup: HashLookup, form: NativeStep.Form) {
        var registers: RegisterSet = lookup.stackOffset == nil ? 1 << 2 : 0
        for piece in lookup.pieces {
            if let register = piece.register { registers |= 1 << RegisterSet(register) }
        }
        if let register = lookup.update?.register { registers |= 1 << RegisterSet(register) }
        steps[index].form = form
        steps[index].dst = 0
        steps[index].src = lookup.stackOffset == nil ? 11 : 10
        steps[index].offset = Int32(registers)
        steps[index].imm = Int64(hashLookups.count)
        hashLookups.append(lookup)
    }

    private func addPieces(to lookup: inout HashLookup, at key: Int, _ moves: KnownValues.ArgumentMoves) {
        lookup.stackOffset = Int32(truncatingIfNeeded: key)
        let size = lookup.layout.keySize
        for word in stride(from: 0, to: size, by: 8) {
            addPieces(to: &lookup, at: key, from: word, bytes: min(8, size - word), moves)
        }
    }

    /// The stores that made up a word of a key at `key`, or the word as a whole.
    private func addPieces(
        to lookup: inout HashLookup, at key: Int, from start: Int, bytes: Int, _ moves: KnownValues.ArgumentMoves
    ) {
        let first = lookup.pieces.count
        var place = start
        while place < start + bytes {
            guard let width = values.storeWidth(at: key + place), lookup.pieces.count - first < Self.mostPieces,
                place == start || place + width <= start + bytes
            else {
                lookup.pieces.removeSubrange(first...)
                lookup.pieces.append(KeyPiece(offset: start, bytes: bytes))
                return
            }
            var piece = KeyPiece(offset: place, bytes: min(width, bytes))
            // The code for a lookup uses r0 while it loads the key.
            if case .register(let register)? = values.stored(at: key + place, bytes: piece.bytes, undoing: moves),
                register != 0
            {
                piece.register = register
            }
            lookup.pieces.append(piece)
            place += piece.bytes
        }
    }

    /// Leaves out the steps right before a lookup or update that only make its arguments, r1 to `last`, where these are
    /// known: what they overwrite is still there then.
    private mutating func omitArgumentMoves(_ index: Int, through last: UInt8) -> KnownValues.ArgumentMoves {
        var moves = KnownValues.ArgumentMoves()
        var step = index - 1
        while step >= 0, !isTarget[step + 1] {
            if steps[step].form != .omitted {
                guard steps[step].form == .plain, (1...last).contains(steps[step].dst) else { break }
                switch steps[step].operation {
                case .mov64Reg, .add64Imm, .lddw, .mov64Imm, .mov32Imm: break
                default: return moves
                }
                moves.add(steps[step].dst)
                steps[step].form = .omitted
            }
            step -= 1
        }
        return moves
    }

    /// A hash lookup's key is read where it lies, if not from there only; so is what an update brings.
    mutating func noteKeyRead(_ index: Int) {
        let lookup = hashLookups[Int(steps[index].imm)]
        stack.noteArgumentRead(lookup.stackOffset.map { Int($0) }, bytes: lookup.layout.keySize)
        if let update = lookup.update { stack.noteArgumentRead(Int(update.stackOffset), bytes: update.bytes) }
        stack.pass(steps[index])
    }
}
