internal import CANCore
internal import DBC
internal import IndustrialModel
internal import MQTT
internal import Modbus

extension JournalTrace.WireSight {
  /// What came, and how it was read.
  ///
  /// - Parameter name: The tag.
  func explained(_ name: String) -> (Explanation.Wire, Explanation.Part<Explanation.Decoding>) {
    var wire = Explanation.Wire(
      bus: bus, kind: .value, place: "", bytes: [], value: nil, time: time)
    switch event {
    case .frames(let frames), .received(let frames):
      wire.kind = .frame
      return explained(name, frames, wire)
    case .registers(let round):
      wire.kind = .registers
      return explained(name, round, wire)
    case .messages(let messages):
      wire.kind = .message
      return explained(name, messages, wire)
    case .values(let values):
      let own = values.entries.filter {
        values.names.indices.contains($0.name) && values.names[$0.name] == name
      }
      if own.indices.contains(index) { wire.value = own[index].value }
      return (wire, .unknown("the value needs no decoding"))
    case .lost:
      wire.kind = .lost
      return (wire, .unknown("the bus was lost: nothing came"))
    case .back:
      wire.kind = .back
      return (wire, .unknown("the bus was there again: the value is the last one before"))
    }
  }

  private typealias Answer = (Explanation.Wire, Explanation.Part<Explanation.Decoding>)

  private var result: Explanation.Reading { Explanation.Reading(decoded) }

  private func device(of name: String) -> (device: GatewayConfiguration.Device, rest: String)? {
    let own = configuration.devices.filter { $0.bus == bus && name.hasPrefix("\($0.name)/") }
    guard let device = own.max(by: { $0.name.utf8.count < $1.name.utf8.count }) else { return nil }
    return (device, String(name.dropFirst(device.name.count + 1)))
  }

  // MARK: CAN

  private func explained(
    _ name: String, _ frames: CANFrameBatch, _ wire: Explanation.Wire
  ) -> Answer {
    var wire = wire
    wire.time = decoded.time
    guard let (_, rest) = device(of: name), let file = databaseFile,
      let database = try? Database(contentsOf: file)
    else { return (wire, .unknown("its database can't be read")) }
    guard let dot = rest.firstIndex(of: "."),
      let message = database.messages.first(where: { $0.name == rest[..<dot] }),
      let signal = message.signals.first(where: { $0.name == rest[rest.index(after: dot)...] })
    else { return (wire, .unknown("the database of now does not have the signal")) }
    let decoder = database.decoder()
    let slot = decoder.slot(of: signal)
    var found: (frame: CANFrame, raw: RawValue?)?
    var last: CANFrame?
    var index = 0
    for frame in frames
    where frame.time == wire.time.nanoseconds && frame.flags.isDisjoint(with: [.remote, .error]) {
      last = frame
      guard decoder.message(frame.identifier)?.index == message.index else { continue }
      var raw: RawValue?
      decoder.forEachSignal(of: message, in: frame.payload) { place, number, _, _ in
        if place == slot { raw = number }
      }
      guard raw != nil || !signal.isMultiplexed else { continue }
      defer { index += 1 }
      if index == indexOfTime { found = (frame, raw) }
    }
    let sign = signal.isSigned ? "-" : "+"
    let order = signal.byteOrder == .bigEndian ? 0 : 1
    var decoding = Explanation.Decoding(
      name: rest, form: "\(signal.startBit)|\(signal.bitCount)@\(order)\(sign)", raw: nil,
      scale: signal.factor, offset: signal.offset, result: result)
    guard let found else {
      if let last {
        wire.place = "\(last.identifier)"
        wire.bytes = Array(last.payload)
      }
      return (wire, .unknown("the message takes several frames, of which this is the last"))
    }
    wire.place = "\(found.frame.identifier)"
    wire.bytes = Array(found.frame.payload)
    switch found.raw {
    case .integer(let number)?: decoding.raw = .int64(number)
    case .unsigned(let number)?: decoding.raw = .uint64(number)
    case .float(let number)?: decoding.raw = .double(number)
    case nil: break
    }
    return (wire, .known(decoding))
  }

  private var databaseFile: String? {
    switch configuration.buses.first(where: { $0.name == bus })?.transport {
    case .canLog(_, let file), .socketCAN(_, let file): file
    default: nil
    }
  }

  // MARK: Modbus

  private func explained(
    _ name: String, _ round: RegisterRound, _ wire: Explanation.Wire
  ) -> Answer {
    var wire = wire
    guard let (device, rest) = device(of: name),
      let tag = device.tags.first(where: { $0.name == rest })
    else { return (wire, .unknown("the tag is not in the configuration")) }
    let place = RegisterAddress(tag.table, tag.address)
    let reading = RegisterReading(
      tag: decoded.tag, unit: device.unit, place: place, type: tag.type, order: tag.order)
    let count = reading.type.registerCount
    wire.place = "unit \(device.unit) \(place):\(count)"
    guard let answer = round.answers.first(where: { $0.span.holds(reading) }) else {
      return (wire, .unknown("the round does not have its registers"))
    }
    if let came = answer.time { wire.time = Timestamp(nanoseconds: came) }
    guard answer.quality.isGood else {
      return (wire, .unknown("no answer: \(answer.quality.reason ?? "\(answer.quality)")"))
    }
    let offset = Int(place.offset) - Int(answer.span.address)
    // Of bits the word that has them.
    let words =
      place.table.isBits
      ? answer.words.dropFirst(offset >> 4).prefix(1) : answer.words.dropFirst(offset).prefix(count)
    wire.bytes = words.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    let form =
      place.table.isBits ? "bool" : count > 1 ? "\(tag.type), \(tag.order)" : "\(tag.type)"
    return (
      wire,
      .known(
        .init(
          name: "\(place)", form: form, raw: reading.value(at: offset, in: answer.words),
          scale: tag.scale, offset: tag.offset, result: result))
    )
  }

  // MARK: MQTT

  private func explained(
    _ name: String, _ messages: [MQTTMessage], _ wire: Explanation.Wire
  ) -> Answer {
    var wire = wire
    for device in configuration.devices where device.bus == bus {
      for tag in device.messages {
        guard let topic = try? device.topic(of: tag),
          let path = try? MQTTTopicTemplate("\(device.name)/\(tag.name)")
        else { continue }
        let own = messages.filter { message in
          topic.match(message.topic).map { values in path.render { values[$0] ?? "" } } == name
        }
        guard own.indices.contains(index) else { continue }
        wire.place = own[index].topic
        wire.bytes = own[index].payload
        var reader = MQTTPayloadReader(as: tag.type)
        reader.path = tag.path.flatMap { try? MQTTJSONPath($0) }
        return (
          wire,
          .known(
            .init(
              name: tag.path ?? "payload", form: tag.type.rawValue,
              raw: reader.read(own[index].payload).value, scale: tag.scale, offset: tag.offset,
              result: result))
        )
      }
    }
    return (wire, .unknown("no message of the entry has a topic of the tag"))
  }
}
