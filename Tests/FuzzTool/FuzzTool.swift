import Foundation
import Fuzz

/// `swale-fuzz --seed N --programs N --seconds S`: random programs against the verifier; exit status 1 where one of them
/// shows a flaw. See docs/verifier.md.
@main
struct FuzzTool {
    static let usage = """
        usage: swale-fuzz [--seed N] [--first N] [--programs N] [--seconds S] [--inputs N] [--mutated PERCENT] [--stop]
               swale-fuzz --seed N --print INDEX
               swale-fuzz --seed N --programs N --flaws [NAME...]    (builds with DEBUG)

        """

    static func main() {
        var campaign = Campaign()
        campaign.programs = 20_000
        campaign.seed = UInt64.random(in: 0...UInt64(UInt32.max))
        var printed: Int?
        var arguments = CommandLine.arguments.dropFirst()[...]
        while let name = arguments.popFirst() {
            if name == "--stop" {
                campaign.mostViolations = 1
                continue
            }
            #if DEBUG
                if name == "--flaws" {
                    plant(campaign, arguments.map { String($0) })
                    return
                }
            #endif
            guard let text = arguments.popFirst(), let number = UInt64(text) else {
                FileHandle.standardError.write(Data(usage.utf8))
                exit(64)
            }
            switch name {
            case "--seed": campaign.seed = number
            case "--first": campaign.first = Int(number)
            case "--programs": campaign.programs = Int(number)
            case "--seconds": campaign.seconds = Double(number)
            case "--inputs": campaign.inputs = Int(number)
            case "--mutated": campaign.mutatedPercent = Int(number)
            case "--print": printed = Int(number)
            default:
                FileHandle.standardError.write(Data(usage.utf8))
                exit(64)
            }
        }
        if let printed {
            print(campaign.program(printed).assembly)
            return
        }
        print("seed \(campaign.seed)")
        let report = campaign.run()
        print(report)
        exit(report.violations.isEmpty ? 0 : 1)
    }

    #if DEBUG
        /// The first programs that find each flaw: `--flaws`, or `--flaws NAME...` with all there is to say.
        static func plant(_ campaign: Campaign, _ names: [String]) {
            var campaign = campaign
            campaign.mostViolations = 3
            campaign.shrinks = !names.isEmpty
            for flaw in names.isEmpty ? Campaign.flaws : names {
                guard let report = campaign.run(flaw: flaw) else {
                    print("\(flaw): there is no such flaw")
                    continue
                }
                let found = report.violations.map { "\($0.index)" }.joined(separator: ", ")
                print(names.isEmpty ? "\(flaw): [\(found)] of \(report.programs)" : "\(flaw)\n\(report)")
            }
        }
    #endif
}
