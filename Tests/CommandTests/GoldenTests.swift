import Foundation
import TestSupport
import Testing

/// The tool against recorded answers: anybody can add a case without Swift (`GoldenCase` tells how).
///
/// `IIOT_UPDATE_GOLDEN=1` writes the expected files anew from what the tool prints now; read the difference
/// before you commit it.
@Suite struct GoldenTests {
  private static let updates = ProcessInfo.processInfo.environment["IIOT_UPDATE_GOLDEN"] == "1"

  /// Many of them wait for something most of the time.
  private static let running = AsyncSemaphore(value: 8)

  @Test func everyFolderIsACase() {
    #expect(!GoldenCase.all.isEmpty)
    for golden in GoldenCase.all {
      #expect(!golden.text("cmd").isEmpty, "\(golden.name) has no file cmd")
    }
  }

  @Test(.timeLimit(.minutes(15)), arguments: GoldenCase.all)
  func answersAsRecorded(_ golden: GoldenCase) async throws {
    let scratch = try TemporaryFolder()
    let directory = scratch.file(golden.name)
    try FileManager.default.copyItem(atPath: golden.folder.path, toPath: directory)
    var ports: Set<UInt16> = []
    while ports.count < 4 { ports.insert(try Loopback.freePort()) }
    let names = ports.enumerated().map { (name: "PORT\($0 + 1)", port: "\($1)") }
    let input = "\(directory)/stdin"
    let start = Date.now
    let run = try await Self.running.withPermit {
      try await ShellRun.of(
        golden.text("cmd"), in: directory,
        input: FileManager.default.fileExists(atPath: input) ? input : nil,
        environment: Dictionary(uniqueKeysWithValues: names.map { ($0.name, $0.port) }))
    }

    let duration = start.addingTimeInterval(-0.01)...Date.now.addingTimeInterval(0.01)
    func normal(_ text: String) -> String {
      let text = names.reduce(text.replacing(directory, with: "<DIR>")) { text, entry in
        // Not within a longer number or a text in hexadecimal.
        text.replacingOccurrences(
          of: "\\b\(entry.port)\\b", with: "<\(entry.name)>", options: .regularExpression)
      }
      return replacingTimes(in: text, of: duration)
    }
    var differences: [String] = []
    func compare(_ actual: String, with file: String) throws {
      let actual = normal(actual)
      guard let difference = firstDifference(actual, expected: golden.text(file)) else { return }
      differences.append("\(file): \(difference)")
      if Self.updates { try golden.write(actual, to: file) }
    }
    try compare(run.output, with: "expected.out")
    try compare(run.errors, with: "expected.err")
    for file in golden.expectedFiles {
      let written = try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
      try compare(written ?? "(no such file)", with: "expected/\(file)")
    }
    if run.code != golden.expectedCode {
      differences.append("exit status \(run.code), expected \(golden.expectedCode)")
      if Self.updates {
        try golden.write(run.code == 0 ? "" : "\(run.code)\n", to: "expected.code")
      }
    }
    #expect(
      differences.isEmpty,
      """
      \(golden.name): \(differences.joined(separator: "\n"))
      --- stdout
      \(run.output)--- stderr
      \(run.errors)
      """)
  }
}
