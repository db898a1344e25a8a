#if Gateway
  internal import Modbus
  internal import Yams

  /// Reads the description of a tag that stands in Modbus registers.
  struct RegisterTagLoader {
    private let section: YAMLSection

    init(_ section: YAMLSection) { self.section = section }

    private var types: String { RegisterType.simple.map(\.name).joined(separator: ", ") }
    private var orders: String { ByteOrder.of64Bits.map(\.name).joined(separator: ", ") }

    func load(_ name: String) -> RegisterTag? {
      let expected = "a table and a zero-based address, such as holding/10 or coil/0"
      guard let text = section.text("at", expected: expected, required: true) else {
        section.giveUp()
        return nil
      }
      let place: RegisterAddress
      do throws(ModbusError) {
        place = try RegisterAddress(text)
      } catch {
        section.problem(at: "at", error.message, error.advice ?? "write \(expected)")
        section.giveUp()
        return nil
      }
      let (table, address) = (place.table, place.offset)
      var tag = RegisterTag(name: name, table: table, address: address)
      if table.isBits {
        let expected = "bool, which a coil or discrete input always is"
        tag.type = .bool
        _ = section.value("type", expected: expected) { $0 == RegisterType.bool.name ? true : nil }
      } else {
        tag.type =
          section.value("type", expected: "one of \(types), bit:N, string:N") {
            RegisterType(name: $0)
          }
          ?? .uint16
        tag.order =
          section.value("order", expected: "one of \(orders)") { ByteOrder(name: $0) }
          ?? .abcd
        tag.scale = section.number("scale") ?? 1
        tag.offset = section.number("offset") ?? 0
      }
      tag.unit = section.text("unit", expected: "a UCUM unit")
      if Int(address) + tag.type.registerCount > 65_536 {
        section.problem(at: "at", "the value ends behind address 65535", "correct the address")
      }
      return tag
    }
  }
#endif
