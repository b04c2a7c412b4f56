import Object
import Synchronization

/// The elements of a map of objects as user space has them: it keeps what they refer to, and lets go of it when no worker
/// may use it any more.
final class References: @unchecked Sendable {
    private let attributes: MapAttributes
    /// What the maps within are like.
    private let inner: MapAttributes?
    private let domain: WorkerDomain
    private let words: UnsafeMutableRawPointer
    private let hash: HashMap?
    private let state = Mutex(State())

    /// What keeps an element's object and its `RedirectTarget`.
    private final class Element: @unchecked Sendable {
        let key: [UInt8]
        let reference: MapReference?
        let target: UnsafeMutablePointer<RedirectTarget>?
        let value: [UInt8]

        /// Of a map or a program.
        init(key: [UInt8], _ reference: MapReference) {
            self.key = key
            self.reference = reference
            target = nil
            value = Self.bytes(reference.id)
        }

        /// Of a redirect target.
        init(key: [UInt8], target number: UInt32, program: MapReference?, valueSize: Int) {
            self.key = key
            reference = program
            let target = UnsafeMutablePointer<RedirectTarget>.allocate(capacity: 1)
            target.initialize(
                to: RedirectTarget(target: number, programID: program?.id ?? 0, program: program?.address ?? 0))
            self.target = target
            value = Array((Self.bytes(number) + Self.bytes(program?.id ?? 0)).prefix(valueSize))
        }

        deinit { target?.deallocate() }

        var word: UInt { target.map { UInt(bitPattern: $0) } ?? reference?.address ?? 0 }

        private static func bytes(_ number: UInt32) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
    }

    private struct State {
        /// By place in `words`.
        var elements: [Int: Element] = [:]
        /// Of elements with keys of their own.
        var places: [[UInt8]: Int] = [:]
        var freePlaces: [Int] = []
        var nextPlace = 0
        /// Elements that workers may still use, each with the epoch after which none does.
        var retired: [(epoch: UInt64, element: Element)] = []
        /// `MapReference.kind` of the first one.
        var kind: UInt64?
        /// Those who keep the map for use: without any it lets go of its programs.
        var owners = 0
    }

    init(
        _ attributes: MapAttributes, inner: MapAttributes?, domain: WorkerDomain, words: UnsafeMutableRawPointer,
        hash: HashMap?
    ) {
        self.attributes = attributes
        self.inner = inner
        self.domain = domain
        self.words = words
        self.hash = hash
    }

    var count: Int { state.withLock { $0.elements.count } }

