import Object
import PacketIO

/// Why the dataplane refused a change. What is refused changes nothing.
public enum SwitchError: Error, CustomStringConvertible {
    case invalidOption(String)
    case invalidName(String)
    case switchExists(String)
    /// A dataplane has up to 256 switches.
    case tooManySwitches
    case noSuchSwitch(String)
    case portExists(String)
    case noSuchPort(String)
    /// Port numbers are 0 to 253.
    case invalidPortNumber(UInt8)
    case portNumberTaken(UInt8)
    /// All 254 port numbers are in use.
    case switchFull
    /// Another port of the dataplane has the interface.
    case interfaceInUse(String)
    case noSuchInterface(String)
    /// A switch takes `vale` programs.
    case wrongProgramType(ProgramType)
    /// The chain of a port takes `xdp` programs.
    case notXDP(ProgramType)
    /// The program is for the elements of a devmap or cpumap.
    case notForPorts(String)
    /// A chain has up to 10 programs.
    case chainTooLong(Int)
    /// A switch has up to 8 taps.
    case tooManyTaps
    case port(PortError)
    /// A system call failed: its name and errno.
    case system(String, Int32)

    public var description: String {
        switch self {
        case .invalidOption(let text): "invalid option: \(text)"
        case .invalidName(let name): "invalid name: \(name)"
        case .switchExists(let name): "switch \(name) exists"
        case .tooManySwitches: "the dataplane has 256 switches already"
        case .noSuchSwitch(let name): "no switch \(name)"
        case .portExists(let name): "port \(name) exists"
        case .noSuchPort(let name): "no port \(name)"
        case .invalidPortNumber(let number): "port number \(number) is not in 0...253"
        case .portNumberTaken(let number): "port number \(number) is taken"
        case .switchFull: "the switch has 254 ports already"
        case .interfaceInUse(let name): "interface \(name) is in use by another port"
        case .noSuchInterface(let name): "no interface \(name)"
        case .wrongProgramType(let type): "a switch takes vale programs, not \(type.rawValue)"
        case .notXDP(let type): "a port takes xdp programs, not \(type.rawValue)"
        case .notForPorts(let name): "\(name) is for elements of devmaps or cpumaps, not for ports"
        case .chainTooLong(let count): "\(count) programs, a port has up to \(XDPAttachment.maximumPrograms)"
        case .tooManyTaps: "the switch has \(VALESwitch.maximumTaps) captures at work already"
        case .port(let error): "\(error)"
        case .system(let call, let errno): "\(call): errno \(errno)"
        }
    }
}
