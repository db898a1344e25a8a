import DBC
import Foundation
import Testing

/// Files that are wrong on purpose, and what must come of them.
@Suite(.enabled(if: Corpus.isPresent, "needs the corpus (IIOT_CORPUS)"))
struct MalformedTests {
  static let expectations: [(file: String, expect: String)] = {
    guard let root = Corpus.root else { return [] }
    let url = root.appendingPathComponent("dbc/malformed/EXPECT.tsv")
    let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").dropFirst().map {
      let columns = $0.split(separator: "\t")
      return (String(columns[0]), String(columns[1]))
    }
  }()

  @Test func everyFileMeetsItsExpectation() throws {
    #expect(Self.expectations.count == 21)
    for (file, expect) in Self.expectations {
      let bytes = try Corpus.bytes("malformed/\(file)")
      let lenient = try Database(parsing: bytes)
      let strict = Result { () throws(DBCError) in try Database(parsing: bytes, mode: .strict) }
      let errors = lenient.findings.filter { $0.severity == .error }
      switch expect {
      case "reject", "strict-reject":
        #expect(!errors.isEmpty, "\(file)")
        guard case .failure(let error) = strict else {
          Issue.record("\(file) parses strictly")
          continue
        }
        #expect(error.line ?? 0 > 1 && error.column ?? 0 > 0, "\(file)")
      case "accept-lenient":
        #expect(lenient.messages.count == 1 && lenient.messages[0].signals.count == 1, "\(file)")
      default:
        #expect(!lenient.findings.isEmpty, "\(file)")
      }
    }
  }
}
