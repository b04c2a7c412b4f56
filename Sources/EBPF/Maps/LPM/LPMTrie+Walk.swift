import Synchronization

extension LPMTrie {
    /// Copies the first element at or behind number `position`, and moves `position` behind it.
    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        while position < nursery.pointee.used - 1 {
            position += 1
            guard node(position).isElement else { continue }
            node(position).copyKey(to: key, dataBytes: dataBytes)
            if let value { self.value(position).loadWords(to: value, bytes: valueSize) }
            return true
        }
        return false
    }

    /// Copies the key that comes behind `key` as in Linux's walk: longer prefixes before those that contain them, bit 0
    /// before bit 1. The first one for nil and for a key that is not in the trie. False behind the last one.
    func nextKey(after key: LPMKey?, into next: UnsafeMutableRawPointer) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        let number: Int
        if let key, key.prefixLength <= maxPrefixLength, findExactly(key) != 0 {
            number = successor(of: key)
        } else {
            number = first(below: Int(root.load(ordering: .relaxed)))
        }
        guard number != 0 else { return false }
        node(number).copyKey(to: next, dataBytes: dataBytes)
        return true
    }

    /// The element that is first in a subtree, 0 for none.
    private func first(below number: Int) -> Int {
        var first = 0
        var number = number
        while number != 0 {
            let node = node(number)
            if node.isElement { first = number }
            let left = node.next(0)
            number = left != 0 || !node.isElement ? left : node.next(1)
        }
        return first
    }

    /// The key is in the trie.
    private func successor(of key: LPMKey) -> Int {
        // Of the nodes on the way, the deepest behind which something is left decides.
        var subtree = 0
        var element = 0
        var number = Int(root.load(ordering: .relaxed))
        while number != 0 {
            let node = node(number)
            let length = node.prefixLength
            guard length < key.prefixLength else { break }
            let bit = key.bit(length)
            let right = node.next(1)
            if bit == 0 && right != 0 {
                (subtree, element) = (right, 0)
            } else if node.isElement {
                (subtree, element) = (0, number)
            }
            number = node.next(bit)
        }
        return subtree != 0 ? first(below: subtree) : element
    }
}
