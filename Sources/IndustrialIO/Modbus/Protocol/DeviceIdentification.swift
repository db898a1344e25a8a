/// What a device says about itself (function 43, type 14; application protocol 1.1b3, section 6.21).
public struct DeviceIdentification: Sendable, Hashable {
  /// The texts by object number; 0 vendor, 1 product code, 2 revision, 3 vendor's URL, 4 product, 5 model, 6 application.
  public var objects: [UInt8: String]

  /// The maker.
  public var vendor: String? { objects[0] }
  /// The product code.
  public var productCode: String? { objects[1] }
  /// The revision.
  public var revision: String? { objects[2] }

  /// The name of an object number, as the specification has it.
  public static func name(ofObject number: UInt8) -> String {
    let names = [
      "vendor", "product code", "revision", "vendor URL", "product", "model", "application",
    ]
    return Int(number) < names.count ? names[Int(number)] : "object \(number)"
  }

  /// One answer's objects, and the object to ask for next if there are more. Nil when the bytes are no answer.
  static func parse(
    _ answer: [UInt8]
  ) -> (objects: [(number: UInt8, text: String)], next: UInt8?)? {
    // MEI type, read code, conformity, more follows, next object, number of objects.
    guard answer.count >= 6, answer[0] == 14 else { return nil }
    var objects: [(UInt8, String)] = []
    var offset = 6
    for _ in 0..<answer[5] {
      guard offset + 2 <= answer.count else { return nil }
      let end = offset + 2 + Int(answer[offset + 1])
      guard end <= answer.count else { return nil }
      objects.append((answer[offset], RegisterType.text(answer[(offset + 2)..<end])))
      offset = end
    }
    return (objects, answer[3] == 0xFF ? answer[4] : nil)
  }
}

extension ModbusClient {
  /// Asks a device what it is (function 43, type 14). Devices that do not know the function answer exception 1.
  public func identify(unit: UInt8 = 1) async throws -> DeviceIdentification {
    var objects: [UInt8: String] = [:]
    // Regular identification; a device that only has the basic one gives that.
    var next: UInt8? = 0
    // More answers than objects would be a device that runs in a circle.
    for _ in 0..<256 {
      guard let object = next else { break }
      let answer = try await send(.encapsulatedInterface, data: [14, 2, object], unit: unit)
      guard let part = DeviceIdentification.parse(answer) else {
        throw ModbusError(
          .malformedReply, "the device identification can't be read", bus: endpoint.description,
          unit: unit, function: .encapsulatedInterface)
      }
      for (number, text) in part.objects { objects[number] = text }
      next = part.next.flatMap { $0 > object ? $0 : nil }
    }
    return DeviceIdentification(objects: objects)
  }
}
