extension MapCore {
    /// Copies the key of the first element at or behind `position`, and moves `position` behind it. False at the end.
    ///
    /// A walk from 0 ends, whatever is inserted and deleted meanwhile, and meets every element that lives through it once.
    public func nextKey(from position: inout Int, into key: UnsafeMutableRawPointer) -> Bool {
        kind.next(from: &position, key: key, value: nil)
    }
}
