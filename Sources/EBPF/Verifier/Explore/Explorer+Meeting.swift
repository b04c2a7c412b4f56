// What happens where paths may meet: at jump targets, and at calls that run callbacks.
extension Explorer {
    /// Complete states at one place from which on differences between numbers are forgotten.
    private static let crowd = 24

    /// False: what follows is known to be safe, and the path ends. `isCallback`: the place is a call that runs a callback
    /// again and again, where an ancestor may stand for what comes after it.
    func arrive(isCallback: Bool = false, widens: Bool = false) throws(Rejection) -> Bool {
        guard replay == nil else { return true }
        let key = isCallback ? slot + steps.count : slot
        var meeting = meeting(key, isCallback: isCallback)
        if isCallback, widens, let before = explored.newest(at: key, head: writer.words[0], parent: node),
            forgetDifferences(from: before, .everything)
        {
            meeting = self.meeting(key, isCallback: isCallback)
        }
        if try isExplored(meeting) { return endCovered() }
        if !isExact, let crowd = explored.crowd(at: key, head: writer.words[0], count: Self.crowd),
            forgetDifferences(from: crowd, explored.completeCount(at: key) > Self.crowd ? .rounding : .difference)
        {
            meeting = self.meeting(key, isCallback: isCallback)
            if try isExplored(meeting) { return endCovered() }
        }
        node = explored.store(
            writer.words, hash: meeting.hash, at: key, parent: node, callbackRuns: state.callbackRuns)
        statistics.statesStored += 1
        return true
    }

    /// The current state, written down in `writer`, at a place where it may meet others.
    private struct Meeting {
        var key: Int
        var isCallback: Bool
        var masks: ExploredStates.Masks
        var hash: UInt64
    }

    private func meeting(_ key: Int, isCallback: Bool) -> Meeting {
        writer.write(state, at: slot, liveness)
        let masks = state.frames.indices.map { SnapshotWriter.live(state, $0, slot, liveness) }
        return Meeting(key: key, isCallback: isCallback, masks: masks, hash: Self.hash(writer.words))
    }

    /// Whether a state that was met before allows all that this one does.
    private func isExplored(_ meeting: Meeting) throws(Rejection) -> Bool {
        switch explored.look(
            for: writer.words, hash: meeting.hash, at: meeting.key, masks: meeting.masks,
            callbackRuns: state.callbackRuns, parent: node, ancestorsCover: meeting.isCallback)
        {
        case .unseen: return false
        case .covered: return true
        case .repeated:
            if PlantedFlaw.isPlanted(.endlessLoop) { return true }
            throw infiniteLoop()
        }
    }

    private func endCovered() -> Bool {
        statistics.statesPruned += 1
        log?.write("covered by a state that was explored before")
        pathHasEnded = true
        return false
    }

    private static func hash(_ words: ContiguousArray<UInt64>) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for word in words {
            let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            hash = product.high ^ product.low
        }
        return hash
    }

    /// Forgets of the live numbers what tells them from those of `snapshot`, which is of this place.
    private func forgetDifferences(from snapshot: UnsafeBufferPointer<UInt64>, _ degree: Forgetting) -> Bool {
        guard let words = snapshot.baseAddress, words[0] == writer.words[0] else { return false }
        var changed = false
        var position = 1 + state.references.count + (state.lock == nil ? 0 : 1)
        func compare(_ known: UnsafeMutablePointer<Register>) {
            let old = SnapshotRegister.decode(words, &position)
            guard old.isScalar, known.pointee.isScalar, !known.pointee.isPointerBits,
                !old.number.covers(known.pointee.number), known.pointee.id != Self.memoryLength
            else { return }
            known.pointee = Register(scalar: degree.apply(old.number, known.pointee.number))
            changed = true
        }
        for frame in state.frames {
            // Another chain of calls has another layout.
            guard words[position] == SnapshotWriter.head(frame) else { return false }
            position += 2
        }
        for depth in state.frames.indices {
            let frame = state.frames[depth]
            let live = SnapshotWriter.live(state, depth, slot, liveness)
            for register in 0..<10 where live.registers & 1 << register != 0 { compare(frame.registers + register) }
            var stack = live.stack
            while stack != 0 {
                let index = stack.trailingZeroBitCount
                stack &= stack - 1
                var before = StackSlot()
                before.bytes = words[position]
                position += 1
                if before.spillSize > 0 { before.spill = SnapshotRegister.decode(words, &position) }
                if index < frame.slotCount, frame.slots[index].forgetNumber(unlike: before, degree) {
                    changed = true
                }
            }
        }
        if changed { hasForgotten = true }
        return changed
    }
}
