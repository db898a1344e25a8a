#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How much a parser puts up with.
public enum ParsingMode: Sendable, Hashable {
  /// Loads what is sound and lists the rest in `Database.findings`.
  case lenient
  /// Throws when there is any finding of severity error; the thrown error lists all findings.
  case strict
}

/// A CAN database: messages, their signals, and everything else a DBC file says.
///
/// ```swift
/// let database = try Database(contentsOf: "vehicle.dbc")
/// let speed = database.message(named: "ABS_1")?.signal(named: "VehicleSpeed")
/// ```
///
/// A database does not change once it is parsed. Copies share their memory, and so do the messages and signals taken
/// from it. Names, units and labels are decoded when they are asked for.
public struct Database: Sendable {
  let storage: DatabaseStorage

  /// Parses the text of a DBC file.
  ///
  /// One pass, in time and memory proportional to the text, whatever numbers it declares.
  /// - Throws: `notADatabase` when no statement is recognised, `tooLarge` from 2 GiB on, and in strict mode
  ///   `findings`.
  public init(
    parsing bytes: [UInt8], mode: ParsingMode = .lenient, encoding: TextEncoding = .automatic
  ) throws(DBCError) {
    guard bytes.count < Int(Int32.max) - 64 else {
      throw DBCError(.tooLarge, "the text has \(bytes.count) bytes; a database has less than 2 GiB")
    }
    storage = try Self.parse(bytes, mode, encoding)
  }

  /// Parses the text of a DBC file.
  /// - Throws: As `init(parsing:mode:encoding:)` for bytes.
  public init(
    parsing text: String, mode: ParsingMode = .lenient
  ) throws(DBCError) {
    try self.init(parsing: Array(text.utf8), mode: mode, encoding: .utf8)
  }

  /// Reads and parses a DBC file.
  /// - Throws: `unreadable` with the system's error number, else as `init(parsing:mode:encoding:)`.
  public init(
    contentsOf path: String, mode: ParsingMode = .lenient, encoding: TextEncoding = .automatic
  ) throws(DBCError) {
    let bytes = try Self.read(path)
    do {
      try self.init(parsing: bytes, mode: mode, encoding: encoding)
    } catch {
      var located = error
      located.path = path
      throw located
    }
  }

  private static func parse(
    _ bytes: [UInt8], _ mode: ParsingMode, _ encoding: TextEncoding
  ) throws(DBCError) -> DatabaseStorage {
    var padded = bytes
    padded.append(contentsOf: repeatElement(0, count: Scanner.padding))
    let (content, findings, isRecognised) = padded.withUnsafeBufferPointer {
      buffer -> (DatabaseContent, [Finding], Bool) in
      guard let base = buffer.baseAddress else { return (DatabaseContent(), [], false) }
      var parser = Parser(
        scanner: Scanner(base: base, end: bytes.count, hash: NameHash()))
      parser.parseText()
      var resolver = Resolver(parser)
      resolver.resolve()
      let text = UnsafeBufferPointer(rebasing: buffer[..<bytes.count])
      return (resolver.content, resolver.log.findings(in: text), parser.isRecognised)
    }
    guard isRecognised else {
      throw DBCError(
        .notADatabase,
        "this is no DBC file: it has no VERSION, BU_, BO_ or any other statement of one",
        line: 1, column: 1, findings: findings)
    }
    if mode == .strict, let first = findings.first(where: { $0.severity == .error }) {
      let count = findings.count { $0.severity == .error }
      throw DBCError(
        .findings,
        "\(first.message) [\(first.rule.name)]"
          + (count > 1 ? " (and \(count - 1) more errors)" : ""),
        line: first.line, column: first.column, findings: findings)
    }
    return DatabaseStorage(
      bytes: padded, encoding: encoding, content: content, findings: findings)
  }

  private static func read(_ path: String) throws(DBCError) -> [UInt8] {
    func failure(_ action: String) -> DBCError {
      let code = errno
      return DBCError(
        .unreadable, "can't \(action) the file: \(String(cString: strerror(code)))", path: path,
        errno: code)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open") }
    defer { _ = close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("read") }
    var bytes: [UInt8] = []
    let expected = min(max(0, Int(status.st_size)), Int(Int32.max))
    bytes.reserveCapacity(expected + Scanner.padding + 1)
    let chunkSize = 1 << 18
    while true {
      var readCount = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: chunkSize) { buffer, count in
        readCount = systemRead(descriptor, buffer.baseAddress, chunkSize)
        count = max(0, readCount)
      }
      if readCount < 0 {
        if errno == EINTR { continue }
        throw failure("read")
      }
      if readCount == 0 { return bytes }
      bytes.append(contentsOf: chunk)
      if bytes.count >= Int(Int32.max) - 64 {
        throw DBCError(.tooLarge, "the file is larger than a database can be (2 GiB)", path: path)
      }
    }
  }

  // MARK: Contents

  /// Everything odd about the text, in its order.
  public var findings: [Finding] { storage.findings }

  /// The text behind `VERSION`.
  public var version: String { storage.text(storage.content.version) }

  /// The comment on the database as a whole.
  public var comment: String? { storage.optionalText(storage.content.comment) }

  /// The messages, in the order of the file.
  public var messages: MessageList { MessageList(storage: storage) }

  /// The nodes of `BU_`, in the order of the file.
  public var nodes: [Node] {
    storage.content.nodes.indices.map { Node(storage: storage, index: $0) }
  }

  /// The value tables that stand on their own (`VAL_TABLE_`), in the order of the file.
  public var valueTables: [ValueTable] {
    storage.content.valueTables.map { record in
      ValueTable(
        name: storage.text(record.name), choices: storage.choices(record.choices))
    }
  }

  /// The environment variables, in the order of the file.
  public var environmentVariables: [EnvironmentVariable] {
    storage.content.environmentVariables.indices.map {
      EnvironmentVariable(storage: storage, index: $0)
    }
  }

  /// The signal types (`SGTYPE_`), in the order of the file.
  public var signalTypes: [SignalType] {
    storage.content.signalTypes.indices.map { SignalType(storage: storage, index: $0) }
  }

  /// The definitions of attributes, in the order of the file.
  public var attributeDefinitions: [AttributeDefinition] {
    storage.content.attributeDefinitions.indices.map {
      AttributeDefinition(storage: storage, index: $0)
    }
  }

  /// The attribute values of the database itself.
  public var attributes: [Attribute] { storage.attributes(.database, 0) }

  /// The attributes of relations: of nodes with the signals they receive, messages they send, variables they use.
  public var relationAttributes: [RelationAttribute] {
    storage.content.attributes.indices.compactMap { index in
      storage.content.attributes[index].scope.isRelation
        ? RelationAttribute(storage: storage, index: index) : nil
    }
  }

  /// The value of an attribute of the database: its own, else the definition's default.
  public func attribute(_ name: String) -> AttributeValue? {
    storage.attribute(name, .database, 0)
  }

  /// The first message of this name, long or short. Looks at all messages.
  public func message(named name: String) -> Message? {
    messages.first { $0.name == name || $0.shortName == name }
  }

  /// The message with this identifier. Looks at all messages; a decoder has a table.
  public func message(_ identifier: CANIdentifier) -> Message? {
    messages.first { $0.identifier == identifier }
  }
}

/// `read`, which the method of the same name hides.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int)
  -> Int
{
  read(descriptor, buffer, count)
}
