import DBC
import DBCGenerator
import Foundation
import TestSupport
import Testing

private enum Machine {
  static let compiler = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/swiftc" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The public databases, where the machine has them.
  static let corpus: URL? = {
    let environment = ProcessInfo.processInfo.environment["IIOT_CORPUS"]
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let beside = package.appending(path: "../shared/corpus").path
    let folder = URL(fileURLWithPath: environment ?? beside).appending(path: "dbc")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()
}

/// What is generated compiles, warnings being errors, whatever the database is: each of the repository's, and of the public
/// ones where they are. The compiler goes as far as its checks do, but makes no machine code.
@Suite(.enabled(if: Machine.compiler != nil, "needs swiftc in PATH"))
struct CompilationTests {
  /// Where this build put the modules.
  static let modules = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "Modules").path

  static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  /// All DBC files below a folder, each text once.
  static func databases(below folder: URL) -> [(name: String, bytes: [UInt8])] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    var seen: Set<[UInt8]> = []
    var found: [(name: String, bytes: [UInt8])] = []
    for name in (names ?? []).sorted() where name.lowercased().hasSuffix(".dbc") {
      guard let data = try? Data(contentsOf: folder.appending(path: name)) else { continue }
      let bytes = Array(data)
      if seen.insert(bytes).inserted { found.append((name, bytes)) }
    }
    return found
  }

  /// Compiles the sources of databases as one module; names of enumerations are made different.
  private func compile(_ databases: [(name: String, bytes: [UInt8])]) throws {
    let folder = try TemporaryFolder()
    var files: [String] = []
    for (index, database) in databases.enumerated() {
      var options = SwiftSource.Options()
      options.origin = database.name
      options.access = SwiftSource.Access.allCases[index % SwiftSource.Access.allCases.count]
      let source = SwiftSource(
        try Database(parsing: database.bytes), named: "Case\(index)", options: options)
      try folder.write(source.text, to: "Case\(index).swift")
      files.append(folder.file("Case\(index).swift"))
    }
    let tool = try Tool(
      Machine.compiler ?? "",
      [
        "-emit-sil", "-whole-module-optimization", "-o", "/dev/null", "-module-name", "Generated",
        "-package-name", "generated",
        "-swift-version", "6", "-warnings-as-errors", "-enable-upcoming-feature", "ExistentialAny",
        "-enable-upcoming-feature", "InternalImportsByDefault", "-enable-upcoming-feature",
        "MemberImportVisibility", "-I", Self.modules,
      ] + files)
    let names = databases.enumerated().map { "Case\($0.offset): \($0.element.name)" }
    #expect(tool.status == 0, "\(names.joined(separator: "\n"))\n\(tool.errors.prefix(4000))")
  }

  @Test func ownDatabases() throws {
    let databases = Self.databases(below: Self.tests.appending(path: "Fixtures"))
    #expect(databases.count >= 12)
    try compile(databases)
  }

  /// A few of the public files; with IIOT_SOAK=1 all of them.
  @Test(.enabled(if: Machine.corpus != nil, "needs the corpus (IIOT_CORPUS)"))
  func publicDatabases() throws {
    let folder = try #require(Machine.corpus)
    let all = Self.databases(below: folder)
    let chosen =
      Soak.isOn
      ? all
      : all.enumerated().filter {
        $0.offset % 16 == 0 && $0.element.bytes.count < 20_000
      }.map(\.element)
    // So many at once that the compiler need not start too often, so few that memory is enough.
    for start in stride(from: 0, to: chosen.count, by: 16) {
      try compile(Array(chosen[start..<min(start + 16, chosen.count)]))
    }
  }
}
