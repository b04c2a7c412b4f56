import Synchronization

extension LPMTrie {
    /// Hot path. `bpf_map_update_elem`: trie_update_elem, kernel/bpf/lpm_trie.c. `worker` is nil for user space.
    func update(_ key: LPMKey, _ value: UnsafeRawPointer, flags: UInt64, worker: Int?) -> MapStatus {
        if flags > UpdateMode.exist.rawValue || key.prefixLength > maxPrefixLength { return .invalid }
        // The node can't become another prefix's before the worker's quiescent point.
        if worker != nil, hasWordValues, flags != UpdateMode.noExist.rawValue {
            let number = findExactly(key)
            if number != 0, node(number).hasData(of: key) {
                self.value(number).storeWords(from: value, bytes: valueSize)
                return .done
            }
        }
        lock.lock()
        defer { lock.unlock() }
        let number = findExactly(key)
        if number != 0 {
            if flags == UpdateMode.noExist.rawValue { return .exists }
            node(number).setData(key)
            self.value(number).storeWords(from: value, bytes: valueSize)
            return .done
        }
        if flags == UpdateMode.exist.rawValue { return .noEntry }
        if count.load(ordering: .relaxed) >= maxEntries { return .noSpace }
        guard nursery.pointee.hasEnough(domain, for: worker) else { return .noMemory }
        insert(key, value)
        count.store(count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        return .done
    }

    /// Where a walk towards a prefix ends.
    private struct Way {
        /// The node at which it ends, 0 where there is none.
        var number: Int
        /// Leading bits that it has in common with the key.
        var match = 0
        /// The node above, 0 for none.
        var parent = 0
    }

    /// From the topmost node with the key's first bits, or from the root where there is none.
    private func way(to key: LPMKey) -> Way {
        var way = Way(number: Int(root.load(ordering: .relaxed)))
        if key.prefixLength >= topBits {
            let top = Int(tops[key.leading(topBits)].load(ordering: .relaxed))
            if top != 0 { way = Way(number: top, parent: node(top).parent) }
        }
        while way.number != 0 {
            let node = node(way.number)
            way.match = node.match(key)
            if way.match != node.prefixLength || way.match == key.prefixLength { break }
            way.parent = way.number
            way.number = node.next(key.bit(way.match))
        }
        return way
    }

    /// Links a node, which has the bits of `key` as far as `parent` has any, below `parent`, or as the root for 0.
    private func link(_ number: Int, below parent: Int, _ key: LPMKey) {
        if number != 0 { node(number).parent = parent }
        let place = parent == 0 ? nil : node(parent)
        if let place {
            place.child(key.bit(place.prefixLength)).pointee.store(UInt32(number), ordering: .releasing)
        } else {
            root.store(UInt32(number), ordering: .releasing)
        }
        if number != 0, place.map({ $0.prefixLength < topBits }) ?? true { setTop(number) }
    }

    /// The node is the topmost at its index, if its prefix is long enough.
    private func setTop(_ number: Int) {
        let node = node(number)
        guard node.prefixLength >= topBits else { return }
        tops[top(of: node)].store(UInt32(number), ordering: .releasing)
    }

    private func top(of node: LPMNode) -> Int {
        let word = UInt64(bigEndian: node.address.atomic64(LPMNode.headerSize).pointee.load(ordering: .relaxed))
        return Int(truncatingIfNeeded: word &>> UInt64(64 &- topBits))
    }

    private func insert(_ key: LPMKey, _ value: UnsafeRawPointer) {
        let way = way(to: key)
        if way.number != 0, way.match == key.prefixLength, node(way.number).prefixLength == way.match {
            // An intermediate node becomes an element.
            self.value(way.number).storeWords(from: value, bytes: valueSize)
            node(way.number).setData(key)
            node(way.number).set(.element)
            noteShort(key, way.number)
            return
        }
        let number = nursery.pointee.take(domain)
        let node = node(number)
        node.setData(key)
        self.value(number).storeWords(from: value, bytes: valueSize)
        node.initialize(.element, prefixLength: key.prefixLength, children: (0, 0))
        if way.number == 0 {
            link(number, below: way.parent, key)
        } else if way.match == key.prefixLength {
            // Above a node with a longer prefix.
            node.child(bit(of: way.number, way.match)).pointee.store(UInt32(way.number), ordering: .relaxed)
            self.node(way.number).parent = number
            link(number, below: way.parent, key)
        } else {
            let fork = nursery.pointee.take(domain)
            self.node(fork).setData(key)
            let children = key.bit(way.match) == 0 ? (number, way.number) : (way.number, number)
            self.node(fork).initialize(.intermediate, prefixLength: way.match, children: children)
            node.parent = fork
            self.node(way.number).parent = fork
            link(fork, below: way.parent, key)
            if way.match < topBits { setTop(number) }
        }
        noteShort(key, number)
    }

    /// A bit of a node's prefix.
    private func bit(of number: Int, _ position: Int) -> Int {
        let word = node(number).address.atomic64(LPMNode.headerSize &+ position &>> 6 &* 8)
            .pointee.load(ordering: .relaxed)
        return Int(truncatingIfNeeded: UInt64(bigEndian: word) &>> UInt64(63 &- position & 63) & 1)
    }

    /// Notes the element of a short prefix, or that there is none any more (0).
    private func noteShort(_ key: LPMKey, _ number: Int) {
        let length = key.prefixLength
        guard length < topBits else { return }
        short(key, length).pointee.store(UInt32(number), ordering: .releasing)
        nursery.pointee.shortCounts[length] += number == 0 ? -1 : 1
        let bit: UInt32 = 1 &<< UInt32(length)
        let lengths = shortLengths.load(ordering: .relaxed)
        shortLengths.store(
            nursery.pointee.shortCounts[length] > 0 ? lengths | bit : lengths & ~bit, ordering: .releasing)
    }

    /// Hot path. `bpf_map_delete_elem`: trie_delete_elem, kernel/bpf/lpm_trie.c.
    func delete(_ key: LPMKey) -> MapStatus {
        guard key.prefixLength <= maxPrefixLength else { return .invalid }
        lock.lock()
        defer { lock.unlock() }
        let way = way(to: key)
        guard way.number != 0, way.match == key.prefixLength, node(way.number).prefixLength == way.match,
            node(way.number).isElement
        else { return .noEntry }
        noteShort(key, 0)
        count.store(count.load(ordering: .relaxed) &- 1, ordering: .relaxed)
        let node = node(way.number)
        let children = (node.next(0), node.next(1))
        if children.0 != 0 && children.1 != 0 {
            node.set(.intermediate)
            return .done
        }
        let isTop = way.match >= topBits && (way.parent == 0 || self.node(way.parent).prefixLength < topBits)
        let isLeaf = children.0 == 0 && children.1 == 0
        if isTop && isLeaf { tops[top(of: node)].store(0, ordering: .releasing) }
        if isLeaf, way.parent != 0, !self.node(way.parent).isElement {
            // The place where two parted ways is one no more: the other one moves up.
            let parent = self.node(way.parent)
            let other = parent.next(1 &- key.bit(parent.prefixLength))
            link(other, below: parent.parent, key)
            retire(way.parent)
        } else {
            link(children.0 | children.1, below: way.parent, key)
        }
        retire(way.number)
        return .done
    }

    private func retire(_ number: Int) {
        node(number).set(.none)
        nursery.pointee.retire(number, domain)
    }

    /// Deletes everything, an element at a time.
    func clear() {
        withUnsafeTemporaryAllocation(byteCount: LPMKey.headerSize + dataBytes, alignment: 8) { buffer in
            let key = buffer.baseAddress!
            var position = 0
            while next(from: &position, key: key, value: nil) { _ = delete(self.key(key)) }
        }
    }
}
