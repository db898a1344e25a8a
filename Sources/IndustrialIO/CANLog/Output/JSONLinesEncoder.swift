internal import CANCore
internal import IndustrialModel

/// A JSON object a frame and line:
/// `{"time":"2023-11-17T18:38:03.000000000Z","channel":"can0","id":291,"extended":false,"remote":false,"error":false,
/// "fd":false,"brs":false,"esi":false,"direction":"rx","dlc":2,"data":"dead"}`
struct JSONLinesEncoder: CANLogEncoder {
  mutating func append(_ batch: CANFrameBatch, to bytes: inout [UInt8]) {
    let names = batch.channels.map(Self.quoted)
    for frame in batch {
      let channel = Int(frame.channel)
      append(
        frame, channel: channel < names.count ? names[channel] : Self.quoted("can\(channel)"),
        &bytes)
    }
  }

  private func append(_ frame: CANFrame, channel: [UInt8], _ bytes: inout [UInt8]) {
    LogText.append("{\"time\":\"", to: &bytes)
    Timestamp(nanoseconds: frame.time).write(to: &bytes)
    LogText.append("\",\"channel\":", to: &bytes)
    bytes += channel
    LogText.append(",\"id\":", to: &bytes)
    LogText.append(UInt64(frame.identifier.value), to: &bytes)
    let flags = frame.flags
    append("extended", frame.identifier.isExtended, &bytes)
    append("remote", flags.contains(.remote), &bytes)
    append("error", flags.contains(.error), &bytes)
    append("fd", flags.contains(.fd), &bytes)
    append("brs", flags.contains(.bitRateSwitch), &bytes)
    append("esi", flags.contains(.errorStateIndicator), &bytes)
    LogText.append(
      flags.contains(.transmitted) ? ",\"direction\":\"tx\"" : ",\"direction\":\"rx\"", to: &bytes)
    // The bytes that the code stands for in CAN FD; in a classic frame the code as it was.
    LogText.append(",\"dlc\":", to: &bytes)
    let length =
      flags.contains(.fd)
      ? CANFrame.byteCount(forDataLengthCode: frame.dataLengthCode, isFD: true)
      : Int(frame.dataLengthCode)
    LogText.append(UInt64(length), to: &bytes)
    LogText.append(",\"data\":\"", to: &bytes)
    for byte in frame.payload {
      bytes.append(LogText.lower[Int(byte >> 4)])
      bytes.append(LogText.lower[Int(byte & 15)])
    }
    LogText.append("\"}\n", to: &bytes)
  }

  private func append(_ name: StaticString, _ value: Bool, _ bytes: inout [UInt8]) {
    LogText.append(",\"", to: &bytes)
    LogText.append(name, to: &bytes)
    LogText.append(value ? "\":true" : "\":false", to: &bytes)
  }

  private static func quoted(_ name: String) -> [UInt8] {
    var text: [UInt8] = [0x22]
    for byte in name.utf8 {
      switch byte {
      case 0x22, 0x5C: text += [0x5C, byte]
      case 0..<0x20:
        LogText.append("\\u00", to: &text)
        text += [LogText.lower[Int(byte >> 4)], LogText.lower[Int(byte & 15)]]
      default: text.append(byte)
      }
    }
    text.append(0x22)
    return text
  }
}
