internal import CANLog
internal import DBC
internal import Glibc
internal import IndustrialModel

/// Reads frames from a recording, a pipe or a FIFO, and takes their signals out by a DBC file.
struct CANLogDriver: Driver {
  private let bus: String
  private let path: String
  private let signals: BusSignals

  init(bus: String, path: String, database: Database, devices: [String], tags: TagRegistry) {
    self.bus = bus
    self.path = path
    signals = BusSignals(database, devices: devices, isLive: false, tags: tags)
  }

  func run(_ context: DriverContext) async {
    var signals = signals
    let source = "bus \(bus)"
    do throws(CANLogError) {
      let frames = try open().frames()
      for try await batch in frames {
        // A pipe without times: what they have is when they came here.
        let event: WireEvent = frames.timeBase == .arrival ? .received(batch) : .frames(batch)
        await context.put(event, of: bus, through: &signals)
        if Task.isCancelled { return }
      }
      if let finding = frames.findings.kept.first {
        context.report(
          GatewayEvent(
            .warning, source: source,
            "damaged lines: \(frames.findings.total); the first: \(finding)"))
      }
      if !Task.isCancelled {
        context.report(GatewayEvent(.info, source: source, "the end of \(path)"))
      }
    } catch {
      context.report(GatewayEvent(.error, source: source, "\(error)"))
    }
    for (what, count) in [
      (BusLosses.brokenText, signals.brokenMessages),
      (BusLosses.unknownText, signals.unknownFrames),
    ] where count > 0 {
      context.report(GatewayEvent(.warning, source: source, "\(what): \(count)"))
    }
  }

  /// A FIFO is opened for writing too: opening then waits for nobody, and the writers may come and go.
  private func open() throws(CANLogError) -> CANLogReader {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO {
      let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
      if descriptor >= 0 {
        return CANLogReader(fileDescriptor: descriptor, closingWhenDone: true)
      }
    }
    return try CANLogReader(contentsOf: path)
  }
}
