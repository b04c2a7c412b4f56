import CLinux
import Glibc

extension PortIO {
    /// Before a port is closed, so that its worker can forward what came in until then: a socket takes in no frame from
    /// here on. Any thread but the worker's.
    public func refuseFrames() {
        guard case .afPacket(let port) = self, clinux_refuse_frames(port.descriptor) == 0 else { return }
        // Frames that another CPU has past the old filter reach the ring meanwhile.
        usleep(1000)
    }
}
