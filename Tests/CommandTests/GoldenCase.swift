import Foundation
import Testing

/// One folder of `Tests/Fixtures/iiotctl`: a shell script and what it must print.
///
/// - `cmd`: run by `bash` in a copy of the folder, with the tool just built first in PATH. What it leaves running in the
///   background is ended when it ends.
/// - `stdin`: its standard input; none means empty.
/// - `expected.out`, `expected.err`: what it prints; none means nothing.
/// - `expected.code`: its exit status; none means 0.
/// - `expected/`: files that it must have written, by their path.
/// - `trait`: the package trait without which the tool can't do it; the case then does not count.
///
/// `PORT1` to `PORT4` hold TCP ports that were free a moment ago. In the expected texts `<PORT1>` and the like stand
/// for them, `<DIR>` for the copy of the folder, `<TIME>` for a time in RFC 3339 and `<CLOCK>` for one without a date,
/// `<NUM>` for a number, `<ANY>` for anything within the line. Times of the run itself are written down as `<TIME>` or
/// `<CLOCK>`.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let name: String
  let folder: URL

  var testDescription: String { name }

  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/iiotctl")

  /// The traits of this build as the file `trait` has them; empty for what needs none.
  #if Gateway && History && Server
    private static let builtTraits = ["", "Gateway\n", "History\n", "Server\n"]
  #elseif Gateway && History
    private static let builtTraits = ["", "Gateway\n", "History\n"]
  #elseif Gateway
    private static let builtTraits = ["", "Gateway\n"]
  #else
    private static let builtTraits = [""]
  #endif

  static let all: [GoldenCase] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().map { GoldenCase(name: $0, folder: root.appending(path: $0)) }
      .filter { builtTraits.contains($0.text("trait")) }
  }()

  /// A file of the case; empty when it has none.
  func text(_ file: String) -> String {
    // Byte for byte: Foundation's own reading of texts leaves out a mark at the beginning.
    (try? Data(contentsOf: folder.appending(path: file))).map {
      String(decoding: $0, as: UTF8.self)
    } ?? ""
  }

  var expectedCode: Int32 {
    Int32(text("expected.code").trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
  }

  /// The files below `expected/`, by their path in there.
  var expectedFiles: [String] {
    let folder = folder.appending(path: "expected")
    let paths =
      FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(
        atPath: folder.appending(path: path).path, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }

  /// Writes an expected file anew; nothing expected is no file.
  func write(_ text: String, to file: String) throws {
    let target = folder.appending(path: file)
    if text.isEmpty {
      try? FileManager.default.removeItem(at: target)
    } else {
      try text.write(to: target, atomically: true, encoding: .utf8)
    }
  }
}
