import CLinux
import Glibc

extension AFPacketPort {
    /// Slots that are filled for one send once the kernel has refused a frame of the burst: what is behind a refused
    /// frame is filled in anew.
    private static let slotsAfterRefusal = 16

    /// Hot path, worker only. The frames up to `end` fit the ring's slots.
    func sendByRing(_ burst: inout TransmitBurst, _ end: Int) {
        let ring = state.pointee.transmitRing
        var most = Self.transmitBatch
        while burst.next < end {
            let first = state.pointee.transmitPosition
            var position = first
            var filled = 0
            var bytes = 0
            while filled < most && burst.next &+ filled < end && ring.isFree(position) {
                let frame = burst.frame(burst.next &+ filled)
                ring.fill(position, with: frame)
                bytes &+= Int(frame.pointee.length)
                filled &+= 1
                position = ring.next(position)
            }
            if filled == 0 {
                // The device has not sent what is in the ring.
                burst.dropRest(.txQueueFull)
                return
            }
            // The result is the bytes that the kernel took, or what it had against a frame.
            let result = send(state.pointee.ringSender.descriptor, nil, 0, Int32(MSG_DONTWAIT))
            if result == bytes {
                state.pointee.transmitPosition = position
                burst.accept(filled)
                state.pointee.refusedBursts = 0
                continue
            }
            let error = result < 0 ? errno : EAGAIN
            if takeBack(&burst, first, filled) { refuse(&burst, error) }
            most = Self.slotsAfterRefusal
        }
    }

    /// Where the kernel has stopped at a frame: accepts those before it and empties the slots from it on.
    @inline(never)
    private func takeBack(_ burst: inout TransmitBurst, _ first: Int, _ filled: Int) -> Bool {
        let ring = state.pointee.transmitRing
        var position = first
        var accepted = 0
        while accepted < filled && !ring.isRefused(position) {
            accepted &+= 1
            position = ring.next(position)
        }
        state.pointee.transmitPosition = position
        burst.accept(accepted)
        for _ in accepted..<filled {
            ring.takeBack(position)
            position = ring.next(position)
        }
        return accepted < filled
    }
}
