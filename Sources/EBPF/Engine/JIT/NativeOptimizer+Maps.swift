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
        /// Whether the key is always in the array.
        var isWithin: Bool
    }

    /// A lookup in a hash map.
    struct HashLookup {
        var map: Int
        var layout: HashLookupLayout
        /// Where the key is, from r10; nil: where r2 points to.
        var stackOffset: Int32?
        /// What the key is put together from, by place. None crosses a word of 8 bytes.
        var pieces: [KeyPiece]
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
                let last = call?.index?.upperBound
                return rewriteArrayLookup(index, map, elements, isWithin: last.map { $0 < elements.count } ?? false)
            }
            if hashLookupsInLine, let layout = core.pointee.maps[map].hashLookupLayout {
                return rewriteHashLookup(index, map, layout)
            }
        }
        steps[index].form = .mapCall
        steps[index].offset = Int32(truncatingIfNeeded: map)
        steps[index].dst = 0
    }

    private mutating func rewriteArrayLookup(_ index: Int, _ map: Int, _ elements: ArrayLayout, isWithin: Bool) {
        var lookup = Lookup(map: map, elements: elements, key: .memory, isWithin: isWithin)
        var src: UInt8 = 2
        var offset: Int32 = 0
        if let key = values.stackOffset(2) {
            src = 10
            offset = Int32(truncatingIfNeeded: key)
            switch values.stored(at: key, bytes: 4, undoing: omitArgumentMoves(index)) {
            case .constant(let value):
                lookup.key = .constant(UInt32(truncatingIfNeeded: value))
                lookup.isWithin = UInt32(truncatingIfNeeded: value) < elements.count
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
        var registers: RegisterSet = 0
        if let key = values.stackOffset(2) {
            lookup.stackOffset = Int32(truncatingIfNeeded: key)
            let moves = omitArgumentMoves(index)
            for word in stride(from: 0, to: layout.keySize, by: 8) {
                addPieces(to: &lookup, at: key, from: word, bytes: min(8, layout.keySize - word), moves)
            }
            for piece in lookup.pieces {
                if let register = piece.register { registers |= 1 << RegisterSet(register) }
            }
        } else {
            registers = 1 << 2
            for word in stride(from: 0, to: layout.keySize, by: 8) {
                lookup.pieces.append(KeyPiece(offset: word, bytes: min(8, layout.keySize - word)))
            }
        }
        steps[index].form = .hashLookup
        steps[index].dst = 0
        steps[index].src = lookup.stackOffset == nil ? 11 : 10
        steps[index].offset = Int32(registers)
        steps[index].imm = Int64(hashLookups.count)
        hashLookups.append(lookup)
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

    /// Leaves out the steps right before a lookup that only make its arguments, where the key is known to be in the
    /// stack: what they overwrite is still there then.
    private mutating func omitArgumentMoves(_ index: Int) -> KnownValues.ArgumentMoves {
        var moves = KnownValues.ArgumentMoves()
        var step = index - 1
        while step >= 0, !isTarget[step + 1] {
            if steps[step].form != .omitted {
                guard steps[step].form == .plain, steps[step].dst == 1 || steps[step].dst == 2 else { break }
                switch steps[step].operation {
                case .mov64Reg, .add64Imm, .lddw: break
                default: return moves
                }
                if steps[step].dst == 1 { moves.first += 1 } else { moves.second += 1 }
                steps[step].form = .omitted
            }
            step -= 1
        }
        return moves
    }

    /// A hash lookup's key is read where it lies, if not from there only.
    mutating func noteKeyRead(_ index: Int) {
        let lookup = hashLookups[Int(steps[index].imm)]
        stack.noteKeyRead(lookup.stackOffset.map { Int($0) }, bytes: lookup.layout.keySize, steps[index])
    }
}
