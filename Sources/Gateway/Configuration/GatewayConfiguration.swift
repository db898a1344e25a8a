public import Modbus
public import Sinks

/// What a gateway reads, computes, keeps and forwards: the content of one configuration file
/// (docs/configuration.md).
public struct GatewayConfiguration: Sendable, Equatable {
  /// The name of the gateway among others.
  public var id: String
  /// The folder of everything it keeps: the buffer and its cursors.
  public var dataFolder: String
  /// The zone by whose clocks reports are made, such as `Europe/Prague`.
  public var timeZone = "UTC"
  /// The wires, each with one owner.
  public var buses: [Bus]
  /// What is read from them.
  public var devices: [Device]
  /// Tags computed from other tags.
  public var formulas: [DerivedTag]
  /// What happens to single tags before they are stored.
  public var processing: [ProcessingRule]
  /// The store between acquisition and forwarding.
  public var buffer: Buffer
  /// Where what comes from the wires is kept for replays; nil for nowhere.
  public var journal: JournalOptions?
  /// Where samples go.
  public var sinks: [Destination]
  /// The tags that sinks do not get, by the sinks' names: paths, or beginnings with a `*` at their end; a path behind a `!` is that of a
  /// tag which begins so and is for the sink. What comes of a tag's windows goes where the tag goes.
  public var withheld: [String: [String]] = [:]
  /// What is written about the values of tags, again and again.
  public var reports: [ReportRule] = []
  /// Where it is written down who did what to the gateway.
  public var audit = AuditOptions()
  /// Where it answers questions about itself over HTTP; nil for nowhere.
  public var server: ServerOptions?
  /// The file's text, where it comes from one.
  public var text: ConfigurationText?

  /// What is allowed and seldom meant: addresses that look like a manual's numbers.
  public var warnings: [String] {
    devices.flatMap { device in
      device.tags.compactMap { tag in
        RegisterAddress(tag.table, tag.address).warning.map { "\(device.name)/\(tag.name): \($0)" }
      }
    }
  }

  /// A configuration from its parts.
  public init(
    id: String, dataFolder: String, buses: [Bus] = [], devices: [Device] = [],
    formulas: [DerivedTag] = [], processing: [ProcessingRule] = [], buffer: Buffer = Buffer(),
    sinks: [Destination] = []
  ) {
    self.id = id
    self.dataFolder = dataFolder
    self.buses = buses
    self.devices = devices
    self.formulas = formulas
    self.processing = processing
    self.buffer = buffer
    self.sinks = sinks
  }

  /// One wire: a TCP peer, a recording, ...
  public struct Bus: Sendable, Equatable {
    /// Its name in the configuration.
    public var name: String
    /// What is at its other end.
    public var transport: Transport

    /// A bus.
    public init(name: String, transport: Transport) {
      self.name = name
      self.transport = transport
    }
  }

  /// How a bus is reached.
  public enum Transport: Sendable, Equatable {
    /// Modbus TCP.
    case modbusTCP(host: String, port: UInt16, timeout: Duration)
    /// Modbus RTU on a serial port or over TCP.
    case modbusRTU(ModbusEndpoint, timeout: Duration)
    /// Frames from a CAN log, a pipe or a FIFO, decoded with a DBC file.
    case canLog(path: String, database: String)
    /// Frames from a CAN interface of this machine, decoded with a DBC file.
    case socketCAN(interface: String, database: String)
    /// Messages of an MQTT broker that match a topic filter; names in braces stand for any level.
    case mqtt(MQTTEndpoint, filter: String)
    /// The machine itself; the disk is told by a path on it.
    case system(disk: String)
    /// Values that are made up.
    case simulator
  }

  /// A device on a bus and its tags.
  public struct Device: Sendable, Equatable {
    /// Its name: the first part of its tags. With MQTT it may have names in braces, which topics give (`MessageTag`).
    public var name: String
    /// The bus it is on.
    public var bus: String
    /// Modbus: its unit identifier, 0 to 255.
    public var unit: UInt8
    /// Modbus, simulator, machine: how often its tags are read.
    public var every: Duration
    /// Modbus: its tags. A CAN device has those of its database, the machine those that it tells.
    public var tags: [RegisterTag]
    /// MQTT: its tags.
    public var messages: [MessageTag]
    /// Simulator: its tags.
    public var simulated: [SimulatedTag]
    /// Simulator: what is played instead.
    public var recording: Recording?

