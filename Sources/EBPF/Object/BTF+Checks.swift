extension BTF {
    /// Refuses what a walk over types or values could trip over: ids of no type, types that contain themselves,
    /// members outside of their structure, values that have far more parts than bytes.
    func check(section: String?) throws(ObjectError) {
        var walk = ContainmentWalk(btf: self, section: section)
        for id in types.indices {
            for reference in types[id].references where reference >= types.count {
                throw ObjectError(
                    .malformed, section: section, "type \(id) refers to type \(reference) of \(types.count)")
            }
        }
        for id in types.indices { try walk.visit(TypeID(id), depth: 0) }
        for id in types.indices {
            switch types[id] {
            case .structure(let type), .union(let type): try checkMembers(id, type, section)
            case .dataSection(let type): try checkVariables(id, type, section)
            default: break
            }
        }
    }

    private func checkVariables(_ id: Int, _ type: DataSection, _ section: String?) throws(ObjectError) {
        for entry in type.variables {
            switch types[Int(entry.type)] {
            case .variable, .function: break
            default:
                throw ObjectError(
                    .malformed, section: section, "type \(id): type \(entry.type) in a data section is no variable")
            }
        }
    }

    private func checkMembers(_ id: Int, _ type: Composite, _ section: String?) throws(ObjectError) {
        for member in type.members {
            let bits =
                member.bitFieldSize ?? (size(of: member.type) ?? 0).multipliedReportingOverflow(by: 8).partialValue
            let (end, overflow) = member.bitOffset.addingReportingOverflow(bits)
            guard !overflow, bits >= 0, end <= type.size * 8 else {
                throw ObjectError(
                    .malformed, section: section,
                    "type \(id): member \"\(member.name ?? "")\" ends beyond the \(type.size) bytes of its structure")
            }
            if member.bitFieldSize != nil {
                switch resolved(member.type) {
                case .integer, .enumeration: break
                default:
                    throw ObjectError(
                        .malformed, section: section,
                        "type \(id): bit field \"\(member.name ?? "")\" is of no integer type")
                }
            }
        }
    }
}

/// Walks from types to what their values hold, and counts it.
private struct ContainmentWalk {
    let btf: BTF
    let section: String?
    /// For each type: nil not seen, -1 under way, else how deep its parts are nested.
    private var heights: [Int?]
    /// For each type: parts that a value expands to, saturating.
    private var parts: [Int]

    init(btf: BTF, section: String?) {
        self.btf = btf
        self.section = section
        heights = [Int?](repeating: nil, count: btf.types.count)
        parts = [Int](repeating: 1, count: btf.types.count)
    }

    mutating func visit(_ id: BTF.TypeID, depth: Int) throws(ObjectError) {
        let index = Int(id)
        if let height = heights[index] {
            guard height >= 0 else { throw ObjectError(.malformed, section: section, "type \(id) contains itself") }
            return
        }
        guard depth <= BTF.deepest else { throw tooDeep(id) }
        heights[index] = -1
        var height = 0
        var count = 1
        for child in btf.types[index].contained {
            try visit(child, depth: depth + 1)
            height = max(height, (heights[Int(child)] ?? 0) + 1)
            count = saturating(count.addingReportingOverflow(parts[Int(child)]))
        }
        if case .array(let array) = btf.types[index] {
            count = saturating(parts[Int(array.element)].multipliedReportingOverflow(by: max(1, array.count)))
        }
        guard height <= BTF.deepest else { throw tooDeep(id) }
        let isSection = if case .dataSection = btf.types[index] { true } else { false }
        if !isSection, let size = btf.size(of: id), count > 4096, count / 16 > size {
            throw ObjectError(.tooLarge, section: section, "type \(id) has \(count) parts in \(size) bytes")
        }
        heights[index] = height
        parts[index] = count
    }

    private func tooDeep(_ id: BTF.TypeID) -> ObjectError {
        ObjectError(.tooLarge, section: section, "type \(id) is nested more than \(BTF.deepest) deep")
    }

    private func saturating(_ result: (partialValue: Int, overflow: Bool)) -> Int {
        result.overflow ? Int.max / 2 : result.partialValue
    }
}

extension BTF.Kind {
    /// Every type that this one names.
    fileprivate var references: [BTF.TypeID] {
        switch self {
        case .pointer(let target): [target]
        case .array(let array): [array.element, array.index]
        case .function(let function): [function.prototype]
        case .prototype(let prototype): [prototype.result] + prototype.parameters.map(\.type)
        case .declTag(let tag): [tag.target]
        default: contained
        }
    }

    /// The types that a value of this one holds or stands for.
    fileprivate var contained: [BTF.TypeID] {
        switch self {
        case .array(let array): [array.element]
        case .structure(let type), .union(let type): type.members.map(\.type)
        case .typedef(_, let target), .volatile(let target), .const(let target), .restrict(let target),
            .typeTag(_, let target):
            [target]
        case .variable(let variable): [variable.type]
        case .dataSection(let section): section.variables.map(\.type)
        default: []
        }
    }
}
