import CLibFuzzer
import Foundation

// Written once, before the fuzzer starts.
nonisolated(unsafe) private var target: FuzzTarget?

/// Fuzz TARGET FOLDER [flags of libFuzzer]: inputs worth keeping are kept in the folder; the target's seeds are put there first.
@main
enum Main {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count > 2, let chosen = FuzzTarget[words[1]], !words[2].hasPrefix("-") else {
      print("usage: Fuzz TARGET FOLDER [flags of libFuzzer]")
      print("targets:", FuzzTarget.all.map(\.name).joined(separator: " "))
      exit(64)
    }
    let folder = URL(filePath: words[2])
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (number, seed) in chosen.seeds.enumerated() {
      try Data(seed).write(to: folder.appending(path: "seed-\(number)"))
    }
    target = chosen
    // libFuzzer sees the program's name and the arguments behind the target's.
    var count = CommandLine.argc - 1
    var arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>(CommandLine.unsafeArgv) + 1
    arguments[0] = CommandLine.unsafeArgv[0]
    exit(
      LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
        target?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
      })
  }
}
