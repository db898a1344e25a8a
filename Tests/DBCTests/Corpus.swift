import DBC
import Foundation

/// Public DBC files and the answers of an independent decoder, where the machine has them.
enum Corpus {
  static let root: URL? = {
    let environment = ProcessInfo.processInfo.environment["IIOT_CORPUS"]
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = environment ?? package.appendingPathComponent("../shared/corpus").path
    return FileManager.default.fileExists(atPath: path) ? URL(fileURLWithPath: path) : nil
  }()

  static var isPresent: Bool { root != nil }

  /// Paths below `dbc/` of all files.
  static let files: [String] = {
    guard let directory = root?.appendingPathComponent("dbc") else { return [] }
    let enumerator = FileManager.default.enumerator(atPath: directory.path)
    return (enumerator?.compactMap { $0 as? String } ?? [])
      .filter { $0.lowercased().hasSuffix(".dbc") }.sorted()
  }()

  static func bytes(_ file: String) throws -> [UInt8] {
    let url = (root ?? URL(fileURLWithPath: "/")).appendingPathComponent("dbc/\(file)")
    return Array(try Data(contentsOf: url))
  }

  /// The lines of the oracle, unpacked by gzip.
  static func oracleLines() throws -> [Data] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    let url = (root ?? URL(fileURLWithPath: "/")).appendingPathComponent("oracle/dbc.jsonl.gz")
    process.arguments = ["-dc", url.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return data.split(separator: 0x0A).map { Data($0) }
  }
}

/// One line of the oracle.
struct OracleLine: Decodable {
  var kind: String
  var file: String?
  var id: UInt32?
  var ext: Bool?
  var name: String?
  var len: Int?
  var hex: String?
  var values: [String: String]?
  var raw: [String: RawNumber]?
  var choices: [String: String]?
  var enc: String?
  var status: String?
  var strictOK: Bool?
  var version: String?
  var messages: Int?
  var signals: Int?
  var nodes: [String]?
  var attributeDefinitions: Int?
  var attributes: Int?
  var valueTables: Int?
  var environmentVariables: Int?
  var signalsWithChoices: Int?
  var choiceCount: Int?
  var messageComments: Int?
  var signalComments: Int?
  var units: [String]?
  var multiplexed: Int?
  var fd: Int?
  var extended: Int?
  var bigEndian: Int?
  var signed: Int?
  var floats: Int?

  enum CodingKeys: String, CodingKey {
    case kind, file, id, ext, name, len, hex, values, raw, choices, enc, status
    case strictOK = "strict_ok"
    case version, messages, signals, nodes
    case attributeDefinitions = "attribute_definitions"
    case attributes
    case valueTables = "value_tables"
    case environmentVariables = "environment_variables"
    case signalsWithChoices = "signals_with_choices"
    case messageComments = "message_comments"
    case signalComments = "signal_comments"
    case units, multiplexed, fd, extended
    case bigEndian = "big_endian"
    case signed, floats
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    kind = try values.decode(String.self, forKey: .kind)
    file = try values.decodeIfPresent(String.self, forKey: .file)
    id = try values.decodeIfPresent(UInt32.self, forKey: .id)
    ext = try values.decodeIfPresent(Bool.self, forKey: .ext)
    name = try values.decodeIfPresent(String.self, forKey: .name)
    len = try values.decodeIfPresent(Int.self, forKey: .len)
    hex = try values.decodeIfPresent(String.self, forKey: .hex)
    self.values = try values.decodeIfPresent([String: String].self, forKey: .values)
    raw = try values.decodeIfPresent([String: RawNumber].self, forKey: .raw)
    enc = try values.decodeIfPresent(String.self, forKey: .enc)
    status = try values.decodeIfPresent(String.self, forKey: .status)
    strictOK = try values.decodeIfPresent(Bool.self, forKey: .strictOK)
    version = try values.decodeIfPresent(String.self, forKey: .version)
    messages = try values.decodeIfPresent(Int.self, forKey: .messages)
    signals = try values.decodeIfPresent(Int.self, forKey: .signals)
    nodes = try values.decodeIfPresent([String].self, forKey: .nodes)
    attributeDefinitions = try values.decodeIfPresent(Int.self, forKey: .attributeDefinitions)
    attributes = try values.decodeIfPresent(Int.self, forKey: .attributes)
    valueTables = try values.decodeIfPresent(Int.self, forKey: .valueTables)
    environmentVariables = try values.decodeIfPresent(Int.self, forKey: .environmentVariables)
    signalsWithChoices = try values.decodeIfPresent(Int.self, forKey: .signalsWithChoices)
    if kind == "file" {
      choiceCount = try values.decodeIfPresent(Int.self, forKey: .choices)
    } else {
      choices = try values.decodeIfPresent([String: String].self, forKey: .choices)
    }
    messageComments = try values.decodeIfPresent(Int.self, forKey: .messageComments)
    signalComments = try values.decodeIfPresent(Int.self, forKey: .signalComments)
    units = try values.decodeIfPresent([String].self, forKey: .units)
    multiplexed = try values.decodeIfPresent(Int.self, forKey: .multiplexed)
    fd = try values.decodeIfPresent(Int.self, forKey: .fd)
    extended = try values.decodeIfPresent(Int.self, forKey: .extended)
    bigEndian = try values.decodeIfPresent(Int.self, forKey: .bigEndian)
    signed = try values.decodeIfPresent(Int.self, forKey: .signed)
    floats = try values.decodeIfPresent(Int.self, forKey: .floats)
  }

  var bytes: [UInt8] {
    let digits = Array((hex ?? "").utf8).map {
      UInt8(Character(Unicode.Scalar($0)).hexDigitValue ?? 0)
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

/// A raw value of the oracle: a whole number, or the text of a floating-point one.
enum RawNumber: Decodable {
  case integer(RawValue)
  case float(String)

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Int64.self) {
      self = .integer(.integer(number))
    } else if let number = try? value.decode(UInt64.self) {
      self = .integer(RawValue(number))
    } else {
      self = .float(try value.decode(String.self))
    }
  }
}
