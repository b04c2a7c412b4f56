/// Where the elements of an array are, for whoever computes their addresses himself.
extension MapCore {
    public struct Elements {
        /// Element 0 of worker 0.
        public let base: UnsafeMutableRawPointer
        public let count: UInt32
        /// Bytes from an element to the next.
        public let stride: Int
        /// Bytes from a worker's elements to the next worker's; 0 where all workers share them.
        public let workerStride: Int
    }

    /// Nil for maps that are no arrays.
    public var elements: Elements? {
        switch kind {
        case .array(let map): Elements(base: map.values, count: map.count, stride: map.stride, workerStride: 0)
        case .perCPUArray(let map):
            Elements(base: map.values, count: map.count, stride: map.stride, workerStride: map.slotStride)
        default: nil
        }
    }
}
