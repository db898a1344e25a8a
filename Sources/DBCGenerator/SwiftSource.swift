public import DBC

/// Swift source code made from a database: a struct a message, for programs that know at compile time what they read.
///
/// ```swift
/// let database = try Database(contentsOf: "vehicle.dbc")
/// let source = SwiftSource(database, named: "Vehicle")
/// print(source.text)
/// ```
///
/// The text depends on `CANCore` alone. It decodes as the database's own decoder does, to the bit.
public struct SwiftSource: Sendable {
  /// Who may use the generated declarations.
  public enum Access: String, Sendable, Hashable, CaseIterable {
    /// The module that the file is part of.
    case `internal`
    /// The modules of the same package.
    case package
    /// Everybody.
    case `public`
  }

  /// What can be chosen.
  public struct Options: Sendable, Hashable {
    /// Who may use the generated declarations. Default: the module.
    public var access = Access.internal
    /// What the first line says that the text was made from, such as a file name.
    public var origin = "a DBC file"

    /// The defaults.
    public init() {}
  }

  /// The source text.
  public let text: String

  /// What of the database has no place in the text, and why: a line each.
  public let omissions: [String]

  /// Makes the source of all messages that frames can carry.
  ///
  /// - Parameters:
  ///   - database: What is generated.
  ///   - name: The name of the enumeration that holds everything; made into an identifier if it is none.
  ///   - options: What can be chosen.
  public init(_ database: Database, named name: String, options: Options = Options()) {
    let access = options.access == .internal ? "" : "\(options.access.rawValue) "
    var writer = SourceWriter()
    var omissions: [String] = []
    let namespace = SwiftName.type(name)
    var names = NameScope(reserved: SwiftName.reservedTypes)
    var layouts: [MessageLayout] = []
    for message in database.messages {
      guard let identifier = message.identifier else {
        omissions.append("message \(message.name) has no identifier that a frame can have")
        continue
      }
      guard message.byteCount <= CANPayload.maximumCount else {
        omissions.append("message \(message.name) has \(message.byteCount) bytes; a frame has 64")
        continue
      }
      layouts.append(
        MessageLayout(
          message, identifier, typeName: names.unique(SwiftName.type(message.name)), &omissions))
    }
    writer.line(
      "// Made from \(SourceText.oneLine(options.origin)) by `iiotctl dbc generate`. Changes get lost."
    )
    writer.line("// swift-format-ignore-file")
    writer.line("")
    // An import that no declaration needs may not be public.
    writer.line("\(layouts.isEmpty ? "" : access)import CANCore")
    writer.line("")
    writer.documentation(
      database.comment ?? "The messages of \(SourceText.oneLine(options.origin)).")
    writer.open("\(access)enum \(namespace) {")
    MessageSwitch(layouts: layouts, access: access).write(to: &writer)
    for layout in layouts {
      MessageSource(layout: layout, access: access).write(to: &writer)
    }
    writer.close("}")
    SourceHelpers.write(to: &writer, layouts: layouts)
    text = writer.text
    self.omissions = omissions
  }
}
