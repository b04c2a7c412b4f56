import Object

/// Where native code finds the fields of the structs that it shares with Swift.
enum NativeLayout {
    private static func offset<Root, Value>(_ path: PartialKeyPath<Root>, plus inner: PartialKeyPath<Value>) -> Int32 {
        offset(path) + offset(inner)
    }
    private static func offset<Root>(_ path: PartialKeyPath<Root>) -> Int32 {
        guard let offset = MemoryLayout<Root>.offset(of: path) else { preconditionFailure("no stored property") }
        return Int32(offset)
    }

    enum State {
        static let registers = offset(\RunState.registers)
        static let contextMemory = offset(\RunState.context)
        static let packetStart = offset(\RunState.packetStart)
        static let packetEnd = offset(\RunState.packetEnd)
        static let packetMeta = offset(\RunState.packetMeta)
        static let slot = offset(\RunState.slot)
        static let faults = offset(\RunState.faults)
        static let helperCost = offset(\RunState.helperCost)
        static let helperFault = offset(\RunState.helperFault)
        static let faultSlot = offset(\RunState.faultSlot)
        static let faultAddress = offset(\RunState.faultAddress)
        static let context = offset(\RunState.native, plus: \NativeBurst.context)
        static let end = offset(\RunState.native, plus: \NativeBurst.end)
        static let result = offset(\RunState.native, plus: \NativeBurst.result)
        static let stackPointer = offset(\RunState.native, plus: \NativeBurst.stackPointer)
        static let fuelLimit = offset(\RunState.native, plus: \NativeBurst.fuelLimit)
        static let firstFuel = offset(\RunState.native, plus: \NativeBurst.firstFuel)
        static let firstTailCalls = offset(\RunState.native, plus: \NativeBurst.firstTailCalls)
        static let tailCalls = offset(\RunState.native, plus: \NativeBurst.tailCalls)
        static let didTailCall = offset(\RunState.didTailCall)
        static let fuel = offset(\RunState.native, plus: \NativeBurst.fuel)
        static let bases = offset(\RunState.bases, plus: \ValueBases.addresses)
        static let heldLock = offset(\RunState.native, plus: \NativeBurst.heldLock)
        static let callbacks = offset(\RunState.native, plus: \NativeBurst.callbacks)
        static let stackTop = offset(\RunState.native, plus: \NativeBurst.stackTop)
    }

    enum Frame {
        static let data = offset(\FrameContext.data)
        static let dataEnd = offset(\FrameContext.dataEnd)
        static let dataMeta = offset(\FrameContext.dataMeta)
        static let ingressPort = offset(\FrameContext.ingressPort)
        static let ingressIfindex = offset(\FrameContext.ingressIfindex)
        static let egressIfindex = offset(\FrameContext.egressIfindex)
        static let ring = offset(\FrameContext.ring)
        static let redirect = offset(\FrameContext.redirect, plus: \Redirect.kind)
        static let stride = Int32(MemoryLayout<FrameContext>.stride)
    }

    enum Result {
        static let value = offset(\RunResult.value)
        static let fault = offset(\RunResult.fault)
        static let stride = Int32(MemoryLayout<RunResult>.stride)
    }
}

extension NativeLayout {
    /// A field of a context: its bytes in the frame, and its place in the frame and in the context's memory, where it
    /// takes 8 bytes or 4.
    struct ContextField {
        var bytes: Int
        var frame: Int32
        var context: Int32
    }

    static func contextFields(_ type: ProgramType) -> [ContextField] {
        type == .vale ? valeFields : xdpFields
    }

    private static let valeFields = [
        ContextField(bytes: 8, frame: Frame.data, context: Int32(ValeContext.data)),
        ContextField(bytes: 8, frame: Frame.dataEnd, context: Int32(ValeContext.dataEnd)),
        ContextField(bytes: 4, frame: Frame.ingressPort, context: Int32(ValeContext.ingressPort)),
        ContextField(bytes: 1, frame: Frame.ring, context: Int32(ValeContext.ring)),
    ]

    /// Of the first three fields what verified programs load: the pointers.
    private static let xdpFields = [
        pointer(Frame.data, XDPContext.data), pointer(Frame.dataEnd, XDPContext.dataEnd),
        pointer(Frame.dataMeta, XDPContext.dataMeta),
        ContextField(bytes: 4, frame: Frame.ingressIfindex, context: Int32(XDPContext.ingressIfindex)),
        ContextField(bytes: 1, frame: Frame.ring, context: Int32(XDPContext.rxQueueIndex)),
        ContextField(bytes: 4, frame: Frame.egressIfindex, context: Int32(XDPContext.egressIfindex)),
    ]

    private static func pointer(_ frame: Int32, _ field: Int) -> ContextField {
        ContextField(bytes: 8, frame: frame, context: Int32(field + XDPContext.pointerDistance(field: field)))
    }
}
