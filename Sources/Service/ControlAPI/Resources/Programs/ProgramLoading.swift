import Engine
import Foundation
import Maps
import Object
import Switching

/// Loads an upload that was verified, without a trace until it is committed. Control queue only.
struct ProgramLoading {
    let name: String
    let control: Control
    let state: ControlState
    let upload: ProgramUpload
    let verifier: ObjectVerifier

    /// An object that was loaded, and what it changes.
    struct Loaded {
        var record: ProgramRecord
        var isNew: Bool
        var maps: [MapRecord]
        var dropped: [String]
        var attachments: [AttachmentRecord]
        var programs: [Dataplane.ProgramChange]
    }

    func load(replacing old: ProgramRecord?) throws(Problem) -> Loaded {
        let file = verifier.file
        if let function = file.programs.first(where: { !Names.isFunctionName($0.name) }) {
            throw Problem(.invalidObject, "function \(function.name): the name can't be part of a URL")
        }
        var options = try LoadOptions(upload.options, file, state)
        options.name = name
        options.program = control.programOptions
        let pinned = try pinnedMaps(file, &options)
        let object: LoadedObject
        do {
            object = try LoadedObject(
                verifier, options: options, domain: control.dataplane.domain, trace: control.trace,
                replacing: old?.object)
        } catch {
            throw Problem(error)
        }
        var record = ProgramRecord(
            name: name, object: object, spec: upload.spec, loaded: Date(), mapNames: [], borrowed: [])
        var maps = pinned
        let taken = Set(object.maps.map(\.definition.name))
        for (index, loaded) in object.maps.enumerated() {
            let symbol = loaded.definition.name
            if let borrowed = options.useMaps[symbol] {
                record.mapNames.append(borrowed.name)
                record.borrowed.insert(borrowed.name)
                continue
            }
            let plain = symbol.hasPrefix(".") ? String(symbol.dropFirst()) : symbol
            let mapName = "\(name).\(plain != symbol && taken.contains(plain) ? symbol : plain)"
            guard Names.isMapName(mapName) else {
                throw Problem(.invalidObject, "map \(symbol): the name can't be part of a URL")
            }
            record.mapNames.append(mapName)
            maps.append(
                MapRecord(
                    name: mapName, map: loaded.map, schema: MapSchema(object.file, mapIndex: index), program: name,
                    symbol: symbol, isFrozen: loaded.frozen))
        }
        let dropped = (old?.mapNames ?? []).filter {
            !record.mapNames.contains($0) && !(old?.borrowed.contains($0) ?? false)
        }
        let (attachments, programs) = try attach(object)
        return Loaded(
            record: record, isNew: old == nil, maps: maps, dropped: dropped, attachments: attachments,
            programs: programs)
    }

    /// Maps that the source pins by name: those that stand by themselves, made where there are none.
    private func pinnedMaps(_ file: ObjectFile, _ options: inout LoadOptions) throws(Problem) -> [MapRecord] {
        var made: [MapRecord] = []
        for definition in file.maps where definition.pinnedByName && options.useMaps[definition.name] == nil {
            if let existing = state.maps[definition.name] {
                options.useMaps[definition.name] = existing.map
                continue
            }
            guard Names.isName(definition.name) else {
                throw Problem(.invalidObject, "map \(definition.name): the name can't be part of a URL")
            }
            var attributes = definition.attributes
            attributes.maxEntries = options.maxEntries[definition.name] ?? attributes.maxEntries
            do {
                let domain = control.dataplane.domain
                let map = try Map(attributes.adjusted(domain), domain: domain, name: definition.name)
                options.useMaps[definition.name] = map
                made.append(MapRecord(name: definition.name, map: map))
            } catch {
                throw Problem(LoadError.map(name: definition.name, error))
            }
        }
        return made
    }

    /// The programs of the new object for the switches and ports that the old one is attached to.
    private func attach(_ object: LoadedObject) throws(Problem) -> ([AttachmentRecord], [Dataplane.ProgramChange]) {
        var attachments: [AttachmentRecord] = []
        var programs: [Dataplane.ProgramChange] = []
        for var attachment in state.attachments(of: name) {
            do {
                let program = try object.program(function: attachment.asked, type: .vale)
                attachment.function = program.name
                attachments.append(attachment)
                programs.append(.program(try state.switch(attachment.switchName).vale, program))
            } catch let error as LoadError {
                var problem = Problem.conflict("it is attached to switch \(attachment.switchName), but \(error)")
                if case .rejected(let rejection) = error { problem.members = Problem(rejection).members }
                throw problem
            } catch {
                throw .conflict("\(error)")
            }
        }
        for (record, port) in state.ports(of: name) {
            do {
                let chain = try PortChain.resolve(port.spec, in: state, replacing: (name, object))
                programs.append(.chain(record.vale, port: port.name, chain, isTimed: port.spec.xdpTiming))
            } catch {
                var problem = Problem.conflict(
                    "it is attached to port \(port.name) of switch \(record.name), but \(error.detail)")
                problem.members = error.members
                throw problem
            }
        }
        return (attachments, programs)
    }
}

extension ProgramLoading.Loaded {
    func applied(to state: ControlState) -> ControlState {
        var state = state
        for name in dropped { state.maps[name] = nil }
        for map in maps { state.maps[map.name] = map }
        state.programs[record.name] = record
        for attachment in attachments { state.switches[attachment.switchName]?.attachment = attachment }
        return state
    }

    /// Swaps the programs of all switches between the same two bursts.
    func commit(_ control: Control) throws(Problem) {
        if !programs.isEmpty {
            do {
                try control.dataplane.setPrograms(programs)
            } catch {
                throw Problem(error)
            }
        }
        control.change { $0 = applied(to: $0) }
        for map in maps where map.program == nil { control.events.lifecycle(.created, "map", map.name) }
        control.events.lifecycle(isNew ? .created : .replaced, "program", record.name)
    }
}
