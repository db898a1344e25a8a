import DBC
import Foundation
import Testing

/// The answers of cantools for every message of the public files.
@Suite(.enabled(if: Corpus.isPresent, "needs the corpus (IIOT_CORPUS)"))
struct OracleTests {
  static let cases = OracleCase.all((try? Corpus.oracleLines()) ?? [])

  @Test func everyLineIsRead() throws {
    #expect(Self.cases.count == 124)
    let frames = Self.cases.values.reduce(0) { $0 + $1.frames.count }
    #expect(frames == 16_334)
  }

  @Test(arguments: Corpus.files)
  func framesDecodeAndEncode(file: String) throws {
    let oracle = try #require(Self.cases[file])
    guard oracle.file.status == "ok" else { return }
    try oracle.checkFrames(Corpus.bytes(file))
  }

  @Test(arguments: Corpus.files)
  func summariesAgree(file: String) throws {
    let oracle = try #require(Self.cases[file])
    let bytes = try Corpus.bytes(file)
    guard oracle.file.strictOK == true, !file.hasPrefix("malformed/") else {
      _ = try Database(parsing: bytes)
      return
    }
    try oracle.checkSummary(bytes)
  }
}

/// Databases of our own in the manner of different editors (`Tests/Fixtures/dbc`), with cantools' answers beside them.
@Suite struct FlavourTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/dbc")

  static let cases = OracleCase.all(
    ((try? Data(contentsOf: folder.appendingPathComponent("answers.jsonl"))) ?? Data())
      .split(separator: 0x0A).map { Data($0) })

  static let files = cases.keys.sorted()

  static func bytes(_ file: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(file)))
  }

  @Test func everyAnswerIsRead() throws {
    #expect(Self.files.count == 7)
    #expect(Self.cases.values.reduce(0) { $0 + $1.frames.count } > 400)
  }

  @Test(arguments: files)
  func framesDecodeAndEncode(file: String) throws {
    try #require(Self.cases[file]).checkFrames(Self.bytes(file))
  }

  @Test(arguments: files)
  func summariesAgree(file: String) throws {
    try #require(Self.cases[file]).checkSummary(Self.bytes(file))
  }

  @Test(arguments: files)
  func whatIsWrittenIsTheSame(file: String) throws {
    let database = try Database(parsing: Self.bytes(file))
    #expect(try Database(parsing: database.description) == database)
  }
}

/// A database and what cantools said of it.
struct OracleCase {
  var file: OracleLine
  var frames: [OracleLine] = []

  static func all(_ lines: [Data]) -> [String: OracleCase] {
    var cases: [String: OracleCase] = [:]
    for data in lines {
      guard let line = try? JSONDecoder().decode(OracleLine.self, from: data) else { continue }
      guard let file = line.file else { continue }
      if line.kind == "file" {
        cases[file] = OracleCase(file: line)
      } else {
        cases[file]?.frames.append(line)
      }
    }
    return cases
  }

  static func isClose(_ value: Double, _ expected: String) -> Bool {
    let number = Double(expected) ?? .nan
    if value.isNaN || number.isNaN { return value.isNaN && number.isNaN }
    return value == number || abs(value - number) <= 1e-12 * max(abs(value), abs(number))
  }

  /// The oracle has U+FFFD for the five codes that Windows-1252 leaves open.
  static func pythonText(_ text: String) -> String {
    let open: Set<Unicode.Scalar> = ["\u{81}", "\u{8D}", "\u{8F}", "\u{90}", "\u{9D}"]
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      scalars.append(open.contains(scalar) ? "\u{FFFD}" : scalar)
    }
    return String(scalars)
  }

  func checkFrames(_ bytes: [UInt8]) throws {
    let database = try Database(parsing: bytes, encoding: .windows1252)
    let decoder = database.decoder()
    let encoder = database.encoder()
    for line in frames where line.kind != "refused" {
      let id = try #require(line.id)
      let identifier = CANIdentifier(truncating: line.ext == true ? id | 0x8000_0000 : id)
      let message = try #require(
        database.messages.first {
          $0.identifier == identifier && $0.name == line.name
        })
      let payload = try #require(CANPayload(line.bytes))
      let decoded = decoder.decode(message, payload)
      let expected = line.values ?? [:]
      let context: Comment = "\(file.file ?? "") \(message.name) \(line.hex ?? "")"
      // The oracle lists `values` by the scaled selector, which only matters when a multiplexor has a factor; `raw`
      // goes by the number in the frame, as the format means it.
      let active = line.raw.map { Set($0.keys) } ?? Set(expected.keys)
      #expect(Set(decoded.signals.map(\.name)) == active, context)
      for signal in decoded.signals {
        let raw = line.raw?[signal.name]
        var isExact = true
        switch raw {
        case .integer(let value):
          #expect(signal.raw == value, context)
          isExact = value.double.magnitude < 0x1p53
        case .float(let text): #expect(Self.isClose(signal.raw.double, text), context)
        case nil: break
        }
        if isExact, let value = expected[signal.name] {
          #expect(Self.isClose(signal.value, value), "\(context) \(signal.name)")
        }
        if line.kind == "frame", expected[signal.name] != nil {
          #expect(signal.choice.map(Self.pythonText) == line.choices?[signal.name], context)
        }
      }
      if let encoded = line.enc {
        let inputs = Dictionary(
          decoded.signals.map { ($0.name, SignalInput.raw($0.raw)) }, uniquingKeysWith: { $1 })
        // Not the frame: a J1939 group may be longer than one.
        let bytes = try encoder.encodeBytes(message.name, inputs)
        #expect(CANPayload(bytes)?.description == encoded, context)
      }
    }
  }

  func checkSummary(_ bytes: [UInt8]) throws {
    let oracle = file
    let database = try Database(parsing: bytes, mode: .strict, encoding: .windows1252)
    let messages = database.messages.filter { $0.identifier != nil }
    let signals = messages.flatMap { Array($0.signals) }
    #expect(database.version == oracle.version)
    #expect(messages.count == oracle.messages)
    #expect(signals.count == oracle.signals)
    #expect(database.nodes.map(\.name) == oracle.nodes)
    let definitions = database.attributeDefinitions.filter { !$0.scope.isRelation }
    #expect(Set(definitions.map(\.name)).count == oracle.attributeDefinitions)
    #expect(database.valueTables.count == oracle.valueTables)
    #expect(database.environmentVariables.count == oracle.environmentVariables)
    #expect(signals.count { !$0.choices.isEmpty } == oracle.signalsWithChoices)
    let choices = signals.reduce(0) { $0 + Set($1.choices.map(\.value)).count }
    #expect(choices == oracle.choiceCount)
    #expect(messages.count { $0.comment != nil } == oracle.messageComments)
    #expect(signals.count { $0.comment != nil } == oracle.signalComments)
    #expect(Set(signals.map(\.unit)).subtracting([""]).sorted() == oracle.units?.sorted())
    #expect(messages.count { $0.isMultiplexed } == oracle.multiplexed)
    #expect(messages.count { $0.frameFormat == .fd } == oracle.fd)
    #expect(messages.count { $0.identifier?.isExtended == true } == oracle.extended)
    #expect(signals.count { $0.byteOrder == .bigEndian } == oracle.bigEndian)
    #expect(signals.count { $0.isSigned } == oracle.signed)
    #expect(signals.count { $0.valueType == .float } == oracle.floats)
    var attributes = database.attributes.count
    for node in database.nodes { attributes += node.attributes.count }
    for message in messages { attributes += message.attributes.count }
    for signal in signals { attributes += signal.attributes.count }
    #expect(attributes == oracle.attributes)
  }
}