    /// A device.
    public init(
      name: String, bus: String, unit: UInt8 = 1, every: Duration = .seconds(1),
      tags: [RegisterTag] = [], messages: [MessageTag] = [], simulated: [SimulatedTag] = [],
      recording: Recording? = nil
    ) {
      self.name = name
      self.bus = bus
      self.unit = unit
      self.every = every
      self.tags = tags
      self.messages = messages
      self.simulated = simulated
      self.recording = recording
    }
  }

  /// A tag computed from others.
  public struct DerivedTag: Sendable, Equatable {
    /// Its path, `device/tag`.
    public var tag: String
    /// The formula, tags in braces: `{pump/u} * {pump/i}` (docs/formula.md).
    public var expression: String
    /// Its unit as a UCUM code.
    public var unit: String?

    /// A derived tag.
    public init(tag: String, expression: String, unit: String? = nil) {
      self.tag = tag
      self.expression = expression
      self.unit = unit
    }
  }

  /// The size of the store.
  public struct Buffer: Sendable, Equatable {
    /// Disk space it may take in all, in bytes.
    public var capacity: Int
    /// Size of one of its files, in bytes.
    public var segment: Int
    /// What happens when it is full of samples that some sink has not taken.
    public var whenFull: WhenFull

    /// A buffer of so many bytes; by default 1 GiB in files of 16 MiB that sheds the oldest.
    public init(
      capacity: Int = 1 << 30, segment: Int = 16 << 20, whenFull: WhenFull = .shed
    ) {
      self.capacity = capacity
      self.segment = segment
      self.whenFull = whenFull
    }

    /// What a full buffer does.
    public enum WhenFull: String, Sendable, Hashable, CaseIterable {
      /// The oldest samples give way, whoever has not had them yet; each is counted.
      case shed
      /// Sources wait until a sink takes something: polls are late, brokers keep their messages, and nothing that was stored
      /// goes before all sinks have it.
      case wait
    }
  }
}

extension GatewayConfiguration {
  /// The local history of a name, or the only one.
  public func history(_ name: String? = nil) -> HistoryOptions? {
    let found = sinks.compactMap { sink -> HistoryOptions? in
      guard case .history(let options) = sink.kind, name == nil || sink.name == name else {
        return nil
      }
      return options
    }
    return found.count == 1 ? found.first : nil
  }

  /// A buffer for which sources wait, and nobody who would ever make room in it.
  var bufferProblem: (path: String, message: String, advice: String)? {
    guard buffer.whenFull == .wait, sinks.isEmpty else { return nil }
    return (
      "buffer.when_full", "without a sink nobody makes room in a buffer that waits",
      "add a sink, or write  when_full: shed"
    )
  }

  func checkBuffer() throws(ConfigurationError) {
    guard let problem = bufferProblem else { return }
    throw ConfigurationError(problem.message, at: problem.path, advice: problem.advice)
  }

  /// The units of tags that have one.
  var units: TagUnits {
    var units = TagUnits(forms: tagForms)
    for device in devices {
      for tag in device.tags { units["\(device.name)/\(tag.name)"] = tag.unit }
      for tag in device.messages { units["\(device.name)/\(tag.name)"] = tag.unit }
      for tag in device.simulated { units["\(device.name)/\(tag.name)"] = tag.unit }
    }
    for formula in formulas { units[formula.tag] = formula.unit }
    return units
  }
}

/// The units of tags by their paths.
struct TagUnits: Sendable {
  let forms: TagForms
  private var units: [String: String] = [:]

  init(forms: TagForms) { self.forms = forms }

  subscript(tag: String) -> String? {
    get { units[tag] ?? forms.unit(of: tag) }
    set { units[tag] = newValue }
  }
}