    func bytes(_ key: UnsafeRawPointer) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: key, count: attributes.keySize))
    }

    // MARK: Places

    /// Nil past the end of an array, and for a key that is not there.
    func position(_ key: [UInt8]) -> Int? { state.withLock { place($0, key) } }

    private func place(_ state: State, _ key: [UInt8]) -> Int? {
        guard hash == nil else { return state.places[key] }
        let index = key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        return Int(index) < attributes.maxEntries ? Int(index) : nil
    }

    private func element(_ state: State, _ key: [UInt8]) -> Element? {
        place(state, key).flatMap { state.elements[$0] }
    }

    func copy(_ key: [UInt8], to value: UnsafeMutableRawPointer) -> Bool {
        guard let element = state.withLock({ element($0, key) }) else { return false }
        value.copyMemory(from: element.value, byteCount: attributes.valueSize)
        return true
    }

    func copyElement(at place: Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        guard let element = state.withLock({ $0.elements[place] }) else { return false }
        key.copyMemory(from: element.key, byteCount: attributes.keySize)
        value?.copyMemory(from: element.value, byteCount: attributes.valueSize)
        return true
    }

    func reference(_ key: [UInt8]) -> MapReference? { state.withLock { element($0, key)?.reference } }

    func target(_ key: [UInt8]) -> RedirectTarget? {
        state.withLock { element($0, key)?.target?.pointee }
    }

    /// Each element's key, and what it refers to.
    var all: [(key: [UInt8], reference: MapReference?, target: RedirectTarget?)] {
        state.withLock { state in
            state.elements.keys.sorted().compactMap { place in
                state.elements[place].map { ($0.key, $0.reference, $0.target?.pointee) }
            }
        }
    }

    // MARK: Writing

    /// What raw bytes can say: a redirect target without a program.
    func set(_ key: [UInt8], value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        guard attributes.type.holdsRedirectTargets else { return .badReference }
        let number = value.loadUnaligned(as: UInt32.self)
        if attributes.valueSize == 8, value.loadUnaligned(fromByteOffset: 4, as: Int32.self) > 0 {
            return .badReference
        }
        return set(key, target: number, program: nil, flags: flags)
    }

    /// A map or a program.
    func set(_ key: [UInt8], _ reference: MapReference, flags: UInt64) -> MapStatus {
        guard !attributes.type.holdsRedirectTargets else { return .invalid }
        if hash == nil && flags != UpdateMode.any.rawValue || flags > UpdateMode.exist.rawValue { return .invalid }
        return store(Element(key: key, reference), flags: flags)
    }

    /// Where frames go. As Linux's maps refuse it: kernel/bpf/devmap.c, cpumap.c, net/xdp/xskmap.c.
    func set(_ key: [UInt8], target number: UInt32, program: MapReference?, flags: UInt64) -> MapStatus {
        guard attributes.type.holdsRedirectTargets, flags <= UpdateMode.exist.rawValue else { return .invalid }
        if program != nil && attributes.valueSize < 8 { return .invalid }
        let element = Element(key: key, target: number, program: program, valueSize: attributes.valueSize)
        switch attributes.type {
        case .devmapHash: return number == 0 ? .invalid : store(element, flags: flags & UpdateMode.noExist.rawValue)
        case .xskmap: return store(element, flags: flags)
        default: break
        }
        guard let place = position(key) else { return .tooBig }
        if flags == UpdateMode.noExist.rawValue { return .exists }
        if attributes.type == .cpumap {
            if number > Self.mostQueued { return .overflow }
            if place >= domain.workers { return .noDevice }
        }
        guard number == 0 else { return store(element, flags: UpdateMode.any.rawValue) }
        guard program == nil || attributes.type == .cpumap else { return .invalid }
        _ = remove(key)
        return .done
    }

    /// Frames that may wait for a CPU of a cpumap.
    private static let mostQueued: UInt32 = 16384

    private func store(_ element: Element, flags: UInt64) -> MapStatus {
        var garbage: [Element] = []
        let (status, waits) = state.withLock { state -> (MapStatus, Bool) in
            let known = place(state, element.key)
            if hash == nil && known == nil { return (.tooBig, false) }
            let old = known.flatMap { state.elements[$0] }
            if flags == UpdateMode.noExist.rawValue && old != nil { return (.exists, false) }
            if flags == UpdateMode.exist.rawValue && old == nil { return (.noEntry, false) }
            if let reference = element.reference, !attributes.type.holdsRedirectTargets {
                guard state.kind ?? reference.kind == reference.kind else { return (.invalid, false) }
            }
            guard let place = known ?? takePlace(&state) else { return (.tooBig, false) }
            if let hash {
                let status = withUnsafeBytes(of: UInt64(element.word)) { word in
                    element.key.withUnsafeBytes { hash.write($0.start, word.start, flags: UpdateMode.any.rawValue) }
                }
                guard status == .done else {
                    if known == nil { state.freePlaces.append(place) }
                    return (status, false)
                }
                state.places[element.key] = place
            }
            if let reference = element.reference, !attributes.type.holdsRedirectTargets { state.kind = reference.kind }
            state.elements[place] = element
            words.atomic64(place * 8).pointee.store(UInt64(element.word), ordering: .releasing)
            if let old { retire(old, &state) }
            garbage = collect(&state)
            return (.done, old != nil)
        }
        if waits { reclaim() }
        return withExtendedLifetime(garbage) { status }
    }

    private func takePlace(_ state: inout State) -> Int? {
        if let place = state.freePlaces.popLast() { return place }
        guard state.nextPlace < attributes.maxEntries else { return nil }
        state.nextPlace += 1
        return state.nextPlace - 1
    }

    func remove(_ key: [UInt8]) -> MapStatus {
        let status = state.withLock { state -> MapStatus in
            guard let place = place(state, key) else {
                if hash != nil { return .noEntry }
                return attributes.type.holdsRedirectTargets ? .invalid : .tooBig
            }
            guard unset(place, &state) else { return attributes.type.holdsRedirectTargets ? .done : .noEntry }
            return .done
        }
        reclaim()
        return status
    }

    func removeAll() {
        state.withLock { state in
            for place in Array(state.elements.keys) { _ = unset(place, &state) }
        }
        reclaim()
    }

    /// Of a map without owners.
    func removePrograms() {
        state.withLock { state in
            for (place, element) in state.elements {
                guard let object = element.reference?.object, !(object is Map) else { continue }
                _ = unset(place, &state)
            }
        }
        reclaim()
    }

    /// Whether there was an element.
    private func unset(_ place: Int, _ state: inout State) -> Bool {
        guard let element = state.elements.removeValue(forKey: place) else { return false }
        if let hash {
            _ = element.key.withUnsafeBytes { hash.remove($0.start) }
            state.places[element.key] = nil
            state.freePlaces.append(place)
        }
        words.atomic64(place * 8).pointee.store(0, ordering: .releasing)
        retire(element, &state)
        return true
    }

    // MARK: Letting go

    private func retire(_ element: Element, _ state: inout State) {
        state.retired.append((domain.retire(), element))
    }

    /// What no worker uses any more; to be released without the lock.
    private func collect(_ state: inout State) -> [Element] {
        var left: [(epoch: UInt64, element: Element)] = []
        var garbage: [Element] = []
        for item in state.retired {
            if domain.hasPassed(item.epoch) { garbage.append(item.element) } else { left.append(item) }
        }
        state.retired = left
        return garbage
    }

    /// Waits a short time for workers to pass a quiescent point; what they still may use then is let go of by a later
    /// write.
    private func reclaim() {
        guard state.withLock({ !$0.retired.isEmpty }) else { return }
        _ = domain.waitForQuiescence()
        let garbage = state.withLock { collect(&$0) }
        withExtendedLifetime(garbage) {}
    }

    /// Objects that were removed and are still kept.
    var retiredCount: Int { state.withLock { $0.retired.count } }

    func addOwner() { state.withLock { $0.owners += 1 } }

    /// True where it was the last.
    func removeOwner() -> Bool {
        state.withLock { state in
            state.owners -= 1
            return state.owners == 0
        }
    }

    // MARK: What programs hold

    private func contains(where isMatch: (Element) -> Bool) -> Element? {
        state.withLock { state in
            state.elements.values.first(where: isMatch) ?? state.retired.first { isMatch($0.element) }?.element
        }
    }

    func mayBeUsed(_ address: UInt) -> Bool { contains { $0.word == address } != nil }

    func value(_ address: UnsafeRawPointer, bytes: Int) -> ReferencedValue? {
        var found: ReferencedValue?
        _ = contains { element in
            if let map = element.reference?.object as? Map, let start = map.core.valueStart(address, bytes: bytes) {
                found = ReferencedValue(
                    start: UInt(bitPattern: start), bytes: map.attributes.valueSize,
                    isReadable: !map.attributes.flags.contains(.writeOnlyProgram),
                    isWritable: !map.attributes.flags.contains(.readOnlyProgram))
            } else if let target = element.target {
                let offset = address - UnsafeRawPointer(target)
                guard offset >= 0, offset <= attributes.valueSize, bytes <= attributes.valueSize - offset else {
                    return false
                }
                found = ReferencedValue(
                    start: UInt(bitPattern: target), bytes: attributes.valueSize, isReadable: true, isWritable: false)
            }
            return found != nil
        }
        return found
    }
}

extension MapType {
    /// Whether programs redirect frames through it.
    public var holdsRedirectTargets: Bool {
        self == .devmap || self == .devmapHash || self == .cpumap || self == .xskmap
    }

    /// Whether its elements refer to maps or programs, or say where frames go.
    public var holdsReferences: Bool { holdsMaps || holdsRedirectTargets || self == .progArray }
}
